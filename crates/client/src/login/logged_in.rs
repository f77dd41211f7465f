//! The extractor for routes that need somebody to be signed in.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hallpass_proto::id_token::IdTokenClaims;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::accept::is_navigation;
use super::failure::encoded_return_to;
use super::session::Session;
use super::sessions::Found;
use super::{Failure, Login, reply};

/// The person who is signed in, with their claims read as `C`.
///
/// Nobody signed in: a browser that navigates is sent through `/login` and comes back; a script gets 401.
/// `Option<LoggedIn<C>>` is for routes that anybody may see.
#[derive(Clone, Debug)]
pub struct LoggedIn<C = IdTokenClaims> {
    /// The claims.
    pub claims: C,
    found: Found,
}

impl<C> LoggedIn<C> {
    /// The session, with its tokens where it has them.
    pub fn session(&self) -> &Arc<Session> {
        &self.found.session
    }

    /// The session and its key.
    pub fn found(&self) -> &Found {
        &self.found
    }
}

impl<C> Deref for LoggedIn<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.claims
    }
}

/// The response for somebody who is not signed in.
pub struct NotLoggedIn(Box<Response>);

impl NotLoggedIn {
    fn new(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for NotLoggedIn {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl<S: Sync, C: DeserializeOwned + Send> FromRequestParts<S> for LoggedIn<C> {
    type Rejection = NotLoggedIn;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotLoggedIn> {
        let login = layer(parts)?;
        match find(&login, parts).await? {
            Some(logged_in) => Ok(logged_in),
            None => Err(nobody(&login, parts)),
        }
    }
}

impl<S: Sync, C: DeserializeOwned + Send> OptionalFromRequestParts<S> for LoggedIn<C> {
    type Rejection = NotLoggedIn;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, NotLoggedIn> {
        let login = layer(parts)?;
        find(&login, parts).await
    }
}

fn layer(parts: &Parts) -> Result<Login, NotLoggedIn> {
    parts.extensions.get::<Login>().cloned().ok_or_else(|| {
        tracing::error!(
            path = parts.uri.path(),
            "LoggedIn finds no Login: add `.layer(login.layer())` to the router"
        );
        let body = json!({ "detail": "The sign-in is not set up" });
        NotLoggedIn::new(reply::json(StatusCode::INTERNAL_SERVER_ERROR, &body, Vec::new()))
    })
}

async fn find<C: DeserializeOwned>(login: &Login, parts: &Parts) -> Result<Option<LoggedIn<C>>, NotLoggedIn> {
    let found = login.session(&parts.headers).await;
    let found = found
        .map_err(|fault| NotLoggedIn::new(Failure::store(login, fault).into_response(&parts.headers)))?;
    let Some(found) = found else { return Ok(None) };
    match serde_json::from_value(Value::Object(found.session.claims.clone())) {
        Ok(claims) => Ok(Some(LoggedIn { claims, found })),
        Err(error) => {
            tracing::error!(error = %error, sub = found.session.sub, "the session's claims do not fit the handler's type");
            let body = json!({ "detail": "The claims of this session are not what this page needs" });
            Err(NotLoggedIn::new(reply::json(StatusCode::FORBIDDEN, &body, Vec::new())))
        }
    }
}

fn nobody(login: &Login, parts: &Parts) -> NotLoggedIn {
    if !is_navigation(&parts.headers) {
        return NotLoggedIn::new(reply::json(
            StatusCode::UNAUTHORIZED,
            &json!({ "detail": "Not signed in" }),
            Vec::new(),
        ));
    }
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    // What a form sent is lost on the way, so only a GET is come back to.
    let path = match (&parts.method, uri.path_and_query()) {
        (&Method::GET, Some(path)) => format!("{}{path}", login.public_url().path()),
        _ => login.home(),
    };
    NotLoggedIn::new(reply::redirect(
        &format!("{}?{}", login.login_path(), encoded_return_to(&path)),
        Vec::new(),
    ))
}
