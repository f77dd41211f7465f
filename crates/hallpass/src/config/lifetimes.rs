//! `[lifetimes]`: how long things last.

use hallpass_server::config::Config;

use super::document::{Reading, Table};

/// RFC 6749 §4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED."
const LONGEST_CODE: i64 = 10 * 60;

/// The keys, with the setting that each one is.
pub(super) const KEYS: [(&str, Setting); 11] = [
    ("code", |c| &mut c.code_lifetime),
    ("device_code", |c| &mut c.device_code_lifetime),
    ("device_interval", |c| &mut c.device_interval),
    ("access_token", |c| &mut c.access_token_lifetime),
    ("id_token", |c| &mut c.id_token_lifetime),
    ("refresh_token_idle", |c| &mut c.refresh_token_idle),
    ("refresh_grace", |c| &mut c.refresh_grace),
    ("grant", |c| &mut c.grant_lifetime),
    ("session_idle", |c| &mut c.session_idle),
    ("session", |c| &mut c.session_lifetime),
    ("request", |c| &mut c.request_lifetime),
];

/// Where a lifetime stands in the settings of the server.
pub(super) type Setting = fn(&mut Config) -> &mut i64;

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>, server: &mut Config) {
    let Some(mut lifetimes) = table.table(reading, "lifetimes") else { return };
    for (key, setting) in KEYS {
        let Some((seconds, line)) = lifetimes.duration(reading, key) else { continue };
        match key {
            "code" if seconds > LONGEST_CODE => {
                lifetimes.wrong(
                    reading,
                    line,
                    key,
                    "is longer than ten minutes, the most that RFC 6749 recommends",
                );
            }
            // Zero switches the grace off; anything else that lasts no time cannot be used at all.
            "refresh_grace" => {}
            _ if seconds == 0 => lifetimes.wrong(reading, line, key, "must last a second at least"),
            _ => {}
        }
        *setting(server) = seconds;
    }
    lifetimes.finish(reading);
}
