//! `[outbound]`: what the server itself may fetch.

use std::time::Duration;

use hallpass_server::outbound::{Door, DoorSettings};

use super::document::{Reading, Table};

/// The longest that a person is kept waiting for somebody else's server.
const LONGEST: i64 = 60;

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>) -> DoorSettings {
    let mut settings = DoorSettings::default();
    let Some(mut outbound) = table.table(reading, "outbound") else { return settings };
    for text in outbound.texts(reading, "allow").unwrap_or_default() {
        match text.value.parse() {
            Ok(allowed) => settings.allowed.push(allowed),
            Err(why) => outbound.wrong(reading, text.line, "allow", &why.to_string()),
        }
    }
    if let Some(file) = outbound.text(reading, "ca_file") {
        let path = reading.path(&file);
        match std::fs::read(&path) {
            Ok(certificates) => {
                settings.certificates = certificates;
                if let Err(why) = Door::new(settings.clone()) {
                    let what = format!("cannot be used: {}: {why}", path.display());
                    outbound.wrong(reading, file.line, "ca_file", &what);
                }
            }
            Err(error) => {
                let what = format!("cannot be read: {}: {error}", path.display());
                outbound.wrong(reading, file.line, "ca_file", &what);
            }
        }
    }
    if let Some((seconds, line)) = outbound.duration(reading, "timeout") {
        match u64::try_from(seconds) {
            Ok(wait @ 1..) if seconds <= LONGEST => settings.timeout = Duration::from_secs(wait),
            Ok(_) | Err(_) => {
                outbound.wrong(reading, line, "timeout", "must last from a second to a minute");
            }
        }
    }
    outbound.finish(reading);
    settings
}
