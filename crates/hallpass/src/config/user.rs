//! `[[user]]`: people who stand in the file.

use argon2::password_hash::phc::PasswordHash;

use hallpass_proto::secret::Secret;
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::user::normalise_login;

use super::document::{Reading, Table};
use super::secret::secret;

/// A person of the file.
pub(crate) struct StaticUser {
    /// None where the file leaves it to us.
    pub(crate) sub: Option<String>,
    /// In their normal form; one at least.
    pub(crate) logins: Vec<String>,
    pub(crate) password: StaticPassword,
    pub(crate) claims: Claims,
    /// None where the file does not say.
    pub(crate) disabled: Option<bool>,
}

/// A password of the file.
pub(crate) enum StaticPassword {
    /// The PHC string of argon2.
    Hash(Secret),
    /// The password itself, to be hashed.
    Plain(Secret),
}

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>) -> Vec<StaticUser> {
    let mut users: Vec<StaticUser> = Vec::new();
    for mut entry in table.tables(reading, "user") {
        let line = entry.line;
        let read = one(reading, &mut entry);
        entry.finish(reading);
        let Some(read) = read else { continue };
        for login in &read.logins {
            if users.iter().any(|other| other.logins.contains(login)) {
                reading.wrong(line, format!("[[user]] the login {login:?} belongs to two people"));
            }
        }
        if read.sub.is_some() && users.iter().any(|other| other.sub == read.sub) {
            reading.wrong(line, "[[user]] `sub` belongs to two people");
        }
        users.push(read);
    }
    users
}

fn one(reading: &mut Reading, entry: &mut Table<'_>) -> Option<StaticUser> {
    let before = reading.mistakes.len();
    let logins = if entry.has("logins") { entry.texts(reading, "logins") } else { None };
    let logins: Vec<String> =
        logins.unwrap_or_default().iter().map(|text| normalise_login(&text.value)).collect();
    if (logins.is_empty() || logins.iter().any(String::is_empty)) && reading.mistakes.len() == before {
        let why =
            "is missing or empty: what the person types to sign in, such as logins = [\"ada@example.com\"]";
        entry.wrong(reading, entry.line, "logins", why);
    }
    let sub = entry.text(reading, "sub");
    // OpenID Connect Core §2: sub "MUST NOT exceed 255 ASCII characters in length".
    if let Some(sub) = sub.as_ref().filter(|sub| !is_sub(&sub.value)) {
        entry.wrong(reading, sub.line, "sub", "must be 1 to 255 characters of printable ASCII");
    }
    let password = password(reading, entry);
    let claims = entry.table(reading, "claims").map(|claims| {
        let (line, claims) = (claims.line, claims.json(reading));
        if claims.contains_key("sub") {
            reading.wrong(line, "[claims] `sub` is not a claim here: write it beside logins");
        }
        Claims(claims)
    });
    let disabled = entry.flag(reading, "disabled");
    if reading.mistakes.len() > before {
        return None;
    }
    let (sub, claims) = (sub.map(|sub| sub.value), claims.unwrap_or_default());
    Some(StaticUser { sub, logins, password: password?, claims, disabled })
}

fn is_sub(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x21..=0x7e).contains(&b))
}

/// The password, or its hash. A hash shows nothing, so it may stand in the file.
fn password(reading: &mut Reading, entry: &mut Table<'_>) -> Option<StaticPassword> {
    let given = ["password_hash", "password", "password_file"].map(|key| entry.has(key));
    let hash = entry.text(reading, "password_hash");
    let plain = secret(entry, reading, "password", "password_file");
    match (given, hash, plain) {
        ([false, false, false], ..) => {
            let why = "is missing: give it as argon2id PHC string, or give password_file";
            entry.wrong(reading, entry.line, "password_hash", why);
            None
        }
        ([true, ..], Some(hash), _) if given[1] || given[2] => {
            entry.wrong(reading, hash.line, "password_hash", "and a password are both given: keep one");
            None
        }
        (_, Some(hash), _) => {
            let parsed = PasswordHash::new(&hash.value);
            if !parsed
                .is_ok_and(|parsed| parsed.algorithm.as_str().starts_with("argon2") && parsed.hash.is_some())
            {
                entry.wrong(
                    reading,
                    hash.line,
                    "password_hash",
                    "is not an argon2 PHC string ($argon2id$v=19$…)",
                );
                return None;
            }
            Some(StaticPassword::Hash(Secret::new(hash.value)))
        }
        (_, None, plain) => plain.map(|plain| StaticPassword::Plain(plain.value)),
    }
}
