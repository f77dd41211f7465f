//! `display` and `ui_locales` — OpenID Connect Core §3.1.2.1: how the person would like the pages.

use hallpass_proto::authorize::Display;
use hallpass_proto::param::Form;

/// How many languages are looked at.
const MOST: usize = 10;

/// `display`. Choice: an unknown value is read over, for no sign-in should fail over the size of a window.
pub(super) fn display(form: &Form<'_>) -> Display {
    form.get("display").and_then(Display::parse).unwrap_or_default()
}

/// `ui_locales`: language tags "ordered by preference"; what is none is left out. "An error SHOULD NOT result" from
/// them.
pub(super) fn ui_locales(form: &Form<'_>) -> Vec<String> {
    let tags = form.get("ui_locales").unwrap_or_default().split(' ').filter(|tag| is_language_tag(tag));
    tags.take(MOST).map(str::to_owned).collect()
}

/// As far as RFC 5646 §2.1 and §4.4.1 matter here: subtags of letters and digits, 35 characters in all.
fn is_language_tag(tag: &str) -> bool {
    let subtag = |s: &str| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
    tag.len() <= 35 && tag.split('-').all(subtag)
}

/// The first of `wished` that is there, by the look-up of RFC 4647 §3.4: `de-CH` is content with `de`. Else the first
/// that is there.
pub(crate) fn language<'a>(wished: &[String], there: &[&'a str]) -> &'a str {
    let find = |tag: &str| there.iter().find(|lang| lang.eq_ignore_ascii_case(tag)).copied();
    for tag in wished {
        let mut range = tag.as_str();
        loop {
            if let Some(lang) = find(range) {
                return lang;
            }
            let Some((shorter, _)) = range.rsplit_once('-') else { break };
            range = shorter;
        }
    }
    there.first().copied().unwrap_or("en")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_looked_up() {
        let wished = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let there = ["en", "de", "pt-BR"];
        for (tags, found) in [
            ("fr de", "de"),
            ("de-CH-1996 en", "de"),
            ("pt-br", "pt-BR"),
            ("pt", "en"),
            ("DE", "de"),
            ("xx", "en"),
            ("", "en"),
        ] {
            assert_eq!(language(&wished(tags), &there), found, "{tags:?}");
        }
        assert_eq!(language(&wished("de"), &[]), "en");
    }

    #[test]
    fn what_is_no_language_tag_is_left_out() {
        let form: Form<'_> = [("ui_locales", "de-CH <b> fr_FR toolongsubtag - en")].into_iter().collect();
        assert_eq!(ui_locales(&form), ["de-CH", "en"]);
        let many: Form<'_> = [("ui_locales", "de ".repeat(1000))].into_iter().collect();
        assert_eq!(ui_locales(&many).len(), MOST);
    }
}
