//! The stylesheet: small, self-contained, and readable in both schemes — WCAG 2.2 §1.4.3 and §1.4.11.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_server::interact::default_pages::STYLESHEET;

use crate::tags::tags;
use crate::world::pages;

/// Every text colour with what it stands on.
const TEXT: [(&str, &str); 18] = [
    ("ink", "page"),
    ("ink", "card"),
    ("ink", "accent-soft"),
    ("ink", "bad-soft"),
    ("quiet", "page"),
    ("quiet", "card"),
    ("quiet", "accent-soft"),
    ("quiet", "bad-soft"),
    ("accent", "page"),
    ("accent", "card"),
    ("accent", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("bad", "page"),
    ("bad", "card"),
    ("bad", "bad-soft"),
    ("accent", "bad-soft"),
    ("bad", "accent-soft"),
];

/// Lines that mark where to type or press.
const CONTROLS: [(&str, &str); 3] = [("field-line", "card"), ("field-line", "page"), ("bad", "card")];

#[test]
fn text_stands_out_in_both_schemes() {
    for (scheme, colours) in schemes() {
        for (text, ground) in TEXT {
            let ratio = contrast(&colours[text], &colours[ground]);
            assert!(ratio >= 4.5, "{text} on {ground}, {scheme}: {ratio:.2}");
        }
        for (line, ground) in CONTROLS {
            let ratio = contrast(&colours[line], &colours[ground]);
            assert!(ratio >= 3.0, "{line} on {ground}, {scheme}: {ratio:.2}");
        }
    }
}

#[test]
fn every_colour_is_one_of_the_scheme() {
    let rules = &STYLESHEET[STYLESHEET.find("*, ::before").expect("rules follow the schemes")..];
    let hex = rules.split('#').skip(1).find(|after| after.starts_with(|c: char| c.is_ascii_hexdigit()));
    assert_eq!(hex, None, "a colour outside the schemes");
    let [(_, light), (_, dark)] = schemes();
    for used in rules.split("var(--").skip(1).map(|after| &after[..after.find(')').expect("var ends")]) {
        let both = light.contains_key(used) && dark.contains_key(used);
        assert!(both || used == "mono", "--{used} is not in both schemes");
    }
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 0.01);
    assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.01);
}

#[test]
fn it_is_small_and_loads_nothing() {
    let mut rules = STYLESHEET.to_owned();
    while let Some(start) = rules.find("/*") {
        let end = start + rules[start..].find("*/").expect("a comment ends") + 2;
        rules.replace_range(start..end, "");
    }
    assert!(rules.len() < 9_000, "{} bytes of rules", rules.len());
    assert!(STYLESHEET.len() < 10_500, "{} bytes with the comments", STYLESHEET.len());
    for banned in ["url(", "@import", "@font-face", "http:", "https:", "expression("] {
        assert!(!rules.contains(banned), "{banned}");
    }
}

#[test]
fn nothing_moves_for_people_who_asked_for_stillness() {
    let (before, after) = STYLESHEET
        .split_once("@media (prefers-reduced-motion: no-preference)")
        .expect("motion is behind the query");
    assert!(!before.contains("transition") && !before.contains("animation"));
    assert!(after.contains("transition"));
}

#[test]
fn the_theme_colour_of_the_browser_is_that_of_the_page() {
    for (name, html) in pages("") {
        for (scheme, colours) in schemes() {
            let media = format!("(prefers-color-scheme: {scheme})");
            let theme = tags(&html).into_iter().find(|tag| tag.get("media") == Some(&media));
            assert_eq!(
                theme.as_ref().and_then(|tag| tag.get("content")),
                Some(colours["page"].as_str()),
                "{name}"
            );
        }
    }
}

#[test]
fn every_class_of_a_page_has_a_rule() {
    let mut classes = BTreeSet::new();
    for (_, html) in pages("") {
        for tag in tags(&html) {
            classes.extend(tag.get("class").unwrap_or_default().split_whitespace().map(str::to_owned));
        }
    }
    assert!(classes.len() > 15);
    let ruled = |class: &str| {
        let selector = format!(".{class}");
        STYLESHEET.match_indices(&selector).any(|(at, _)| {
            STYLESHEET[at + selector.len()..].starts_with(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        })
    };
    for class in classes {
        assert!(ruled(&class), ".{class} has no rule");
    }
}

/// The custom properties of the light and the dark scheme.
fn schemes() -> [(&'static str, BTreeMap<String, String>); 2] {
    let (light, rest) =
        STYLESHEET.split_once("@media (prefers-color-scheme: dark)").expect("there is a dark scheme");
    let dark = &rest[..rest.find("\n}").expect("the dark scheme ends")];
    [("light", properties(light)), ("dark", properties(dark))]
}

fn properties(css: &str) -> BTreeMap<String, String> {
    let lines =
        css.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "));
    lines
        .filter(|(_, value)| value.starts_with('#'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances.
fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let hex = colour.strip_prefix('#').filter(|hex| hex.len() == 6).expect("six hex digits");
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}
