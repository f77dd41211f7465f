//! Headers of every answer, and the check that a form came from one of the app's own pages.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{App, page};

/// The content security policies of the pages.
#[derive(Clone)]
pub(super) struct Policy {
    plain: HeaderValue,
    /// For the one page with a script: it runs the app's own file, which talks to the issuer and the API.
    spa: HeaderValue,
}

impl Policy {
    pub(super) fn new(issuer: &str, api: &str) -> Self {
        // The sign-out form is redirected to the issuer, and browsers apply form-action to that as well.
        let plain = format!(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' {issuer}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let spa = format!("{plain}; script-src 'self'; connect-src 'self' {issuer} {api}");
        let value = |text: &str| {
            HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
        };
        Self { plain: value(&plain), spa: value(&spa) }
    }
}

/// Adds the headers where the handler has not set its own.
pub(super) async fn add(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let with_script = matches!(request.uri().path(), "/spa" | "/spa/callback");
    let mut response = next.run(request).await;
    let always: [(HeaderName, HeaderValue); 6] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::VARY, HeaderValue::from_static("Accept, Cookie")),
        (header::CONTENT_SECURITY_POLICY, if with_script { policy.spa } else { policy.plain }),
    ];
    for (name, value) in always {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Refuses whatever changes something and was not sent from one of the app's own pages (CSRF).
pub(super) async fn own_forms_only(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || app.login.came_from_here(request.headers()) {
        return next.run(request).await;
    }
    let message = "This request did not come from a page of this app.";
    page::refused(request.headers(), StatusCode::FORBIDDEN, "That was refused", message)
}

/// A file that is the same for everybody.
pub(super) fn asset(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "public, max-age=3600")], text)
        .into_response()
}
