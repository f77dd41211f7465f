//! The token request and its response — RFC 6749 §3.2, §4, §5, §6; OpenID Connect Core §3.1.3.

use serde::{Deserialize, Serialize};

use crate::param::Form;
use crate::pkce::CodeVerifier;
use crate::scope::Scope;
use crate::secret::Secret;

/// `grant_type` of the authorization code flow.
pub const AUTHORIZATION_CODE: &str = "authorization_code";
/// `grant_type` of a client that acts for itself.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// `grant_type` of the resource owner password flow. RFC 9700 §2.4: "MUST NOT be used" by new systems.
pub const PASSWORD: &str = "password";
/// `grant_type` of a refresh.
pub const REFRESH_TOKEN: &str = "refresh_token";
/// `grant_type` of a device that has no browser (RFC 8628 §3.4).
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Not sent as a `grant_type`, but registered as one: the implicit flow (RFC 7591 §2).
pub const IMPLICIT: &str = "implicit";

/// A token request as a client makes it, without client authentication.
#[derive(Clone, Debug)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3.
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// The `redirect_uri` of the authorization request.
        redirect_uri: String,
        /// PKCE (RFC 7636 §4.5).
        code_verifier: Option<CodeVerifier>,
    },
    /// RFC 6749 §4.4.2.
    ClientCredentials {
        /// The scope; empty means the client's default.
        scope: Scope,
    },
    /// RFC 6749 §4.3.2.
    Password {
        /// The person.
        username: String,
        /// Their password.
        password: Secret,
        /// The scope; empty means the client's default.
        scope: Scope,
    },
    /// RFC 6749 §6.
    RefreshToken {
        /// The token.
        refresh_token: Secret,
        /// A narrower scope; empty means the same one.
        scope: Scope,
    },
    /// RFC 8628 §3.4.
    DeviceCode {
        /// The device's code.
        device_code: Secret,
    },
}

impl TokenRequest {
    /// The `grant_type`.
    pub const fn grant_type(&self) -> &'static str {
        match self {
            Self::AuthorizationCode { .. } => AUTHORIZATION_CODE,
            Self::ClientCredentials { .. } => CLIENT_CREDENTIALS,
            Self::Password { .. } => PASSWORD,
            Self::RefreshToken { .. } => REFRESH_TOKEN,
            Self::DeviceCode { .. } => DEVICE_CODE,
        }
    }

    /// The parameters.
    pub fn to_form(&self) -> Form<'_> {
        let mut form = Form::default();
        form.push("grant_type", self.grant_type());
        let scope = match self {
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => {
                form.push("code", code.expose().as_str());
                form.push("redirect_uri", redirect_uri.as_str());
                form.push_some("code_verifier", code_verifier.as_ref().map(CodeVerifier::expose));
                return form;
            }
            Self::DeviceCode { device_code } => {
                form.push("device_code", device_code.expose().as_str());
                return form;
            }
            Self::ClientCredentials { scope } => scope,
            Self::Password { username, password, scope } => {
                form.push("username", username.as_str());
                form.push("password", password.expose().as_str());
                scope
            }
            Self::RefreshToken { refresh_token, scope } => {
                form.push("refresh_token", refresh_token.expose().as_str());
                scope
            }
        };
        form.push_some("scope", (!scope.is_empty()).then(|| scope.to_string()));
        form
    }
}

/// A successful token response (RFC 6749 §5.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// `Bearer`, in any case.
    pub token_type: String,
    /// The lifetime of the access token in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    /// The refresh token, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The scope of the access token. Optional on the wire when it is the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The ID token (OpenID Connect Core §3.1.3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<Secret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_without_the_optional_members_is_read() {
        let read: TokenResponse =
            serde_json::from_str(r#"{"access_token":"a","token_type":"bearer","x":1}"#).expect("parses");
        assert_eq!(read.access_token, "a".into());
        assert!(read.expires_in.is_none() && read.refresh_token.is_none());
    }

    #[test]
    fn requests_name_their_grant() {
        let request = TokenRequest::RefreshToken { refresh_token: "r".into(), scope: Scope::empty() };
        assert_eq!(request.to_form().encode(), "grant_type=refresh_token&refresh_token=r");
    }
}
