//! A client and its metadata — RFC 6749 §2, RFC 7591 §2, OpenID Connect Registration §2, and the logout specs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::claims_request::without_language;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::Encryption;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::redirect_uri::{RedirectUri, host};
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;
use hallpass_proto::token::AUTHORIZATION_CODE;
use hallpass_proto::userinfo::CLAIMS_OF_SCOPE;

use super::Status;

/// A registered client. Members are those of the metadata, in the words of the specs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Its identifier.
    pub client_id: String,
    /// Its name, as people see it.
    pub client_name: String,
    /// Its name and addresses in other languages, by the whole names of the members: `client_name#de` (RFC 7591 §2.2).
    #[serde(default)]
    pub localized: BTreeMap<String, String>,
    /// What it is; says which redirect URIs it may register.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// The digest of its secret. Secrets are random and long, so a plain digest is enough (DESIGN §5).
    pub client_secret: Option<Digest>,
    /// The secret itself, sealed with the server's key: only of a client whose registration needs it to be known here,
    /// for `client_secret_jwt`, an HMAC over its ID tokens, or symmetric encryption.
    #[serde(default)]
    pub client_secret_sealed: Option<String>,
    /// How it authenticates. The only way that is accepted.
    pub token_endpoint_auth_method: AuthMethod,
    /// The algorithm of its assertions; any that is supported where it is absent.
    #[serde(default)]
    pub token_endpoint_auth_signing_alg: Option<SigningAlg>,
    /// What its assertions may name as `aud`.
    #[serde(default)]
    pub client_assertion_audience: AssertionAudience,
    /// Its public keys, by value.
    #[serde(default)]
    pub jwks: Option<JwkSet>,
    /// Its public keys, by reference (https). Never together with `jwks`.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Where authorization responses may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may go after sign-out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Values of `grant_type` it may use, and `implicit`.
    pub grant_types: Vec<String>,
    /// Values of `response_type` it may use.
    pub response_types: Vec<ResponseType>,
    /// The widest scope it may ask for.
    pub scope: Scope,
    /// Whether a `code_challenge` is required. A public client must send one in any case.
    pub require_pkce: bool,
    /// `aud` of its access tokens.
    pub audience: Vec<String>,
    /// Whether people have the same `sub` here as at other clients.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// Names the clients that see the same pairwise `sub` (https).
    #[serde(default)]
    pub sector_identifier_uri: Option<String>,
    /// How its ID tokens are signed.
    pub id_token_signed_response_alg: RegisteredAlg,
    /// How its ID tokens are encrypted, if they are.
    #[serde(default)]
    pub id_token_encrypted_response: Option<Encryption>,
    /// How its UserInfo answers are signed; plain JSON where it is absent.
    #[serde(default)]
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// How its UserInfo answers are encrypted, if they are.
    #[serde(default)]
    pub userinfo_encrypted_response: Option<Encryption>,
    /// How its request objects must be signed; any way that is supported where it is absent.
    #[serde(default)]
    pub request_object_signing_alg: Option<RegisteredAlg>,
    /// How its request objects may be encrypted.
    #[serde(default)]
    pub request_object_encryption: Option<Encryption>,
    /// Values of `request_uri` it may use.
    #[serde(default)]
    pub request_uris: Vec<String>,
    /// `max_age` of its requests that have none, in seconds.
    #[serde(default)]
    pub default_max_age: Option<i64>,
    /// Whether its ID tokens must have `auth_time`.
    #[serde(default)]
    pub require_auth_time: bool,
    /// `acr_values` of its requests that have none.
    #[serde(default)]
    pub default_acr_values: Vec<String>,
    /// Where a sign-in that begins elsewhere starts (OpenID Connect Core §4; https).
    #[serde(default)]
    pub initiate_login_uri: Option<String>,
    /// Where logout tokens are sent (OpenID Connect Back-Channel Logout 1.0 §2.2).
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Whether its logout tokens must have `sid`.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// What is loaded in a frame at sign-out (OpenID Connect Front-Channel Logout 1.0 §2).
    #[serde(default)]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether `iss` and `sid` must stand in its query.
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its logo (https).
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Email addresses of the people who keep it.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// Which software it is (RFC 7591 §2).
    #[serde(default)]
    pub software_id: Option<String>,
    /// In which version.
    #[serde(default)]
    pub software_version: Option<String>,
    /// What it was vouched for with (RFC 7591 §2.3).
    #[serde(default)]
    pub software_statement: Option<String>,
    /// The digest of its `registration_access_token`, if it registered itself (RFC 7592).
    #[serde(default)]
    pub registration_access_token: Option<Digest>,
    /// Whether it may be used.
    pub status: Status,
    /// When it was registered.
    pub created_at: Time,
}

/// `application_type` — OpenID Connect Registration §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a web server, or a page in a browser.
    #[default]
    Web,
    /// An app on a person's device.
    Native,
}

