//! From metadata to a client — RFC 7591 §2, OpenID Connect Registration §2.

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::registration::ClientMetadata;
use hallpass_proto::scope::Scope;
use hallpass_proto::token::CLIENT_CREDENTIALS;
use serde_json::Value;

use super::rule::{Findings, Rule, Wrong};
use super::{flows, limits};
use crate::config::Config;
use crate::endpoint::metadata;
use crate::entity::client::{ApplicationType, Client, SubjectType};

/// Who registers a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registrant {
    /// Whoever runs the server, and knows what they do: in the configuration, or by command.
    Operator,
    /// Somebody from outside, by a request.
    Stranger,
}

/// The rules, as they are at one server.
pub struct Rules {
    /// What the server says that it can do.
    pub(super) server: ServerMetadata,
    pub(super) registrant: Registrant,
}

impl Rules {
    /// The rules at a server with these settings.
    pub fn new(config: &Config, registrant: Registrant) -> Self {
        Self { server: metadata::document(config), registrant }
    }

    /// What the server says that it can do: nothing else can be registered.
    pub fn server(&self) -> &ServerMetadata {
        &self.server
    }

    /// The client without its secret, or everything that is wrong.
    pub fn check(&self, client_id: &str, metadata: &ClientMetadata, now: Time) -> Result<Client, Vec<Wrong>> {
        let mut found = Findings::default();
        if self.registrant == Registrant::Stranger {
            limits::check(metadata, &mut found);
        }
        let printable = client_id.bytes().all(|b| (0x20..=0x7e).contains(&b));
        if client_id.is_empty() || !printable || client_id.len() > limits::LONGEST_TEXT {
            found.wrong("client_id", Rule::ClientId);
        }
        let client = self.read(client_id, metadata, now, &mut found);
        self.contradictions(&client, metadata, &mut found);
        if found.0.is_empty() { Ok(client) } else { Err(found.0) }
    }

    /// Member by member, in the order of RFC 7591 §2 and OpenID Connect Registration §2. Where a value is wrong, the
    /// default stands in for it, so that the rest can be looked at too.
    fn read(&self, client_id: &str, given: &ClientMetadata, now: Time, found: &mut Findings) -> Client {
        let text = |text: &Option<String>| text.clone();
        let application_type = application_type(given, found);
        let (grant_types, response_types) = flows::read(&self.server, given, found);
        let token_endpoint_auth_method = self.auth_method(given, found);
        Client {
            client_name: text(&given.client_name).unwrap_or_default(),
            localized: self.localized(given, found),
            application_type,
            token_endpoint_auth_method,
            token_endpoint_auth_signing_alg: self.assertion_alg(given, token_endpoint_auth_method, found),
            jwks: keys(given, found),
            jwks_uri: self.fetched("jwks_uri", given.jwks_uri.as_ref(), found),
            redirect_uris: self.redirect_uris(given, &response_types, found),
            post_logout_redirect_uris: Self::uris(
                "post_logout_redirect_uris",
                given.post_logout_redirect_uris.as_deref(),
                found,
            ),
            grant_types,
            response_types,
            scope: scope(given, found),
            require_pkce: given.require_pkce.unwrap_or(true),
            audience: given.audience.clone().unwrap_or_default(),
            subject_type: self.subject_type(given, found),
            sector_identifier_uri: self.sector(given, found),
            id_token_signed_response_alg: self.id_token_alg(given, found),
            id_token_encrypted_response: self.id_token_encryption(given, found),
            userinfo_signed_response_alg: self.userinfo_alg(given, found),
            userinfo_encrypted_response: self.userinfo_encryption(given, found),
            request_object_signing_alg: self.request_object_alg(given, found),
            request_object_encryption: self.request_object_encryption(given, found),
            request_uris: self.request_uris(given, found),
            default_max_age: default_max_age(given, found),
            require_auth_time: given.require_auth_time.unwrap_or(false),
            default_acr_values: given.default_acr_values.clone().unwrap_or_default(),
            initiate_login_uri: self.https("initiate_login_uri", given.initiate_login_uri.as_ref(), found),
            backchannel_logout_uri: self.backchannel(given, found),
            backchannel_logout_session_required: given.backchannel_logout_session_required.unwrap_or(false),
            frontchannel_logout_uri: self.frontchannel(given, found),
            frontchannel_logout_session_required: given.frontchannel_logout_session_required.unwrap_or(false),
            client_uri: self.page("client_uri", given.client_uri.as_ref(), found),
            logo_uri: self.page("logo_uri", given.logo_uri.as_ref(), found),
            policy_uri: self.page("policy_uri", given.policy_uri.as_ref(), found),
            tos_uri: self.page("tos_uri", given.tos_uri.as_ref(), found),
            contacts: given.contacts.clone().unwrap_or_default(),
            software_id: text(&given.software_id),
            software_version: text(&given.software_version),
            software_statement: text(&given.software_statement),
            ..Client::new(client_id, now)
        }
    }

