//! Everything that can go wrong at a client, one variant for each thing that a program would do differently.

use hallpass_proto::error::{ErrorBody, ErrorCode};
use hallpass_proto::issuer::IssuerError;
use hallpass_proto::jose::jwt::JwtError;
use hallpass_proto::param::FormError;

use crate::http_client::{HttpError, UrlError};
use crate::keys::KeyError;
use crate::token_source::KeepError;

/// Why an operation failed. `Display` names the server and what it did; [`Error::hint`] says what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program is set up wrongly.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The server could not be reached.
    #[error("{endpoint} could not be reached: {source}{}", cause(.source))]
    Network {
        /// The URL.
        endpoint: String,
        /// What happened.
        source: HttpError,
        /// Seconds to wait, when that is known.
        retry_after: Option<u64>,
    },
    /// The server answered that it cannot answer: a status of 5xx or 429, without an OAuth error.
    #[error("{endpoint} answered {status}")]
    Unavailable {
        /// The URL.
        endpoint: String,
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header, in seconds.
        retry_after: Option<u64>,
    },
    /// RFC 8414 §3.3: the `issuer` in the metadata "MUST be identical" to the one that was asked for.
    #[error("the metadata is of another issuer: {difference}")]
    IssuerMismatch {
        /// How the two differ.
        difference: String,
    },
    /// The metadata does not name something that the operation needs.
    #[error("the metadata of {issuer} has no {member}")]
    NotSupported {
        /// The issuer.
        issuer: String,
        /// The member.
        member: &'static str,
    },
    /// There is no refresh token to renew the access token with.
    #[error("the access token has ended, and there is no refresh token")]
    NoRefreshToken,
    /// Renewed tokens could not be kept.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// What came to the redirect URI was refused.
    #[error("the authorization response was refused: {0}")]
    Callback(#[from] CallbackError),
    /// The server said no, in the words of OAuth.
    #[error("{endpoint} answered {status} {}{}", body.error, described(body))]
    OAuth {
        /// The URL.
        endpoint: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: ErrorBody,
    },
    /// The server's answer cannot be read.
    #[error(
        "{endpoint} answered {status} ({content_type}) with something unexpected: {reason}; it begins {head:?}"
    )]
    Malformed {
        /// The URL.
        endpoint: String,
        /// The HTTP status.
        status: u16,
        /// The media type of the answer.
        content_type: String,
        /// What is wrong with it.
        reason: String,
        /// The first characters, with everything masked that may be a secret.
        head: String,
    },
    /// The ID token was refused.
    #[error("the ID token was refused: {0}")]
    IdToken(#[from] JwtError),
    /// A token response to an OpenID Connect request without an ID token.
    #[error("the answer has no ID token, though openid was asked for")]
    IdTokenMissing,
    /// An answer is about another person than the one who signed in (OpenID Connect Core §5.3.2, §12.2).
    #[error("{endpoint} answered about another person than the one who is signed in")]
    SubjectDiffers {
        /// The URL.
        endpoint: String,
    },
    /// The issuer's keys could not be had.
    #[error("{0}")]
    Keys(#[from] KeyError),
}

/// What is wrong with the set-up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable that must be set, or its `_FILE` sibling.
    #[error("{0} is not set: set it, or {0}_FILE to the path of a file that holds it")]
    MissingSecret(String),
    /// A variable that must be set.
    #[error("{0} is not set")]
    Missing(String),
    /// Both `X` and `X_FILE`.
    #[error("both {0} and {0}_FILE are set: set one of them")]
    Both(String),
    /// A file that cannot be read.
    #[error("{variable}: {path} cannot be read: {reason}")]
    File {
        /// The variable.
        variable: String,
        /// What it holds.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A value that does not do.
    #[error("{variable}: {reason}")]
    Invalid {
        /// The variable or setting.
        variable: String,
        /// Why.
        reason: String,
    },
    /// The issuer identifier.
    #[error("{0}")]
    Issuer(#[from] IssuerError),
    /// An endpoint's URL.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// An authentication method that needs a secret, without one.
    #[error("client {0} has no secret, which its authentication method needs")]
    NoSecret(String),
    /// A `token_endpoint_auth_method` that this client cannot do.
    #[error("the client authentication method {0} is not supported here")]
    MethodUnsupported(&'static str),
}

/// Why an authorization response is not accepted. Nothing of it has been sent to anybody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Parameters that cannot be read, or that came twice.
    #[error("{0}")]
    Unreadable(#[from] FormError),
    /// The server or the person said no.
    #[error("{}{}", .0.error, described(.0))]
    Refused(ErrorBody),
    /// Neither a code nor an error.
    #[error("there is no code")]
    MissingCode,
    /// There is no `state`.
    #[error("there is no state")]
    StateMissing,
    /// The `state` is another than the one of this attempt.
    #[error("the state is not the one of this attempt")]
    StateDiffers,
    /// No attempt of this browser has this `state`: it is over, too old, or was never made here.
    #[error("no sign-in with this state was started in this browser, or it took too long")]
    AttemptUnknown,
    /// RFC 9207 §2.4: no `iss`, though the metadata promises one.
    #[error("there is no iss, though the server says that it always sends one")]
    IssMissing,
    /// RFC 9207 §2.4: the answer is of another server than the one that was asked.
    #[error("the answer is of another issuer: {0:?}")]
    IssDiffers(String),
    /// The response type asked for a token, and it is not there.
    #[error("there is no {0}")]
    TokenMissing(&'static str),
    /// A `token_type` that this client cannot use.
    #[error("the token_type is not Bearer")]
    TokenType,
    /// The attempt was for another flow than the one it is completed as.
    #[error("this attempt was started for another flow")]
    OtherFlow,
}

/// What a program can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The same call may work later, after that many seconds when they are known.
    Retry {
        /// Seconds.
        after: Option<u64>,
    },
    /// The person must sign in again.
    Reauthenticate,
    /// Somebody must mend a configuration.
    Fix,
}

impl Error {
    /// What to do. Only `Retry` means that the server was not there; a session need not end for it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Network { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                Recovery::Retry { after: *retry_after }
            }
            Self::Keys(KeyError::Unavailable { retry_after, .. }) => {
                Recovery::Retry { after: Some(*retry_after) }
            }
            Self::OAuth { body, .. } => match body.error {
                ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable => Recovery::Retry { after: None },
                ErrorCode::InvalidGrant | ErrorCode::InvalidToken | ErrorCode::LoginRequired => {
                    Recovery::Reauthenticate
                }
                _ => Recovery::Fix,
            },
            Self::Keep(_) => Recovery::Retry { after: None },
            Self::NoRefreshToken | Self::Callback(_) | Self::IdToken(_) | Self::SubjectDiffers { .. } => {
                Recovery::Reauthenticate
            }
            Self::Keys(KeyError::Unknown { .. } | KeyError::Ambiguous { .. }) => Recovery::Reauthenticate,
            Self::Config(_)
            | Self::IssuerMismatch { .. }
            | Self::NotSupported { .. }
            | Self::Malformed { .. }
            | Self::IdTokenMissing => Recovery::Fix,
        }
    }

    /// A sentence for the person who runs the program, where there is one worth saying.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Network { .. } => {
                Some("is the authorization server running, and is the issuer's address right?")
            }
            Self::IssuerMismatch { .. } => Some("set the issuer to exactly what its metadata says"),
            Self::NotSupported { .. } => {
                Some("the server does not offer this; see its /.well-known/openid-configuration")
            }
            Self::OAuth { body, .. } => match body.error {
                ErrorCode::InvalidClient => {
                    Some("check the client_id, its secret and its authentication method")
                }
                ErrorCode::InvalidGrant => Some(
                    "the code, token or password is wrong, was used before, is too old, or belongs to another client or redirect URI",
                ),
                ErrorCode::UnauthorizedClient => Some("the client is not registered for this grant"),
                ErrorCode::InvalidScope => Some("ask only for scopes that the client is registered for"),
                _ => None,
            },
            Self::Callback(CallbackError::AttemptUnknown | CallbackError::StateMissing) => Some(
                "the cookie of the attempt did not come back: another host name, an attempt older than ten minutes, or a new session key",
            ),
            Self::Callback(CallbackError::IssDiffers(_) | CallbackError::IssMissing) => {
                Some("another server may have tried to take this one's place (mix-up, RFC 9207)")
            }
            Self::IdTokenMissing => Some("is openid among the scopes that the client may ask for?"),
            _ => None,
        }
    }

    /// The server that the error is about, when it is about one.
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Network { endpoint, .. }
            | Self::Unavailable { endpoint, .. }
            | Self::OAuth { endpoint, .. }
            | Self::Malformed { endpoint, .. }
            | Self::SubjectDiffers { endpoint } => Some(endpoint),
            Self::Keys(KeyError::Unavailable { endpoint, .. }) => Some(endpoint),
            _ => None,
        }
    }
}

/// The description as it may stand in a log: a peer wrote it, so without control characters and not endless.
fn described(body: &ErrorBody) -> String {
    let printable = |text: &String| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    body.error_description.as_ref().map(|text| format!(": {}", printable(text))).unwrap_or_default()
}

fn cause(error: &HttpError) -> String {
    let mut text = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
