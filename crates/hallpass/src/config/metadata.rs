//! The metadata of a client in the file: each member by its name in RFC 7591, with the line where it stands.

use std::collections::HashMap;

use hallpass_proto::registration::ClientMetadata;
use hallpass_server::register::Wrong;
use serde_json::{Map, Value};

use super::document::{Reading, Table, Text};

/// The lines of what was typed.
#[derive(Default)]
pub(super) struct Lines(HashMap<(&'static str, usize), usize>);

impl Lines {
    pub(super) fn one(&mut self, field: &'static str, text: Option<Text>) -> Option<String> {
        let text = text?;
        self.0.insert((field, 0), text.line);
        Some(text.value)
    }

    /// Where what is wrong stands; None where it is a member that is missing.
    pub(super) fn of(&self, wrong: &Wrong) -> Option<usize> {
        let at = |at| self.0.get(&(wrong.member, at)).copied();
        at(wrong.at).or_else(|| at(0))
    }
}

/// Reads every member but those that are only for strangers.
pub(super) fn read(reading: &mut Reading, entry: &mut Table<'_>, lines: &mut Lines) -> ClientMetadata {
    let mut typed = Typed { reading, entry, lines };
    ClientMetadata {
        client_name: typed.text("client_name"),
        localized: typed.localized(),
        application_type: typed.text("application_type"),
        token_endpoint_auth_method: typed.text("token_endpoint_auth_method"),
        token_endpoint_auth_signing_alg: typed.text("token_endpoint_auth_signing_alg"),
        jwks: typed.jwks(),
        jwks_uri: typed.text("jwks_uri"),
        redirect_uris: typed.list("redirect_uris"),
        post_logout_redirect_uris: typed.list("post_logout_redirect_uris"),
        grant_types: typed.list("grant_types"),
        response_types: typed.list("response_types"),
        scope: typed.text("scope"),
        require_pkce: typed.flag("require_pkce"),
        audience: typed.list("audience"),
        subject_type: typed.text("subject_type"),
        sector_identifier_uri: typed.text("sector_identifier_uri"),
        id_token_signed_response_alg: typed.text("id_token_signed_response_alg"),
        id_token_encrypted_response_alg: typed.text("id_token_encrypted_response_alg"),
        id_token_encrypted_response_enc: typed.text("id_token_encrypted_response_enc"),
        userinfo_signed_response_alg: typed.text("userinfo_signed_response_alg"),
        userinfo_encrypted_response_alg: typed.text("userinfo_encrypted_response_alg"),
        userinfo_encrypted_response_enc: typed.text("userinfo_encrypted_response_enc"),
        request_object_signing_alg: typed.text("request_object_signing_alg"),
        request_object_encryption_alg: typed.text("request_object_encryption_alg"),
        request_object_encryption_enc: typed.text("request_object_encryption_enc"),
        request_uris: typed.list("request_uris"),
        default_max_age: typed.seconds("default_max_age"),
        require_auth_time: typed.flag("require_auth_time"),
        default_acr_values: typed.list("default_acr_values"),
        initiate_login_uri: typed.text("initiate_login_uri"),
        backchannel_logout_uri: typed.text("backchannel_logout_uri"),
        backchannel_logout_session_required: typed.flag("backchannel_logout_session_required"),
        frontchannel_logout_uri: typed.text("frontchannel_logout_uri"),
        frontchannel_logout_session_required: typed.flag("frontchannel_logout_session_required"),
        client_uri: typed.text("client_uri"),
        logo_uri: typed.text("logo_uri"),
        policy_uri: typed.text("policy_uri"),
        tos_uri: typed.text("tos_uri"),
        contacts: typed.list("contacts"),
        software_id: typed.text("software_id"),
        software_version: typed.text("software_version"),
        // Nobody has to vouch for what the operator writes.
        software_statement: None,
    }
}

/// A table whose lines are remembered.
struct Typed<'a, 'b> {
    reading: &'a mut Reading,
    entry: &'a mut Table<'b>,
    lines: &'a mut Lines,
}

impl Typed<'_, '_> {
    fn text(&mut self, member: &'static str) -> Option<String> {
        let text = self.entry.text(self.reading, member);
        self.lines.one(member, text)
    }

    fn list(&mut self, member: &'static str) -> Option<Vec<String>> {
        let texts = self.entry.texts(self.reading, member)?;
        let values = texts.into_iter().enumerate().map(|(at, text)| {
            self.lines.0.insert((member, at), text.line);
            text.value
        });
        Some(values.collect())
    }

    fn flag(&mut self, member: &'static str) -> Option<bool> {
        self.here(member);
        self.entry.flag(self.reading, member)
    }

    fn seconds(&mut self, member: &'static str) -> Option<i64> {
        self.entry.duration(self.reading, member).map(|(seconds, _)| seconds)
    }

    /// A table, or the path of a file that holds the JSON.
    fn jwks(&mut self) -> Option<Map<String, Value>> {
        self.here("jwks");
        let table = self.entry.table(self.reading, "jwks").map(|table| table.json(self.reading));
        let Some(file) = self.entry.text(self.reading, "jwks_file") else { return table };
        self.lines.0.insert(("jwks", 0), file.line);
        let path = self.reading.path(&file);
        let read = std::fs::read(&path).map_err(|error| error.to_string());
        let parsed = read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
        match parsed {
            Ok(Value::Object(map)) if table.is_none() => Some(map),
            Ok(Value::Object(_)) => {
                self.wrong(file.line, "jwks_file", "and `jwks` are both given: keep one");
                None
            }
            Ok(_) => {
                self.wrong(file.line, "jwks_file", "is not a JSON object with an array named keys");
                None
            }
            Err(why) => {
                let what = format!("cannot be read: {}: {why}", path.display());
                self.wrong(file.line, "jwks_file", &what);
                None
            }
        }
    }

    /// `"client_name#de" = "…"`.
    fn localized(&mut self) -> std::collections::BTreeMap<String, String> {
        let mut members = Map::new();
        for (name, text) in self.entry.texts_with_tags(self.reading) {
            let line = text.line;
            let one = Map::from_iter([(name.clone(), Value::String(text.value))]);
            match ClientMetadata::from_members(one.clone()) {
                Ok(read) if read.localized.is_empty() => {
                    self.wrong(line, &name, "is not a member that may stand there in several languages");
                }
                Ok(_) => members.extend(one),
                Err(why) => self.wrong(line, &name, &format!("cannot be read: {why}")),
            }
        }
        ClientMetadata::from_members(members).map(|read| read.localized).unwrap_or_default()
    }

    fn here(&mut self, member: &'static str) {
        if let Some(line) = self.entry.line_of(self.reading, member) {
            self.lines.0.insert((member, 0), line);
        }
    }

    fn wrong(&mut self, line: usize, key: &str, what: &str) {
        self.entry.wrong(self.reading, line, key, what);
    }
}