    /// What goes together.
    fn contradictions(&self, client: &Client, given: &ClientMetadata, found: &mut Findings) {
        flows::contradictions(client, found);
        if client.is_public() && client.may_use_grant(CLIENT_CREDENTIALS) {
            found.wrong("grant_types", Rule::CredentialsOfNobody);
        }
        if client.jwks.is_some() && client.jwks_uri.is_some() {
            found.wrong("jwks", Rule::KeysTwice);
        }
        self.algorithms_fit(client, given, found);
        self.sector_is_known(client, found);
        Self::frontchannel_fits(client, found);
    }

    fn auth_method(&self, given: &ClientMetadata, found: &mut Findings) -> AuthMethod {
        const MEMBER: &str = "token_endpoint_auth_method";
        let Some(text) = &given.token_endpoint_auth_method else { return AuthMethod::ClientSecretBasic };
        let known = &self.server.token_endpoint_auth_methods_supported;
        let method = AuthMethod::ALL.into_iter().find(|method| method.as_str() == text);
        if !found.one_of(MEMBER, 0, text, known) {
            return AuthMethod::ClientSecretBasic;
        }
        method.unwrap_or(AuthMethod::ClientSecretBasic)
    }

    fn subject_type(&self, given: &ClientMetadata, found: &mut Findings) -> SubjectType {
        let Some(text) = &given.subject_type else { return SubjectType::Public };
        let known = found.one_of("subject_type", 0, text, &self.server.subject_types_supported);
        if known && text == "pairwise" { SubjectType::Pairwise } else { SubjectType::Public }
    }
}

fn application_type(given: &ClientMetadata, found: &mut Findings) -> ApplicationType {
    let known = ["web".to_owned(), "native".to_owned()];
    match given.application_type.as_deref() {
        Some("native") => ApplicationType::Native,
        Some("web") | None => ApplicationType::Web,
        Some(other) => {
            found.one_of("application_type", 0, other, &known);
            ApplicationType::Web
        }
    }
}

fn scope(given: &ClientMetadata, found: &mut Findings) -> Scope {
    let Some(text) = &given.scope else { return Scope::empty() };
    text.parse().unwrap_or_else(|why| {
        found.wrong("scope", Rule::Scope(why));
        Scope::empty()
    })
}

fn keys(given: &ClientMetadata, found: &mut Findings) -> Option<JwkSet> {
    let set = JwkSet::for_registration(Value::Object(given.jwks.clone()?));
    set.map_err(|why| found.wrong("jwks", why)).ok()
}

fn default_max_age(given: &ClientMetadata, found: &mut Findings) -> Option<i64> {
    let seconds = given.default_max_age?;
    if seconds < 0 {
        found.wrong("default_max_age", Rule::Negative);
    }
    Some(seconds)
}