/// `subject_type` — OpenID Connect Core §8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same `sub` for every client.
    #[default]
    Public,
    /// A `sub` that other sectors cannot link.
    Pairwise,
}

/// What a client assertion may name as its audience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer identifier as the sole value (RFC 10070).
    #[default]
    Issuer,
    /// Also the URL of the endpoint, alone or among others (RFC 7523 §3 as it was; OpenID Connect Core §9).
    Legacy,
}

impl Client {
    /// A client with the defaults of RFC 7591 §2 and OpenID Connect Registration §2, which may do nothing yet but use
    /// the authorization code: name, scope, redirect URIs and secret are still to be given.
    pub fn new(client_id: &str, created_at: Time) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_name: String::new(),
            localized: BTreeMap::new(),
            application_type: ApplicationType::Web,
            client_secret: None,
            client_secret_sealed: None,
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            token_endpoint_auth_signing_alg: None,
            client_assertion_audience: AssertionAudience::Issuer,
            jwks: None,
            jwks_uri: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: vec![AUTHORIZATION_CODE.to_owned()],
            response_types: vec![ResponseType::CODE],
            scope: Scope::empty(),
            require_pkce: true,
            audience: Vec::new(),
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            id_token_signed_response_alg: RegisteredAlg::Signed(SigningAlg::Rs256),
            id_token_encrypted_response: None,
            userinfo_signed_response_alg: None,
            userinfo_encrypted_response: None,
            request_object_signing_alg: None,
            request_object_encryption: None,
            request_uris: Vec::new(),
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            initiate_login_uri: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            software_statement: None,
            registration_access_token: None,
            status: Status::Active,
            created_at,
        }
    }

    /// RFC 6749 §2.1: a public client cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == AuthMethod::None
    }

    /// Whether it shares a secret with the server: to authenticate, or for an algorithm that takes one.
    pub fn has_secret(&self) -> bool {
        self.token_endpoint_auth_method.has_secret() || self.needs_its_secret()
    }

    /// Whether the server has to know its secret, and not only the digest (OpenID Connect Core §10).
    pub fn needs_its_secret(&self) -> bool {
        let encrypted = [
            self.id_token_encrypted_response,
            self.userinfo_encrypted_response,
            self.request_object_encryption,
        ];
        self.hmac_algs().next().is_some()
            || encrypted.into_iter().flatten().any(|encryption| encryption.alg.is_symmetric())
    }

    /// The algorithms with its secret that it is registered for. Where an assertion may have any, that is the first.
    pub fn hmac_algs(&self) -> impl Iterator<Item = SigningAlg> {
        let assertion = (self.token_endpoint_auth_method == AuthMethod::ClientSecretJwt)
            .then_some(self.token_endpoint_auth_signing_alg.unwrap_or(SigningAlg::Hs256));
        let signed = [
            self.id_token_signed_response_alg.signed(),
            self.userinfo_signed_response_alg,
            self.request_object_signing_alg.and_then(RegisteredAlg::signed),
            assertion,
        ];
        signed.into_iter().flatten().filter(|alg| alg.is_symmetric())
    }

    /// Whether it is registered for a grant.
    pub fn may_use_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|g| g == grant_type)
    }

    /// Whether it is registered for a response type. OpenID Connect Registration §2: an ID token that is not signed never
    /// comes through the browser.
    pub fn may_use_response_type(&self, response_type: ResponseType) -> bool {
        let forgeable = response_type.id_token() && self.id_token_signed_response_alg == RegisteredAlg::None;
        self.response_types.contains(&response_type) && !forgeable
    }

    /// OpenID Connect Core §8.1, the sector of a pairwise `sub`: the host of `sector_identifier_uri`, or else the one host
    /// of its redirect URIs. None when they have several hosts, or none.
    pub fn sector_identifier(&self) -> Option<String> {
        if let Some(uri) = &self.sector_identifier_uri {
            return host(uri);
        }
        let mut hosts = self.redirect_uris.iter().map(|uri| host(uri.as_str()));
        let first = hosts.next()??;
        hosts.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// Whether it may ask for a claim by its name (OpenID Connect Core §5.5): not for one of a scope that it is not
    /// registered for. A claim of no scope is the operator's, who has made it available to all.
    pub fn may_have_claim(&self, name: &str) -> bool {
        let plain = without_language(name);
        CLAIMS_OF_SCOPE.iter().all(|(scope, claims)| !claims.contains(&plain) || self.scope.contains(scope))
    }

    /// Whether the browser may go to `uri` after sign-out.
    pub fn is_left_for(&self, uri: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered.matches(uri))
    }

    /// RFC 9700 §2.1.1: public clients "MUST use PKCE".
    pub fn needs_pkce(&self) -> bool {
        self.require_pkce || self.is_public()
    }
}
