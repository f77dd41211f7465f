//! How much a stranger may register (security: what is stored for anybody is bounded).

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

fn longest(member: &str) -> usize {
    match member {
        "software_statement" => LONGEST_STATEMENT,
        name if name.starts_with("client_name") => LONGEST_NAME,
        _ => LONGEST_TEXT,
    }
}
