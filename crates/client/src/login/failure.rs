//! A sign-in that did not work, as a person or a program is told of it. The log has the cause; the answer has not.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use hallpass_proto::error::ErrorCode;
use serde_json::json;

use super::accept::wants_html;
use super::pages::Problem;
use super::session::SessionFault;
use super::{Login, reply};
use crate::error::{CallbackError, Error, Recovery};
use crate::keys::KeyError;

/// Why nobody is signed in, and the response that says so.
pub struct Failure {
    login: Login,
    cause: Cause,
    attempt: Option<String>,
    cookies: Vec<HeaderValue>,
}

enum Cause {
    Protocol(Error),
    Store(SessionFault),
}

impl Failure {
    pub(crate) fn new(login: &Login, error: Error) -> Self {
        Self::of(login, Cause::Protocol(error))
    }

    pub(crate) fn store(login: &Login, fault: SessionFault) -> Self {
        Self::of(login, Cause::Store(fault))
    }

    fn of(login: &Login, cause: Cause) -> Self {
        Self { login: login.clone(), cause, attempt: None, cookies: Vec::new() }
    }

    /// It is about an attempt of this browser: the issuer's own words may be shown, and it can be tried again.
    pub(crate) fn of_attempt(mut self, return_to: String) -> Self {
        self.attempt = Some(return_to);
        self
    }

    pub(crate) fn with_cookies(mut self, cookies: Vec<HeaderValue>) -> Self {
        self.cookies = cookies;
        self
    }

