//! How much a stranger may register, since what is stored for anybody must be bounded, and how they may call
//! themselves.

use hallpass_proto::registration::ClientMetadata;
use serde_json::Value;

use super::rule::{Findings, Rule};

/// The longest text, in bytes.
pub(super) const LONGEST_TEXT: usize = 2048;
/// The longest name that people see.
const LONGEST_NAME: usize = 256;
/// The longest software statement: a signed JWT.
const LONGEST_STATEMENT: usize = 16 * 1024;
/// The longest list.
const MOST_VALUES: usize = 20;
/// How many members in other languages.
const MOST_LOCALIZED: usize = 50;

/// Finds what is too much. The size of the whole is bounded before it is read.
pub(super) fn check(given: &ClientMetadata, found: &mut Findings) {
    if given.localized.len() > MOST_LOCALIZED {
        found.wrong("client_name", Rule::TooMany(MOST_LOCALIZED));
    }
    for (name, value) in &given.localized {
        let longest = longest(name);
        if value.len() > longest {
            found.wrong("client_name", Rule::TooLong(longest));
        }
    }
    let names = given.localized.iter().filter(|(name, _)| name.starts_with("client_name#"));
    if given.client_name.iter().chain(names.map(|(_, text)| text)).any(|name| is_disguised(name)) {
        found.wrong("client_name", Rule::NameDisguised);
    }
    // Metadata is a JSON object however it was made; each member that is there is a text, a list of texts, or a number.
    let Ok(Value::Object(members)) = serde_json::to_value(given) else { return };
    for member in ClientMetadata::MEMBERS {
        match members.get(*member) {
            Some(Value::String(text)) if text.len() > longest(member) => {
                found.wrong(member, Rule::TooLong(longest(member)));
            }
            Some(Value::Array(values)) => values_of(member, values, found),
            Some(Value::Object(keys)) => {
                if keys.get("keys").and_then(Value::as_array).is_some_and(|keys| keys.len() > MOST_VALUES) {
                    found.wrong(member, Rule::TooMany(MOST_VALUES));
                }
            }
            Some(_) | None => {}
        }
    }
}

fn values_of(member: &'static str, values: &[Value], found: &mut Findings) {
    if values.len() > MOST_VALUES {
        found.wrong(member, Rule::TooMany(MOST_VALUES));
    }
    let texts = values.iter().filter_map(Value::as_str).enumerate();
    for (at, _) in texts.filter(|(_, text)| text.len() > LONGEST_TEXT).take(1) {
        found.wrong_at(member, at, Rule::TooLong(LONGEST_TEXT));
    }
}

/// Whether a person could be shown another name than the one that stands there: controls, the marks of Unicode's
/// bidirectional algorithm, and what takes no room.
fn is_disguised(name: &str) -> bool {
    name.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    })
}

fn longest(member: &str) -> usize {
    match member {
        "software_statement" => LONGEST_STATEMENT,
        name if name.starts_with("client_name") => LONGEST_NAME,
        _ => LONGEST_TEXT,
    }
}
