//! A client and its metadata — RFC 6749 §2, RFC 7591 §2.

use serde::{Deserialize, Serialize};

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;

use super::Status;

/// A registered client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Its identifier.
    pub client_id: String,
    /// Its name, as people see it.
    pub client_name: String,
    /// The digest of its secret. Secrets are random and long, so a plain digest is enough (DESIGN §5).
    pub client_secret: Option<Digest>,
    /// How it authenticates. The only way that is accepted.
    pub token_endpoint_auth_method: AuthMethod,
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
    /// How its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlg,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its logo (https).
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Whether it may be used.
    pub status: Status,
    /// When it was registered.
    pub created_at: Time,
}

impl Client {
    /// RFC 6749 §2.1: a public client cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == AuthMethod::None
    }

    /// Whether it is registered for a grant.
    pub fn may_use_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|g| g == grant_type)
    }

    /// Whether it is registered for a response type.
    pub fn may_use_response_type(&self, response_type: ResponseType) -> bool {
        self.response_types.contains(&response_type)
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
