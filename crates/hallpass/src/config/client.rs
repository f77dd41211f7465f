//! `[[client]]`: clients that stand in the file.

use std::collections::HashMap;

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_server::entity::client::Client;

use super::document::{Reading, Table, Text};
use super::registration::ClientForm;
use super::secret::{SecretText, secret};

/// A secret shorter than this can be guessed from its digest.
const SHORTEST_SECRET: usize = 32;

/// A client of the file.
pub(crate) struct StaticClient {
    /// With its secret.
    pub(crate) client: Client,
    /// None where the file does not say.
    pub(crate) disabled: Option<bool>,
}

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>, now: Time) -> Vec<StaticClient> {
    let mut clients: Vec<StaticClient> = Vec::new();
    for mut entry in table.tables(reading, "client") {
        let line = entry.line;
        let read = one(reading, &mut entry, now);
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

fn one(reading: &mut Reading, entry: &mut Table<'_>, now: Time) -> Option<StaticClient> {
    let mut lines = Lines::default();
    let id = entry.required(reading, "client_id", "such as client_id = \"web\"");
    let known_id = id.is_some();
    let form = ClientForm {
        client_id: lines.one("client_id", id).unwrap_or_else(|| "missing".to_owned()),
        client_name: lines.one("client_name", entry.text(reading, "client_name")),
        token_endpoint_auth_method: {
            let text = entry.text(reading, "token_endpoint_auth_method");
            lines.one("token_endpoint_auth_method", text)
        },
        redirect_uris: {
            let texts = entry.texts(reading, "redirect_uris");
            lines.all("redirect_uris", texts).unwrap_or_default()
        },
        post_logout_redirect_uris: {
            let texts = entry.texts(reading, "post_logout_redirect_uris");
            lines.all("post_logout_redirect_uris", texts).unwrap_or_default()
        },
        grant_types: lines.all("grant_types", entry.texts(reading, "grant_types")),
        response_types: lines.all("response_types", entry.texts(reading, "response_types")),
        scope: lines.one("scope", entry.text(reading, "scope")),
        require_pkce: entry.flag(reading, "require_pkce"),
        audience: lines.all("audience", entry.texts(reading, "audience")).unwrap_or_default(),
        id_token_signed_response_alg: {
            let text = entry.text(reading, "id_token_signed_response_alg");
            lines.one("id_token_signed_response_alg", text)
        },
        client_uri: lines.one("client_uri", entry.text(reading, "client_uri")),
        logo_uri: lines.one("logo_uri", entry.text(reading, "logo_uri")),
        policy_uri: lines.one("policy_uri", entry.text(reading, "policy_uri")),
        tos_uri: lines.one("tos_uri", entry.text(reading, "tos_uri")),
    };
    let given = entry.has("client_secret") || entry.has("client_secret_file");
    let secret = secret(entry, reading, "client_secret", "client_secret_file");
    let disabled = entry.flag(reading, "disabled");
    let mut client = match form.check(now) {
        Ok(client) => client,
        Err(wrongs) => {
            for wrong in wrongs {
                let line = lines.of(wrong.field, wrong.at).unwrap_or(entry.line);
                entry.wrong(reading, line, wrong.field, &wrong.why);
            }
            return None;
        }
    };
    if given && secret.is_none() {
        return None;
    }
    check_secret(reading, entry, &client, secret.as_ref());
    client.client_secret = secret.map(|secret| secret.value.digest());
    known_id.then_some(StaticClient { client, disabled })
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
        (_, Some(_)) => {}
    }
}

/// The lines of what was typed.
#[derive(Default)]
struct Lines(HashMap<(&'static str, usize), usize>);

impl Lines {
    fn one(&mut self, field: &'static str, text: Option<Text>) -> Option<String> {
        let text = text?;
        self.0.insert((field, 0), text.line);
        Some(text.value)
    }

    fn all(&mut self, field: &'static str, texts: Option<Vec<Text>>) -> Option<Vec<String>> {
        let values = texts?.into_iter().enumerate().map(|(at, text)| {
            self.0.insert((field, at), text.line);
            text.value
        });
        Some(values.collect())
    }

    fn of(&self, field: &'static str, at: usize) -> Option<usize> {
        self.0.get(&(field, at)).or_else(|| self.0.get(&(field, 0))).copied()
    }
}
