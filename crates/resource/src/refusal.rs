//! How a resource server says no — RFC 6750 §3: a status, a challenge, and a body in the form of RFC 9457.
//!
//! The client learns which rule of the protocol applies; the log learns the cause. Neither ever sees the token.

use hallpass_proto::bearer::Challenge;
use hallpass_proto::error::{ErrorBody, ErrorCode};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwt::JwtError;
use hallpass_proto::scope::Scope;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::keys::KeyError;
use crate::requirement::Missing;
use crate::step_up::StepUp;

/// A request that may not pass. Turn it into a response with [`Refused::to_response`].
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    reason: Box<Reason>,
    challenge: Option<Box<Challenge>>,
}

/// Why a request may not pass: for logs and for tests. What the client is told is [`Refused::challenge`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// There is no bearer token.
    #[error("no bearer token was presented")]
    NothingPresented,
    /// The `Authorization` header is of scheme `Bearer` and holds no token, or is not text.
    #[error("the Authorization header holds no well-formed bearer token")]
    Malformed,
    /// More than one `Authorization` header.
    #[error("there is more than one Authorization header")]
    Repeated,
    /// The token breaks a rule of JWS, JWT or RFC 9068.
    #[error("the token is refused: {0}")]
    Token(#[from] JwtError),
    /// The token is signed with an algorithm that is not accepted here.
    #[error("the token is signed with {0}, which is not accepted here")]
    AlgRefused(SigningAlg),
    /// The token is signed with a key that the issuer does not publish, or it does not say with which.
    #[error("no key for the token: {0}")]
    KeyUnknown(String),
    /// The issuer's keys cannot be had: nothing can be said about the token.
    #[error("the issuer's keys cannot be had: {cause}")]
    KeysUnavailable {
        /// Seconds until the next try.
        retry_after: u64,
        /// What happened.
        cause: String,
    },
    /// The issuer cannot be asked about the token: nothing can be said about it.
    #[error("the issuer cannot be asked: {cause}")]
    IntrospectionUnavailable {
        /// Seconds until the next try.
        retry_after: u64,
        /// What happened.
        cause: String,
    },
    /// The token's scope does not reach.
    #[error("the token needs the scope {needed}")]
    ScopeMissing {
        /// The whole scope that would do.
        needed: Scope,
    },
    /// Whom the token is about lacks a role.
    #[error("the role {needed} is needed")]
    RoleMissing {
        /// The role.
        needed: &'static str,
    },
    /// The person must sign in again, or in a stronger way (RFC 9470).
    #[error("the user must authenticate: {0}")]
    AuthenticationNeeded(StepUp),
    /// The token is good, but it was taken back: it is on the deny list.
    #[error("the token, or the session it belongs to, is on the deny list")]
    Denied,
    /// The issuer says that the token is not active (RFC 7662 §2.2).
    #[error("the issuer says that the token is not active")]
    NotActive,
    /// The token is not of an issuer that is accepted here.
    #[error("the token is of no issuer that is accepted here")]
    IssuerUnknown,
    /// The token is good, but the route's claims type cannot be read from it.
    #[error("the token's claims are not what the route reads: {0}")]
    ClaimsDiffer(String),
    /// The route asks for a token, and nothing in the program can verify one.
    #[error(
        "no Protect was found in the request: add `.layer(protect.layer())` to the router, after its routes"
    )]
    LayerMissing,
}

impl Reason {
    /// The code of the challenge and the body. RFC 6750 §3.1: when the request "lacks any authentication
    /// information", there is none.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::NothingPresented => None,
            Self::Malformed | Self::Repeated => Some(ErrorCode::InvalidRequest),
            Self::Token(_)
            | Self::AlgRefused(_)
            | Self::KeyUnknown(_)
            | Self::Denied
            | Self::NotActive
            | Self::IssuerUnknown
            | Self::ClaimsDiffer(_) => Some(ErrorCode::InvalidToken),
            Self::ScopeMissing { .. } | Self::RoleMissing { .. } => Some(ErrorCode::InsufficientScope),
            Self::AuthenticationNeeded(_) => Some(ErrorCode::InsufficientUserAuthentication),
            Self::KeysUnavailable { .. } | Self::IntrospectionUnavailable { .. } => {
                Some(ErrorCode::TemporarilyUnavailable)
            }
            Self::LayerMissing => Some(ErrorCode::ServerError),
        }
    }

    /// A sentence for the developer of the client. It tells no more than the client can know already.
    fn description(&self) -> &'static str {
        match self {
            Self::NothingPresented => "This resource needs an access token in the Authorization header",
            Self::Malformed => "The Authorization header holds no well-formed bearer token",
            Self::Repeated => "There is more than one Authorization header",
            Self::Token(JwtError::Expired { .. }) => "The access token expired",
            Self::Denied | Self::NotActive => "The access token was revoked",
            Self::RoleMissing { .. } => "This resource needs a role that the user does not have",
            Self::AuthenticationNeeded(_) => "This resource needs a more recent or a stronger sign-in",
            Self::Token(_) | Self::AlgRefused(_) | Self::KeyUnknown(_) | Self::IssuerUnknown => {
                "The access token is malformed, is not of this issuer, or is not for this resource"
            }
            Self::ClaimsDiffer(_) => "The access token lacks a claim that this resource needs",
            Self::ScopeMissing { .. } => "The access token does not hold the scope that this resource needs",
            Self::KeysUnavailable { .. } | Self::IntrospectionUnavailable { .. } => {
                "The access token cannot be verified at the moment"
            }
            Self::LayerMissing => "This resource is not set up",
        }
    }

    pub(crate) fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::KeysUnavailable { .. } | Self::IntrospectionUnavailable { .. } | Self::LayerMissing
        )
    }
}

