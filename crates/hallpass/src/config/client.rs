//! `[[client]]`: clients that stand in the file.

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;
use hallpass_server::client_secret;
use hallpass_server::entity::client::{AssertionAudience, Client};
use hallpass_server::register::Rules;

use super::document::{Reading, Table};
use super::metadata::{self, Lines};
use super::secret::{SecretText, secret};

/// A secret shorter than this can be guessed from its digest.
const SHORTEST_SECRET: usize = 32;

/// A client of the file.
pub(crate) struct StaticClient {
    /// Without its secret.
    pub(crate) client: Client,
    pub(crate) secret: Option<Secret>,
    /// None where the file does not say.
    pub(crate) disabled: Option<bool>,
}

pub(super) fn read(
    reading: &mut Reading,
    table: &mut Table<'_>,
    rules: &Rules,
    now: Time,
) -> Vec<StaticClient> {
    let mut clients: Vec<StaticClient> = Vec::new();
    for mut entry in table.tables(reading, "client") {
        let line = entry.line;
        let read = one(reading, &mut entry, rules, now);
        entry.finish(reading);
        let Some(read) = read else { continue };
        if clients.iter().any(|other| other.client.client_id == read.client.client_id) {
            reading
                .wrong(line, format!("[[client]] `client_id` {:?} stands here twice", read.client.client_id));
        }
        clients.push(read);
    }
    clients
}

fn one(reading: &mut Reading, entry: &mut Table<'_>, rules: &Rules, now: Time) -> Option<StaticClient> {
    let mut lines = Lines::default();
    let id = entry.required(reading, "client_id", "such as client_id = \"web\"");
    let known_id = id.is_some();
    let client_id = lines.one("client_id", id).unwrap_or_else(|| "missing".to_owned());
    let mut metadata = metadata::read(reading, entry, &mut lines);
    metadata.client_name.get_or_insert_with(|| client_id.clone());
    let audience = assertion_audience(reading, entry);
    let given = entry.has("client_secret") || entry.has("client_secret_file");
    let secret = secret(entry, reading, "client_secret", "client_secret_file");
    let disabled = entry.flag(reading, "disabled");
    let mut client = match rules.check(&client_id, &metadata, now) {
        Ok(client) => client,
        Err(wrongs) => {
            for wrong in wrongs {
                let line = lines.of(&wrong).unwrap_or(entry.line);
                entry.wrong(reading, line, wrong.member, &wrong.rule.to_string());
            }
            return None;
        }
    };
    if given && secret.is_none() {
        return None;
    }
    check_secret(reading, entry, &client, secret.as_ref());
    client.client_assertion_audience = audience;
    let secret = secret.map(|secret| secret.value);
    known_id.then_some(StaticClient { client, secret, disabled })
}

/// What its assertions may name as `aud`: a setting of this server's, and no metadata.
fn assertion_audience(reading: &mut Reading, entry: &mut Table<'_>) -> AssertionAudience {
    const KEY: &str = "client_assertion_audience";
    let Some(text) = entry.text(reading, KEY) else { return AssertionAudience::default() };
    match text.value.as_str() {
        "issuer" => AssertionAudience::Issuer,
        "legacy" => AssertionAudience::Legacy,
        other => {
            entry.wrong(reading, text.line, KEY, &format!("{other:?} is not one of issuer, legacy"));
            AssertionAudience::default()
        }
    }
}

fn check_secret(reading: &mut Reading, entry: &Table<'_>, client: &Client, secret: Option<&SecretText>) {
    match (client.token_endpoint_auth_method, secret) {
        (AuthMethod::None, Some(secret)) => {
            entry.wrong(
                reading,
                secret.line,
                "client_secret",
                "is given, but token_endpoint_auth_method is \"none\"",
            );
        }
        (AuthMethod::None, None) => {}
        // It has a key. A secret is for an HMAC or for encryption alone.
        (AuthMethod::PrivateKeyJwt, None) if !client.needs_its_secret() => {}
        (_, None) => {
            let why = "is missing: give it or client_secret_file; a public client says token_endpoint_auth_method = \"none\"";
            entry.wrong(reading, entry.line, "client_secret", why);
        }
        (_, Some(secret)) if secret.value.expose().len() < SHORTEST_SECRET => {
            let why = format!(
                "[[client]] `client_secret` is shorter than {SHORTEST_SECRET} characters: take a random one, such as from openssl rand -base64 32"
            );
            reading.note(secret.line, why);
        }
        (_, Some(secret)) => {
            if let Err(why) = client_secret::check(client, &secret.value) {
                entry.wrong(reading, secret.line, "client_secret", &format!("does not fit: {why}"));
            }
        }
    }
}
