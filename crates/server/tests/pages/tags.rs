//! Reads the HTML of the pages back: as strict as the templates are written, so that a slip shows.

use std::collections::BTreeMap;

/// An opening tag and the text up to the next tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Tag {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    /// Name, and names of attributes: what data must never change.
    pub(crate) fn shape(&self) -> String {
        let names: Vec<&str> = self.attributes.keys().map(String::as_str).collect();
        format!("{} {}", self.name, names.join(" "))
    }
}

/// Every opening tag of a document, in order. Panics on what no template of ours writes: an attribute without
/// double quotes around its value, a stray `<` or `>`, an `&` that starts no reference.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > in {}", &rest[..start]);
        rest = &rest[start + 1..];
        if rest.starts_with('!') || rest.starts_with('/') {
            rest = &rest[rest.find('>').expect("a tag ends") + 1..];
            continue;
        }
        let (mut tag, after) = opening(rest);
        let end = after.find('<').unwrap_or(after.len());
        tag.text = unescape(after[..end].trim());
        tags.push(tag);
        rest = after;
    }
    tags
}

fn opening(text: &str) -> (Tag, &str) {
    let end = text.find([' ', '>', '/']).expect("a tag name ends");
    let mut tag = Tag { name: text[..end].to_owned(), attributes: BTreeMap::new(), text: String::new() };
    assert!(tag.name.bytes().all(|b| b.is_ascii_alphanumeric()), "a stray < before {}", tag.name);
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
            return (tag, after);
        }
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').expect("an attribute name ends");
        let name = &rest[..end];
        assert!(!name.is_empty(), "no attribute name in <{} at {}", tag.name, &rest[..rest.len().min(40)]);
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix('=') {
            let quoted = quoted.strip_prefix('"').expect("values are in double quotes");
            let end = quoted.find('"').expect("a value ends");
            assert!(!quoted[..end].contains(['<', '>']), "a bare < or > in {name}");
            value = unescape(&quoted[..end]);
            rest = &quoted[end + 1..];
        }
        assert!(tag.attributes.insert(name.to_owned(), value).is_none(), "{name} twice in <{}", tag.name);
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        let end = start + rest[start..].find(';').expect("a character reference ends");
        plain.push(match &rest[start + 1..end] {
            "amp" | "#38" => '&',
            "lt" | "#60" => '<',
            "gt" | "#62" => '>',
            "quot" | "#34" => '"',
            "#39" => '\'',
            other => panic!("the character reference &{other};"),
        });
        rest = &rest[end + 1..];
    }
    plain + rest
}
