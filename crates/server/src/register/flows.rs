//! Grant types and response types go together — RFC 7591 §2.1, OpenID Connect Registration §2.

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::registration::ClientMetadata;
use hallpass_proto::token::{AUTHORIZATION_CODE, IMPLICIT};

use super::rule::{Findings, Rule, shown};
use crate::entity::client::Client;

/// Both lists. Choice: where one alone is given, the other is what goes with it; RFC 7591 §2.1 wants the server to see
/// to that. Where neither is, the defaults are the code and its grant.
pub(super) fn read(
    server: &ServerMetadata,
    given: &ClientMetadata,
    found: &mut Findings,
) -> (Vec<String>, Vec<ResponseType>) {
    let response_types = given.response_types.as_ref().map(|texts| read_types(server, texts, found));
    let grant_types = match (&given.grant_types, &response_types) {
        (Some(grants), _) => {
            for (at, grant) in grants.iter().enumerate() {
                found.one_of("grant_types", at, grant, &server.grant_types_supported);
            }
            grants.clone()
        }
        (None, Some(types)) => grants_of(types),
        (None, None) => vec![AUTHORIZATION_CODE.to_owned()],
    };
    let code = grant_types.iter().any(|grant| grant == AUTHORIZATION_CODE);
    let response_types = response_types.unwrap_or(if code { vec![ResponseType::CODE] } else { vec![] });
    (grant_types, response_types)
}

/// What is still wrong when both are known.
pub(super) fn contradictions(client: &Client, found: &mut Findings) {
    let redirects = client.may_use_grant(AUTHORIZATION_CODE) || client.may_use_grant(IMPLICIT);
    if redirects && client.redirect_uris.is_empty() && !found.has("redirect_uris") {
        found.wrong("redirect_uris", Rule::RedirectUriMissing);
    }
    for (at, response_type) in client.response_types.iter().enumerate() {
        if response_type.code() && !client.may_use_grant(AUTHORIZATION_CODE) {
            found.wrong_at("response_types", at, Rule::CodeWithoutGrant);
        }
        if (response_type.id_token() || response_type.token()) && !client.may_use_grant(IMPLICIT) {
            found.wrong_at("response_types", at, Rule::TokenWithoutGrant);
        }
    }
}

fn read_types(server: &ServerMetadata, texts: &[String], found: &mut Findings) -> Vec<ResponseType> {
    let parse = |text: &str| text.parse::<ResponseType>();
    let supported: Vec<_> =
        server.response_types_supported.iter().filter_map(|text| parse(text).ok()).collect();
    let mut types = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        match parse(text) {
            Ok(response_type) if !supported.contains(&response_type) => {
                let known = server.response_types_supported.join(", ");
                found.wrong_at("response_types", at, Rule::NotOneOf { value: shown(text), known });
            }
            Ok(response_type) => types.push(response_type),
            Err(_) => found.wrong_at("response_types", at, Rule::ResponseType(shown(text))),
        }
    }
    types
}

fn grants_of(types: &[ResponseType]) -> Vec<String> {
    let code = types.iter().any(|t| t.code()).then_some(AUTHORIZATION_CODE);
    let front = types.iter().any(|t| t.id_token() || t.token()).then_some(IMPLICIT);
    code.into_iter().chain(front).map(str::to_owned).collect()
}
