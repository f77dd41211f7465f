//! Token introspection — RFC 7662.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::env::Time;
use crate::jose::jwt::Audience;
use crate::param::Form;
use crate::scope::Scope;
use crate::secret::Secret;

/// Which kind of token it may be: a hint for the look-up (RFC 7009 §2.1, RFC 7662 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTypeHint {
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
}

impl TokenTypeHint {
    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// Reads the parameter. RFC 7009 §2.1: an unknown hint is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AccessToken, Self::RefreshToken].into_iter().find(|hint| hint.as_str() == text)
    }
}

/// The request, without client authentication (§2.1). Revocation has the same parameters (RFC 7009 §2.1).
#[derive(Clone, Debug)]
pub struct IntrospectionRequest {
    /// The token in question.
    pub token: Secret,
    /// What it probably is.
    pub token_type_hint: Option<TokenTypeHint>,
}

impl IntrospectionRequest {
    /// The parameters.
    pub fn to_form(&self) -> Form<'_> {
        let mut form = Form::default();
        form.push("token", self.token.expose().as_str());
        form.push_some("token_type_hint", self.token_type_hint.map(TokenTypeHint::as_str));
        form
    }
}

/// The response (§2.2). An inactive token has `active` alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IntrospectionResponse {
    /// Whether the token may be accepted at this moment by the one who asks.
    pub active: bool,
    /// What it allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Which client it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// A name for people of who allowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer`; absent for a refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<Time>,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<Time>,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Further members (§2.2: "Specific implementations MAY extend this structure").
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl IntrospectionResponse {
    /// The answer for every token that is not active, whatever the reason (§2.2: no further information).
    pub fn inactive() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inactive_token_has_active_alone() {
        let json = serde_json::to_string(&IntrospectionResponse::inactive()).expect("prints");
        assert_eq!(json, r#"{"active":false}"#);
    }
}
