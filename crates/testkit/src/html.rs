//! As much of HTML as a test needs: the forms of a page, and what they would send.

use std::collections::BTreeMap;

/// A form of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlForm {
    /// `id`.
    pub id: String,
    /// Where it goes.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// The inputs by name with the values they have on the page; buttons are left out.
    pub fields: BTreeMap<String, String>,
}

/// Every form of a page, in order.
pub fn forms(page: &str) -> Vec<HtmlForm> {
    let mut forms: Vec<HtmlForm> = Vec::new();
    let mut open = false;
    for tag in tags(page) {
        match tag.name.as_str() {
            "form" => {
                open = true;
                forms.push(HtmlForm {
                    id: tag.attribute("id"),
                    action: tag.attribute("action"),
                    method: tag.attribute("method").to_lowercase(),
                    fields: BTreeMap::new(),
                });
            }
            "/form" => open = false,
            "input" if open && !matches!(tag.attribute("type").as_str(), "submit" | "button") => {
                if let Some(form) = forms.last_mut() {
                    form.fields.insert(tag.attribute("name"), tag.attribute("value"));
                }
            }
            _ => {}
        }
    }
    forms
}

/// The values of an attribute, in the order of the page.
pub fn attributes(page: &str, attribute: &str) -> Vec<String> {
    tags(page)
        .filter(|tag| tag.attributes.contains_key(attribute))
        .map(|tag| tag.attribute(attribute))
        .collect()
}

struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn attribute(&self, name: &str) -> String {
        self.attributes.get(name).cloned().unwrap_or_default()
    }
}

fn tags(page: &str) -> impl Iterator<Item = Tag> {
    page.split('<').skip(1).filter_map(|rest| {
        let mut tag = Tag { name: String::new(), attributes: BTreeMap::new() };
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '>')?;
        tag.name = rest[..name_end].trim_end_matches('/').to_lowercase();
        let mut rest = rest[name_end..].trim_start();
        while !rest.is_empty() && !rest.starts_with('>') {
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>').unwrap_or(rest.len());
            let name = rest[..end].to_lowercase();
            rest = rest[end..].trim_start();
            let value = match rest.strip_prefix('=') {
                None => String::new(),
                Some(behind) => {
                    let (value, behind) = value(behind.trim_start());
                    rest = behind;
                    value
                }
            };
            rest = rest.trim_start().trim_start_matches('/');
            tag.attributes.entry(name).or_insert(value);
        }
        Some(tag)
    })
}

fn value(text: &str) -> (String, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let end = inner.find(quote).unwrap_or(inner.len());
            return (unescape(&inner[..end]), inner.get(end + 1..).unwrap_or_default());
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    (unescape(&text[..end]), &text[end..])
}

/// Undoes the escapes that templates write.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').unwrap_or(0);
        let decoded = match rest.get(1..end).unwrap_or_default() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            number => number.strip_prefix('#').and_then(|n| {
                let code = match n.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => n.parse().ok()?,
                };
                char::from_u32(code)
            }),
        };
        match decoded {
            Some(c) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_its_fields() {
        let page = r#"<p>x<form id="f" method=post action="/a?b=1&amp;c=2"><input name="csrf" value="&quot;&#60;x"/>
            <input type="submit" name="no"><button name="action" value="go">Go</button></form><input name="outside">"#;
        let forms = forms(page);
        assert_eq!(forms.len(), 1);
        assert_eq!((forms[0].id.as_str(), forms[0].method.as_str()), ("f", "post"));
        assert_eq!(forms[0].action, "/a?b=1&c=2");
        assert_eq!(forms[0].fields, BTreeMap::from([("csrf".to_owned(), "\"<x".to_owned())]));
    }
}
