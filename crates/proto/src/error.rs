//! THE table of error codes: wire string, HTTP status, and where it is defined.
//!
//! No other file writes an `error` value or picks the status of a refusal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $status:literal, $source:literal;)*) => {
        /// An `error` value of OAuth 2.0 or OpenID Connect.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// A code that this version does not know, kept as it came: peers and later specs add their own.
            Other(String),
        }

        impl ErrorCode {
            /// The string on the wire.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$name => $wire,)* Self::Other(code) => code }
            }

            /// The HTTP status of a direct answer that carries this code. (In a redirect it has none.)
            pub fn status(&self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Other(_) => 400 }
            }

            /// The section that defines it.
            pub fn source(&self) -> &'static str {
                match self { $(Self::$name => $source,)* Self::Other(_) => "unknown" }
            }
        }

        impl FromStr for ErrorCode {
            type Err = std::convert::Infallible;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Ok(match code { $($wire => Self::$name,)* other => Self::Other(other.to_owned()) })
            }
        }
    };
}

codes! {
    /// A parameter is missing, repeated, unknown where that matters, or malformed.
    InvalidRequest = "invalid_request", 400, "RFC 6749 §4.1.2.1, §5.2";
    /// Client authentication failed.
    InvalidClient = "invalid_client", 401, "RFC 6749 §5.2";
    /// The code or refresh token is invalid, expired, revoked, or was issued to another client.
    InvalidGrant = "invalid_grant", 400, "RFC 6749 §5.2";
    /// The client may not use this grant or response type.
    UnauthorizedClient = "unauthorized_client", 400, "RFC 6749 §4.1.2.1, §5.2";
    /// The server does not know this `grant_type`.
    UnsupportedGrantType = "unsupported_grant_type", 400, "RFC 6749 §5.2";
    /// The server does not know this `response_type`.
    UnsupportedResponseType = "unsupported_response_type", 400, "RFC 6749 §4.1.2.1";
    /// The scope is unknown, malformed, or beyond what may be asked for.
    InvalidScope = "invalid_scope", 400, "RFC 6749 §4.1.2.1, §5.2";
    /// The person or the server said no.
    AccessDenied = "access_denied", 400, "RFC 6749 §4.1.2.1";
    /// Something broke on the server.
    ServerError = "server_error", 500, "RFC 6749 §4.1.2.1";
    /// The server is busy or without its database; try again.
    TemporarilyUnavailable = "temporarily_unavailable", 503, "RFC 6749 §4.1.2.1";
    /// The person has not answered yet: poll on.
    AuthorizationPending = "authorization_pending", 400, "RFC 8628 §3.5";
    /// The person has not answered yet, and the polls come too fast: wait 5 seconds longer from now on.
    SlowDown = "slow_down", 400, "RFC 8628 §3.5";
    /// The device code is too old: begin again.
    ExpiredToken = "expired_token", 400, "RFC 8628 §3.5";
    /// The server does not revoke tokens of this type.
    UnsupportedTokenType = "unsupported_token_type", 400, "RFC 7009 §2.2.1";
    /// The access token is expired, revoked, malformed, or not for this resource.
    InvalidToken = "invalid_token", 401, "RFC 6750 §3.1";
    /// The access token's scope does not reach.
    InsufficientScope = "insufficient_scope", 403, "RFC 6750 §3.1";
    /// The person's sign-in is too old, or not strong enough.
    InsufficientUserAuthentication = "insufficient_user_authentication", 401, "RFC 9470 §3";
    /// Nobody is signed in, and the client asked not to show a page.
    LoginRequired = "login_required", 400, "OpenID Connect Core §3.1.2.6";
    /// Consent is missing, and the client asked not to show a page.
    ConsentRequired = "consent_required", 400, "OpenID Connect Core §3.1.2.6";
    /// A page is needed, and the client asked not to show one.
    InteractionRequired = "interaction_required", 400, "OpenID Connect Core §3.1.2.6";
    /// The person must choose an account, and the client asked not to show a page.
    AccountSelectionRequired = "account_selection_required", 400, "OpenID Connect Core §3.1.2.6";
    /// The request object is malformed, not the client's, or not for this server and time.
    InvalidRequestObject = "invalid_request_object", 400, "RFC 9101 §7, OpenID Connect Core §3.1.2.6";
    /// The `request_uri` cannot be fetched, or may not be used.
    InvalidRequestUri = "invalid_request_uri", 400, "RFC 9101 §7, OpenID Connect Core §3.1.2.6";
    /// The server does not take request objects.
    RequestNotSupported = "request_not_supported", 400, "OpenID Connect Core §3.1.2.6";
    /// The server does not fetch request objects.
    RequestUriNotSupported = "request_uri_not_supported", 400, "OpenID Connect Core §3.1.2.6";
    /// The server does not take the `registration` parameter.
    RegistrationNotSupported = "registration_not_supported", 400, "OpenID Connect Core §3.1.2.6";
    /// A redirect URI cannot be registered.
    InvalidRedirectUri = "invalid_redirect_uri", 400, "RFC 7591 §3.2.2";
    /// Something else in the client's metadata cannot be registered.
    InvalidClientMetadata = "invalid_client_metadata", 400, "RFC 7591 §3.2.2";
    /// The software statement is malformed, expired, or not signed by the one it names.
    InvalidSoftwareStatement = "invalid_software_statement", 400, "RFC 7591 §3.2.2";
    /// The software statement comes from somebody this server does not believe.
    UnapprovedSoftwareStatement = "unapproved_software_statement", 400, "RFC 7591 §3.2.2";
    /// The request was for another authentication than the one that could be had.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements", 400, "OpenID unmet_authentication_requirements §2";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let Ok(code) = code.parse();
        Ok(code)
    }
}

/// An error as it stands in a JSON body or in the parameters of a redirect (RFC 6749 §4.1.2.1, §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The code.
    pub error: ErrorCode,
    /// A sentence for the developer at the other end: ASCII without `"` and `\`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// A page with more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_uri: Option<String>,
}

impl ErrorBody {
    /// A code and a sentence. Characters that RFC 6749 §5.2 does not allow in the sentence become `'` or `?`.
    pub fn new(error: ErrorCode, description: &str) -> Self {
        Self { error, error_description: Some(description_chars(description)), error_uri: None }
    }
}

/// How long a description is at most: some quote what the peer has sent.
const LONGEST_DESCRIPTION: usize = 200;

/// RFC 6749 §5.2: `error_description` holds `%x20-21 / %x23-5B / %x5D-7E` only.
fn description_chars(text: &str) -> String {
    text.chars()
        .take(LONGEST_DESCRIPTION)
        .map(|c| match c {
            '"' | '\\' | '’' | '“' | '”' => '\'',
            ' '..='~' => c,
            '§' => '~',
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_survives_the_round_trip() {
        let body: ErrorBody = serde_json::from_str(r#"{"error":"slow_as_tar"}"#).expect("parses");
        assert_eq!(body.error, ErrorCode::Other("slow_as_tar".into()));
        assert_eq!(serde_json::to_string(&body).expect("prints"), r#"{"error":"slow_as_tar"}"#);
    }

    #[test]
    fn a_description_holds_only_the_characters_of_the_rfc() {
        let body = ErrorBody::new(ErrorCode::InvalidRequest, "a \"b\" \\ ü\n");
        assert_eq!(body.error_description.as_deref(), Some("a 'b' ' ??"));
    }
}
