//! What a client holds after a flow — RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.

use hallpass_proto::env::Time;
use hallpass_proto::id_token::{Check, IdTokenClaims};
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;
use hallpass_proto::token::TokenResponse;

/// Tokens of a token response, checked.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For the resource server.
    pub access_token: Secret,
    /// When the access token ends, when the server says.
    pub expires_at: Option<Time>,
    /// For the next access token.
    pub refresh_token: Option<Secret>,
    /// What the access token allows.
    pub scope: Scope,
    /// Who signed in.
    pub id_token: Option<IdToken>,
}

/// An ID token of which every rule was checked.
#[derive(Clone, Debug)]
pub struct IdToken {
    /// The token itself: the hint at sign-out.
    pub raw: Secret,
    /// What it says.
    pub claims: IdTokenClaims,
    /// Which checks it passed, in order.
    pub checks: Vec<Check>,
}

impl Tokens {
    /// `asked` is the scope when the server does not repeat it (RFC 6749 §5.1).
    pub(crate) fn new(response: TokenResponse, asked: &Scope, id_token: Option<IdToken>, now: Time) -> Self {
        Self {
            access_token: response.access_token,
            expires_at: response.expires_in.map(|seconds| now + seconds.max(0)),
            refresh_token: response.refresh_token,
            scope: response.scope.unwrap_or_else(|| asked.clone()),
            id_token,
        }
    }
}
