//! Secrets: in the file with a warning, from the environment (`key = "${NAME}"`), or from a file (`key_file`).

use hallpass_proto::secret::Secret;

use super::document::{Reading, Table, Text};

/// A secret and where it stands.
pub(super) struct SecretText {
    pub(super) value: Secret,
    pub(super) line: usize,
}

/// Reads the secret `key`, or the file that `key_file` names, without the newline at its end.
pub(super) fn secret(
    table: &mut Table<'_>,
    reading: &mut Reading,
    key: &'static str,
    key_file: &'static str,
) -> Option<SecretText> {
    let (text, file) = (table.text(reading, key), table.text(reading, key_file));
    let (value, line) = match (text, file) {
        (Some(text), Some(_)) => {
            table.wrong(reading, text.line, key, &format!("and `{key_file}` are both given: keep one"));
            return None;
        }
        (Some(text), None) => {
            if !text.written.contains("${") {
                let why = format!(
                    "`{key}` stands in the file as it is: \"${{NAME}}\" takes it from the environment, `{key_file}` from a file"
                );
                reading.note(text.line, why);
            }
            (Secret::new(text.value), text.line)
        }
        (None, Some(file)) => (held(table, reading, key_file, &file)?, file.line),
        (None, None) => return None,
    };
    if value.expose().is_empty() {
        table.wrong(reading, line, key, "is empty");
        return None;
    }
    Some(SecretText { value, line })
}

/// What the file holds that `key` names, without the newline at its end.
pub(super) fn held(table: &Table<'_>, reading: &mut Reading, key: &str, file: &Text) -> Option<Secret> {
    match std::fs::read_to_string(reading.path(file)).map(Secret::new) {
        Ok(held) => Some(Secret::from(held.expose().trim_end_matches(['\r', '\n']))),
        Err(error) => {
            let what = format!("cannot be read: {}: {error}", reading.path(file).display());
            table.wrong(reading, file.line, key, &what);
            None
        }
    }
}