    /// The error; `None` when the session store failed.
    pub fn error(&self) -> Option<&Error> {
        match &self.cause {
            Cause::Protocol(error) => Some(error),
            Cause::Store(_) => None,
        }
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match &self.cause {
            Cause::Store(_) | Cause::Protocol(Error::Config(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Cause::Protocol(error) if matches!(error.recovery(), Recovery::Retry { .. }) => {
                StatusCode::BAD_GATEWAY
            }
            Cause::Protocol(
                Error::Malformed { .. } | Error::IssuerMismatch { .. } | Error::NotSupported { .. },
            ) => StatusCode::BAD_GATEWAY,
            Cause::Protocol(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// One sentence for whoever called. It holds nothing that the caller could have made up.
    pub fn detail(&self) -> String {
        let issuer = self.login.inner.client.provider().issuer();
        match &self.cause {
            Cause::Store(_) => "The session could not be kept".to_owned(),
            Cause::Protocol(error) => match error {
                Error::Keep(_) => "The session could not be kept".to_owned(),
                error if matches!(error.recovery(), Recovery::Retry { .. }) => {
                    format!("The authorization server {issuer} could not be reached")
                }
                Error::Callback(error) => callback_detail(error).to_owned(),
                Error::OAuth { .. } => "Failed to obtain access token".to_owned(),
                Error::IdToken(_) | Error::IdTokenMissing | Error::SubjectDiffers { .. } => {
                    "Invalid access token".to_owned()
                }
                Error::Keys(KeyError::Unknown { .. } | KeyError::Ambiguous { .. }) => {
                    "Invalid access token".to_owned()
                }
                Error::Malformed { .. } | Error::IssuerMismatch { .. } | Error::NotSupported { .. } => {
                    format!("The authorization server {issuer} gave an answer that cannot be used")
                }
                Error::Config(_) => "The sign-in is not set up".to_owned(),
                Error::NoRefreshToken => "The sign-in has ended".to_owned(),
                Error::Network { .. }
                | Error::Unavailable { .. }
                | Error::Keys(KeyError::Unavailable { .. }) => {
                    format!("The authorization server {issuer} could not be reached")
                }
            },
        }
    }

    /// The response: a page for a browser, `{"detail": …}` for a program.
    pub fn into_response(self, headers: &HeaderMap) -> Response {
        self.log();
        let (status, detail) = (self.status(), self.detail());
        if !wants_html(headers) {
            let mut body = json!({ "detail": detail });
            if let (Some(code), serde_json::Value::Object(members)) = (self.refusal(), &mut body) {
                members.insert("error".to_owned(), json!(code));
            }
            return reply::json(status, &body, self.cookies);
        }
        let login = &self.login;
        let retry = match &self.attempt {
            Some(path) => format!("{}?{}", login.login_path(), encoded_return_to(path)),
            None => login.login_path(),
        };
        let (title, message) = self.words(detail);
        let problem = Problem {
            title: &title,
            message: &message,
            code: self.refusal().map(ErrorCode::as_str),
            retry: &retry,
            home: &login.home(),
        };
        let html = login.inner.config.pages.problem(&problem);
        reply::page(status, html, "", self.cookies)
    }

    /// What a person reads.
    fn words(&self, detail: String) -> (String, String) {
        let text = |title: &str, message: &str| (title.to_owned(), message.to_owned());
        match &self.cause {
            Cause::Protocol(Error::Callback(CallbackError::Refused(body))) => {
                match (&body.error, &body.error_description) {
                    (ErrorCode::AccessDenied, _) => text(
                        "You were not signed in",
                        "The sign-in was cancelled, or access was not allowed. Nothing was shared.",
                    ),
                    // Only in answer to an attempt of this browser: otherwise anybody could put words here.
                    (_, Some(words)) if self.attempt.is_some() => text("You were not signed in", words),
                    _ => text(
                        "You were not signed in",
                        "The authorization server did not complete the sign-in.",
                    ),
                }
            }
            Cause::Protocol(Error::Callback(CallbackError::AttemptUnknown | CallbackError::StateMissing)) => {
                text(
                    "This sign-in is over",
                    "It took too long, was already used, or was started in another browser. Please start again.",
                )
            }
            Cause::Protocol(error) if matches!(error.recovery(), Recovery::Retry { .. }) => (
                ("The sign-in is not available").to_owned(),
                format!("{detail}. Please try again in a moment."),
            ),
            Cause::Protocol(_) | Cause::Store(_) => {
                ("The sign-in did not work".to_owned(), format!("{detail}."))
            }
        }
    }

    fn refusal(&self) -> Option<&ErrorCode> {
        match &self.cause {
            Cause::Protocol(Error::Callback(CallbackError::Refused(body))) => match body.error {
                ErrorCode::Other(_) if self.attempt.is_none() => None,
                _ => Some(&body.error),
            },
            Cause::Protocol(_) | Cause::Store(_) => None,
        }
    }

    fn log(&self) {
        match &self.cause {
            Cause::Store(fault) => tracing::error!(error = %fault, "a sign-in failed"),
            Cause::Protocol(error) => {
                let hint = error.hint().unwrap_or_default();
                if self.status().is_server_error() {
                    tracing::error!(error = %error, hint, "a sign-in failed");
                } else {
                    tracing::warn!(error = %error, hint, "a sign-in failed");
                }
            }
        }
    }
}

fn callback_detail(error: &CallbackError) -> &'static str {
    match error {
        CallbackError::MissingCode => "Authorization code not provided",
        CallbackError::Refused(body) if body.error == ErrorCode::AccessDenied => "Access was denied",
        CallbackError::Refused(_) => "The authorization server did not complete the sign-in",
        CallbackError::Unreadable(_) => "The parameters of the callback cannot be read",
        CallbackError::StateMissing => "The callback has no state",
        CallbackError::StateDiffers | CallbackError::AttemptUnknown => {
            "No sign-in with this state was started in this browser, or it took too long"
        }
        CallbackError::IssMissing | CallbackError::IssDiffers(_) => {
            "The callback is not from the authorization server that was asked"
        }
        CallbackError::TokenMissing(_) | CallbackError::TokenType | CallbackError::OtherFlow => {
            "The callback does not fit the request"
        }
    }
}

pub(crate) fn encoded_return_to(path: &str) -> String {
    hallpass_proto::param::Form::from_iter([("return_to", path)]).encode()
}
