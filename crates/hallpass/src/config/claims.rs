//! `acr_values` and `[[claim]]`: what sign-ins are called, and which claims can be asked for one by one — OpenID Connect
//! Core §5.5.

use hallpass_server::config::{AcrValue, ClaimText, Config};

use super::document::{Reading, Table, Text};

/// Claims that are the protocol's own, whatever an operator says of them.
const PROTOCOL: [&str; 17] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "client_id",
];

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>, server: &mut Config) {
    if let Some(values) = table.texts(reading, "acr_values") {
        let all = values.iter().filter(|value| is_acr(reading, table, value));
        server.acr_values = all.map(|value| AcrValue::new(&value.value, &["pwd"])).collect();
    }
    let mut seen: Vec<String> = Vec::new();
    for mut claim in table.tables(reading, "claim") {
        let name = claim.required(reading, "name", "the claim, such as \"groups\"");
        let title =
            claim.required(reading, "title", "what it lets an application do, such as \"See your groups\"");
        if let (Some(name), Some(title)) = (name, title) {
            if name.value.is_empty() || name.value.contains(['#', ' ']) {
                claim.wrong(reading, name.line, "name", "must be the name of one claim, without a language");
            } else if PROTOCOL.contains(&name.value.as_str()) {
                let why =
                    format!("{:?} is a claim of the protocol: it is not a person's to show", name.written);
                claim.wrong(reading, name.line, "name", &why);
            } else if seen.contains(&name.value) {
                claim.wrong(reading, name.line, "name", &format!("{:?} stands here twice", name.written));
            }
            server.claims.retain(|known| known.name != name.value);
            server.claims.push(ClaimText::new(&name.value, &title.value));
            seen.push(name.value);
        }
        claim.finish(reading);
    }
}

/// `acr_values` of a request is a list with spaces, so that a value has none.
fn is_acr(reading: &mut Reading, table: &Table<'_>, value: &Text) -> bool {
    let fits = !value.value.is_empty() && value.value.bytes().all(|b| (0x21..=0x7e).contains(&b));
    if !fits {
        let why = format!("{:?} is not a value of acr: printable ASCII without spaces", value.written);
        table.wrong(reading, value.line, "acr_values", &why);
    }
    fits
}
