//! Which pages may call the API from a browser — Fetch §3.3. One origin, with a token of its own, and no cookies.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The one origin.
#[derive(Clone)]
pub(super) struct Allowed(Option<HeaderValue>);

impl Allowed {
    /// What is not a header value is nobody's origin.
    pub(super) fn new(origin: &str) -> Self {
        Self(HeaderValue::from_str(origin).ok())
    }
}

/// Answers preflights, and lets the one origin read answers.
pub(super) async fn allow(State(Allowed(allowed)): State<Allowed>, request: Request, next: Next) -> Response {
    let origin =
        request.headers().get(header::ORIGIN).filter(|origin| Some(*origin) == allowed.as_ref()).cloned();
    let asks = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if asks { preflight(headers) } else { readable(headers) }
    }
    response
}

fn preflight(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}

/// Without it a page could not see why it was refused.
fn readable(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("www-authenticate, retry-after"),
    );
}