impl Refused {
    /// A refusal, with the realm and scope that its challenge is to name.
    pub(crate) fn new(reason: Reason, realm: Option<&str>, scope: Option<&Scope>) -> Self {
        let error = reason.code();
        let challenge = (!reason.is_ours()).then(|| {
            let needed = match &reason {
                Reason::ScopeMissing { needed } => Some(needed),
                _ => scope,
            };
            let step_up = match &reason {
                Reason::AuthenticationNeeded(step_up) => Some(step_up),
                _ => None,
            };
            Box::new(Challenge {
                realm: realm.map(str::to_owned),
                error_description: error.as_ref().map(|_| reason.description().to_owned()),
                error,
                scope: needed.filter(|scope| !scope.is_empty()).cloned(),
                resource_metadata: None,
                acr_values: step_up
                    .map(StepUp::values)
                    .unwrap_or_default()
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                max_age: step_up.and_then(|step_up| step_up.max_age),
            })
        });
        Self { reason: Box::new(reason), challenge }
    }

    /// RFC 9728 §5.1: the challenge says where to read what this resource is.
    pub(crate) fn with_resource_metadata(mut self, url: Option<&str>) -> Self {
        if let Some(challenge) = &mut self.challenge {
            challenge.resource_metadata = url.map(str::to_owned);
        }
        self
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The HTTP status: that of the error code, and 401 when nothing was presented.
    pub fn status(&self) -> StatusCode {
        let status = self.reason.code().map_or(401, |code| code.status());
        StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    /// The value of `WWW-Authenticate`. There is none when the fault is on this side.
    pub fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_deref()
    }

    /// Seconds after which the same request may pass.
    pub fn retry_after(&self) -> Option<u64> {
        match &*self.reason {
            Reason::KeysUnavailable { retry_after, .. }
            | Reason::IntrospectionUnavailable { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// Writes the refusal to the log: what is broken on this side as an error, the rest as what clients do.
    ///
    /// A reason may quote the token's claims, which anybody can make up: it stays one line of bounded length.
    pub fn log(&self) {
        const LONGEST: usize = 300;
        let status = self.status().as_u16();
        let reason: String = self
            .reason
            .to_string()
            .chars()
            .take(LONGEST)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        if self.reason.is_ours() {
            tracing::error!(status, %reason, "request refused");
        } else {
            tracing::info!(status, %reason, "request refused");
        }
    }

    /// The whole response. Never cached: it is about one request's credentials.
    pub fn to_response<B: From<String>>(&self) -> Response<B> {
        let mut response = Response::new(B::from(self.body()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // A challenge prints as visible ASCII only, so it is a header value.
        if let Some(value) = self.challenge().and_then(|c| HeaderValue::from_str(&c.to_string()).ok()) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    fn body(&self) -> String {
        let status = self.status();
        let detail = self.reason.description();
        let problem = Problem {
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail,
            oauth: self.reason.code().map(|code| ErrorBody::new(code, detail)),
        };
        // Strings and a number always serialise.
        serde_json::to_string(&problem).unwrap_or_default()
    }
}

/// RFC 9457 §3, with the members of RFC 6749 §5.2 beside it. `type` is absent: that is `about:blank`.
#[derive(Serialize)]
struct Problem<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(flatten)]
    oauth: Option<ErrorBody>,
}

impl From<Missing> for Reason {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Scope { needed } => Self::ScopeMissing { needed },
            Missing::Role { needed } => Self::RoleMissing { needed },
            Missing::Authentication(step_up) => Self::AuthenticationNeeded(step_up),
        }
    }
}

impl From<KeyError> for Reason {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown(cause) => Self::KeyUnknown(cause),
            KeyError::Unavailable { retry_after, cause } => Self::KeysUnavailable { retry_after, cause },
        }
    }
}
