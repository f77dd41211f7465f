//! What every page has in common: it can be read aloud, used by keyboard, and lives under the strict policy.

use std::collections::BTreeSet;

use hallpass_server::interact::default_pages::{FORM_POST_SCRIPT, SIGNING_OUT_SCRIPT};

use crate::tags::{Tag, tags};
use crate::world::pages;

fn each(check: impl Fn(&str, &[Tag])) {
    let pages = pages("");
    assert_eq!(pages.len(), 12);
    for (name, html) in pages {
        assert!(html.trim_end().ends_with("</html>"), "{name} is cut off");
        check(name, &tags(&html));
    }
}

#[test]
fn a_page_has_a_language_a_title_one_main_part_and_one_heading() {
    each(|name, tags| {
        let one = |wanted: &str| {
            let found: Vec<&Tag> = tags.iter().filter(|tag| tag.name == wanted).collect();
            assert_eq!(found.len(), 1, "{name}: {wanted}");
            found[0].clone()
        };
        assert_eq!(one("html").get("lang"), Some("en"), "{name}");
        assert!(one("title").text.ends_with(" · login.example.com"), "{name}");
        assert!(!one("h1").text.is_empty(), "{name}");
        one("main");
        assert!(tags.iter().any(|tag| tag.get("name") == Some("viewport")), "{name} does not fit a phone");
    });
}

#[test]
fn every_field_has_a_label_and_every_button_a_name() {
    each(|name, tags| {
        for tag in tags {
            match tag.name.as_str() {
                "input" if tag.get("type") != Some("hidden") => {
                    let id = tag.get("id").expect("a field has an id");
                    let label = tags.iter().find(|l| l.name == "label" && l.get("for") == Some(id));
                    assert!(label.is_some_and(|l| !l.text.is_empty()), "{name}: {id}");
                }
                "button" | "a" if tag.get("class") != Some("brand") => {
                    assert!(!tag.text.is_empty(), "{name}: {tag:?}");
                    let heard = tag.get("aria-label").unwrap_or(&tag.text);
                    assert!(heard.starts_with(&tag.text), "{name}: what is heard differs from what is seen");
                }
                "svg" => assert_eq!(tag.get("aria-hidden"), Some("true"), "{name}: decoration is read aloud"),
                "img" => assert!(tag.get("alt").is_some(), "{name}"),
                _ => {}
            }
        }
    });
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    each(|name, tags| {
        let mut ids = BTreeSet::new();
        for id in tags.iter().filter_map(|tag| tag.get("id")) {
            assert!(ids.insert(id), "{name}: {id} twice");
        }
        for attribute in ["for", "aria-describedby", "aria-labelledby"] {
            for target in tags.iter().filter_map(|tag| tag.get(attribute)) {
                assert!(ids.contains(target), "{name}: {attribute}={target}");
            }
        }
    });
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    each(|name, tags| {
        for tag in tags {
            for (attribute, value) in &tag.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}={value}");
            }
            assert!(!["style", "object", "embed", "base"].contains(&tag.name.as_str()), "{name}");
            if tag.name == "iframe" {
                assert_eq!(
                    (name, tag.get("sandbox")),
                    ("signing-out", Some("allow-scripts allow-same-origin"))
                );
                assert!(tag.get("title").is_some(), "what is read aloud of a frame");
            }
            let loads = match tag.name.as_str() {
                "link" => tag.get("href"),
                "use" | "image" => panic!("{name}: a reference inside an image"),
                _ => None,
            };
            if let Some(href) = loads {
                let own = href == "/op/static/hallpass.css" || href.starts_with("data:image/svg+xml,");
                assert!(own, "{name} loads {href}");
            }
            if tag.name == "script" {
                let script = match name {
                    "form-post" => FORM_POST_SCRIPT,
                    "signing-out" => SIGNING_OUT_SCRIPT,
                    other => panic!("a script on {other}"),
                };
                assert_eq!(
                    (tag.attributes.len(), tag.text.as_str()),
                    (0, script),
                    "its hash is in the policy"
                );
            }
        }
    });
}

#[test]
fn the_script_is_on_the_form_post_page_byte_for_byte() {
    let pages = pages("");
    let (_, html) = pages.iter().find(|(name, _)| *name == "form-post").expect("there is one");
    assert!(html.contains(&format!("<script>{FORM_POST_SCRIPT}</script>")));
    assert!(html.contains("<noscript>"), "it works without");
}

#[test]
fn own_addresses_start_with_the_path_of_the_issuer() {
    each(|name, tags| {
        for attribute in ["action", "href"] {
            for uri in tags.iter().filter_map(|tag| tag.get(attribute)).filter(|uri| uri.starts_with('/')) {
                assert!(uri.starts_with("/op/"), "{name}: {uri}");
            }
        }
    });
}
