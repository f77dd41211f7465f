//! The issuer says that a person has signed out — OpenID Connect Back-Channel Logout 1.0 §2.6 to §2.8, Front-Channel
//! Logout 1.0 §3: the sessions here end too.
//!
//! Only sessions that are kept in a store can be found this way; sealed cookies are in the browsers, so with them there
//! are no such routes.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use hallpass_proto::logout_token::LOGOUT_TOKEN;
use hallpass_proto::param::Form;
use serde_json::json;

use super::Login;
use super::session::{SessionFault, Whose};
use super::sessions::SessionPlace;
use crate::error::{Error, Recovery};

/// The largest body, in bytes: a logout token has a few hundred.
const BODY_LIMIT: usize = 64 * 1024;

/// Why nobody was signed out.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the request is no form with one logout_token")]
    Malformed,
    #[error("{0}")]
    Token(#[from] Error),
    #[error("this logout token came before")]
    Replayed,
    #[error("{0}")]
    Store(#[from] SessionFault),
}

impl Login {
    /// `POST /backchannel-logout` and `GET /frontchannel-logout`, at the configured paths; nothing where sessions are
    /// sealed cookies. They are called by the issuer and by pages of the issuer, so a guard against forms from other
    /// sites must not stand before them.
    pub fn single_logout_routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let config = &self.inner.config;
        match &config.sessions {
            SessionPlace::SealedCookie => Router::new(),
            SessionPlace::Store(_) => Router::new()
                .route(&config.backchannel_logout_path, post(backchannel))
                .route(&config.frontchannel_logout_path, get(frontchannel))
                .with_state(self.clone()),
        }
    }

    /// Ends the sessions that a logout token names. How many there were: none is no error, for the token may be late.
    async fn end_by_token(&self, raw: &str) -> Result<usize, Refused> {
        let client = &self.inner.client;
        let claims = client.verify_logout_token(raw).await?;
        let now = client.env().now();
        if !self.inner.replays.is_first(&claims.jti, claims.exp + client.leeway(), now) {
            return Err(Refused::Replayed);
        }
        let sub = claims.sub.as_deref();
        let whose = match (&claims.sid, sub) {
            (Some(sid), sub) => Whose::Session { sid, sub },
            (None, Some(sub)) => Whose::Person { sub },
            (None, None) => return Ok(0),
        };
        let ended = self.inner.sessions.end_of(whose).await?;
        tracing::info!(sub, sid = claims.sid, ended, "signed out by the issuer");
        Ok(ended)
    }
}

/// §2.8: 200 when it is done, also where there was nothing to do; 400 when the token is refused. What may work later is
/// 503, so that the issuer tries again.
async fn backchannel(State(login): State<Login>, request: Request) -> Response {
    let outcome = match logout_token(request).await {
        Some(token) => login.end_by_token(&token).await,
        None => Err(Refused::Malformed),
    };
    let refused = match outcome {
        Ok(_) => return unkept(StatusCode::OK.into_response()),
        Err(refused) => refused,
    };
    tracing::warn!(error = %refused, "the issuer's sign-out was refused");
    let (status, code) = match &refused {
        Refused::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        Refused::Token(error) if matches!(error.recovery(), Recovery::Retry { .. }) => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
        Refused::Token(_) | Refused::Replayed | Refused::Malformed => {
            (StatusCode::BAD_REQUEST, "invalid_request")
        }
    };
    unkept((status, axum::Json(json!({ "error": code }))).into_response())
}

async fn logout_token(request: Request<Body>) -> Option<String> {
    let (head, body) = request.into_parts();
    if !is_form(&head.headers) {
        return None;
    }
    let body = to_bytes(body, BODY_LIMIT).await.ok()?;
    let form = Form::parse(&body).and_then(Form::no_duplicates).ok()?;
    form.get(LOGOUT_TOKEN).map(str::to_owned)
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// In a frame of the issuer's page the browser sends no cookie of ours (`SameSite=Lax`), so the session is found by its
/// `sid`, which nobody can guess. Choice: without `iss` and `sid` nothing ends, or else any page could sign people out.
async fn frontchannel(State(login): State<Login>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let issuer = login.inner.client.provider().issuer();
    let form = Form::parse(query.as_bytes()).and_then(Form::no_duplicates).unwrap_or_default();
    let status = match (form.get("iss"), form.get("sid")) {
        (Some(iss), Some(sid)) if iss == issuer.as_str() => {
            match login.inner.sessions.end_of(Whose::Session { sid, sub: None }).await {
                Ok(ended) => {
                    tracing::info!(ended, "signed out by the issuer, through the browser");
                    StatusCode::OK
                }
                Err(error) => {
                    tracing::error!(%error, "the issuer's sign-out failed");
                    StatusCode::SERVICE_UNAVAILABLE
                }
            }
        }
        _ => StatusCode::BAD_REQUEST,
    };
    let text = if status == StatusCode::OK { "Signed out" } else { "Nobody was signed out" };
    let page = format!("<!doctype html>\n<html lang=\"en\"><title>{text}</title><p>{text}</p></html>\n");
    let mut response = (status, Html(page)).into_response();
    let policy = format!("default-src 'none'; frame-ancestors {}", issuer.origin());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    unkept(response)
}

/// §2.8: "Cache-Control: no-store".
fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
