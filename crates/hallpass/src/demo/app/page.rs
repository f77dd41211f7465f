//! What every page has: the bar at its top, and how it becomes a response.

use askama::Template;
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use hallpass_client::login::{LoggedIn, wants_html};
use serde::Deserialize;
use serde_json::json;

use super::login_pages::problem;

/// The claims that pages greet people with.
#[derive(Clone, Deserialize)]
pub(super) struct Me {
    sub: String,
    name: Option<String>,
    email: Option<String>,
}

/// Who looks at a page, if they are signed in.
pub(super) type Visitor = Option<LoggedIn<Me>>;

/// The bar at the top.
#[derive(Clone)]
pub(super) struct Bar {
    /// The name of whoever is signed in.
    pub(super) user: Option<String>,
    /// Which of its links is this page.
    pub(super) at: &'static str,
}

impl Bar {
    pub(super) fn new(visitor: &Visitor, at: &'static str) -> Self {
        let name = |me: &Me| me.name.as_ref().or(me.email.as_ref()).unwrap_or(&me.sub).clone();
        Self { user: visitor.as_ref().map(|visitor| name(visitor)), at }
    }
}

/// A page with status 200.
pub(super) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page or JSON that says no.
pub(super) fn refused(headers: &HeaderMap, status: StatusCode, title: &str, message: &str) -> Response {
    if wants_html(headers) {
        return (status, Html(problem(title, message))).into_response();
    }
    (status, Json(json!({ "detail": message }))).into_response()
}

pub(super) async fn not_found(headers: HeaderMap) -> Response {
    refused(&headers, StatusCode::NOT_FOUND, "Page not found", "There is nothing at this address.")
}

pub(super) async fn method_not_allowed(headers: HeaderMap) -> Response {
    let message = "This address does not take this method.";
    refused(&headers, StatusCode::METHOD_NOT_ALLOWED, "That cannot be done", message)
}
