//! How the login engine answers: the headers that every one of its answers has, in one place.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE, VARY,
};
use axum::http::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// Sends the browser on. 303: whatever the method was, the next request is a GET.
pub(crate) fn redirect(to: &str, cookies: Vec<HeaderValue>) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => finish((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(), cookies),
        Err(_) => finish(StatusCode::INTERNAL_SERVER_ERROR.into_response(), cookies),
    }
}

/// A page. Its forms may end at the given origins, and at this one.
///
/// `same-origin` keeps the address of the page from others; `no-referrer` would also make browsers send
/// `Origin: null` with the page's forms.
pub(crate) fn page(
    status: StatusCode,
    html: String,
    form_targets: &str,
    cookies: Vec<HeaderValue>,
) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    finish(response, cookies)
}

/// Makes the browser forget the pages that it could show again without asking: the back button keeps them, whole,
/// even those that came with `no-store` — Clear Site Data §3.1.
pub(crate) fn forgotten(mut response: Response) -> Response {
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    response
}

/// JSON.
pub(crate) fn json(status: StatusCode, body: &serde_json::Value, cookies: Vec<HeaderValue>) -> Response {
    finish((status, axum::Json(body)).into_response(), cookies)
}

fn finish(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Cookie"));
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
    response
}
