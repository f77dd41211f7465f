//! Answers to responses: the only place with statuses and cache headers, and where a refusal is logged.

use std::collections::BTreeSet;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use hallpass_proto::bearer::Challenge;
use hallpass_proto::error::ErrorBody;
use hallpass_proto::redirect_uri::csp_source;
use hallpass_proto::scope::OPENID;
use hallpass_proto::secret::{Digest, Secret};

use super::cookie;
use super::log::Reason;
use crate::core::Core;
use crate::fault::Fault;
use crate::interact::default_pages::{FORM_POST_SCRIPT, SIGNING_OUT_SCRIPT};
use crate::interact::error_page::{self, Failed};
use crate::interact::{
    Answer, Browser, FormsEnd, Outcome, Page, Script, SessionCookie, StateCookie, Visitor,
};
use crate::logout::state::{self, Frame};
use crate::refusal::{Failure, Refusal};

/// Whether scripts of other origins may read an answer. None ever gets our cookies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cors {
    /// No.
    None,
    /// Yes: the answer depends on nothing but what the caller brought.
    Public,
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// How long a busy server asks callers to wait, in seconds.
const RETRY_AFTER: i64 = 1;

/// 200 with JSON that nobody may keep (RFC 6749 §5.1).
pub(super) fn json(value: &impl Serialize, cors: Cors) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => json_body(StatusCode::OK, body, cors),
        Err(e) => refused(Failure::Fault(Fault::Corrupt { what: "response", why: e.to_string() }), cors),
    }
}

/// 200 with a JWT that nobody may keep (OpenID Connect Core §5.3.2).
pub(super) fn jwt(token: &Secret, cors: Cors) -> Response {
    let mut response = json_body(StatusCode::OK, token.expose().clone().into_bytes(), cors);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    response
}

/// 201 with JSON that nobody may keep (RFC 7591 §3.2.1).
pub(super) fn created(value: &impl Serialize, cors: Cors) -> Response {
    let mut response = json(value, cors);
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::CREATED;
    }
    response
}

/// 204 (RFC 7592 §2.3).
pub(super) fn no_content((): &(), cors: Cors) -> Response {
    let mut response = empty(&(), cors);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// No, at the registration endpoints: what is wrong with the token is told by a challenge, and what is wrong with the
/// metadata is not (RFC 7591 §3.2.2).
pub(super) fn registration_refused(failure: Failure, cors: Cors) -> Response {
    if api_status(&failure) == StatusCode::UNAUTHORIZED {
        bearer_refused(failure, cors)
    } else {
        refused(failure, cors)
    }
}

/// 200 without a body (RFC 7009 §2.2).
pub(super) fn empty((): &(), cors: Cors) -> Response {
    let mut response = Response::new(Body::empty());
    common(&mut response, cors);
    response
}

/// 200 with JSON that is the same for everybody.
pub(super) fn static_json(body: Bytes, content_type: &'static str, cache: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(body));
    common(&mut response, Cors::Public);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, cache);
    response
}

/// The stylesheet.
pub(super) fn stylesheet(css: &'static str) -> Response {
    let mut response = Response::new(Body::from(css));
    common(&mut response, Cors::None);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// A page to be framed by any client, which runs its one script (OpenID Connect Session Management 1.0 §3.3).
pub(super) fn frame(core: &Core, frame: &Frame) -> Response {
    let mut response = Response::new(Body::from(frame.html.clone()));
    common(&mut response, Cors::None);
    let policy =
        format!("default-src 'none'; script-src 'sha256-{}'; base-uri 'none'", csp_hash(frame.script));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A client that isolates itself (Fetch §3.7) frames only what says that it may be.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    // A hash is ASCII without spaces; were it not, no script would run.
    let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    https_only(core, &mut response);
    response
}

/// The answer to a preflight (Fetch §4.8).
pub(super) fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    common(&mut response, Cors::Public);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

/// 404.
pub(super) fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "There is nothing here.\n")
}

/// 405; axum adds `Allow`.
pub(super) fn method_not_allowed() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "This URL does not take this method.\n")
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    common(&mut response, Cors::None);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// No, as JSON (RFC 6749 §5.2).
pub(super) fn refused(failure: Failure, cors: Cors) -> Response {
    let mut response = json_body(api_status(&failure), error_json(&failure), cors);
    if response.status() == StatusCode::UNAUTHORIZED {
        // §5.2: "the response MUST include the WWW-Authenticate response header field".
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"hallpass\""));
    }
    retry_after(&mut response, &failure);
    logged(response, failure)
}

/// No, with the challenge of a protected resource (RFC 6750 §3).
pub(super) fn bearer_refused(failure: Failure, cors: Cors) -> Response {
    let mut response = json_body(api_status(&failure), error_json(&failure), cors);
    if let Failure::Refusal(refusal) = &failure {
        let body = refusal.body();
        // §3.1: who presents nothing is told nothing but that a token is needed.
        let presented = !matches!(refusal, Refusal::TokenMissing);
        let challenge = Challenge {
            realm: Some("hallpass".to_owned()),
            error: presented.then_some(body.error),
            error_description: if presented { body.error_description } else { None },
            scope: matches!(refusal, Refusal::TokenWithoutOpenid).then(|| OPENID.parse().ok()).flatten(),
            ..Challenge::default()
        };
        if let Ok(value) = HeaderValue::try_from(challenge.to_string()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
    }
    retry_after(&mut response, &failure);
    logged(response, failure)
}

/// What a page or the authorization endpoint answers.
pub(super) fn outcome(core: &Core, browser: &Browser, outcome: Outcome) -> Response {
    let is_page = matches!(outcome.answer, Answer::Page(_));
    let mut response = match outcome.answer {
        Answer::SeeOther(url) => see_other(core, &url),
        // A refusal on its way to the client is an answer like any other.
        Answer::Page(page) if page.script == Script::FormPost => html(core, page, StatusCode::OK),
        Answer::Page(page) => html(core, page, outcome.refusal.as_ref().map_or(StatusCode::OK, page_status)),
    };
    let mut set_cookie = |value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    };
    match &outcome.session {
        SessionCookie::Keep => match (browser.state, &browser.session) {
            (StateCookie::Fits, _) => {}
            (StateCookie::Stale, Some(s)) => {
                set_cookie(cookie::set_state(core, &state::of_browser(core, s.session.digest)));
            }
            (StateCookie::Stale, None) => set_cookie(cookie::clear_state(core)),
        },
        SessionCookie::Set(value) => {
            set_cookie(cookie::set_session(core, value));
            set_cookie(cookie::set_state(core, &state::of_browser(core, value.digest())));
        }
        SessionCookie::Clear => {
            set_cookie(cookie::clear_session(core));
            set_cookie(cookie::clear_state(core));
        }
    }
    match &browser.visitor {
        // Only forms are bound to it. What another site posts comes without cookies (`SameSite=Lax`), and its redirect
        // would take the visitor away from the forms in other tabs.
        Visitor::New(value) if is_page => set_cookie(cookie::set_visitor(core, value)),
        Visitor::Known(_) | Visitor::New(_) => {}
    }
    if matches!(outcome.session, SessionCookie::Clear) {
        // Clear Site Data §3.1. The back button keeps whole pages, even those that came with no-store.
        let cache = HeaderValue::from_static("\"cache\"");
        response.headers_mut().insert(HeaderName::from_static("clear-site-data"), cache);
    }
    let failure = match (outcome.refusal, outcome.fault) {
        (_, Some(fault)) => Failure::Fault(fault),
        (Some(refusal), None) => Failure::Refusal(refusal),
        (None, None) => return response,
    };
    // RFC 9110 §10.2.3: beside a redirect it would be for the browser to wait.
    if !response.status().is_redirection() {
        retry_after(&mut response, &failure);
    }
    logged(response, failure)
}

/// No, as a page.
pub(super) fn failed_page(core: &Core, failure: Failure, failed: &Failed<'_>) -> Response {
    let status = match &failure {
        Failure::Refusal(refusal) => page_status(refusal),
        Failure::Fault(_) => api_status(&failure),
    };
    let page = Page {
        html: error_page::render(core, &failure, failed),
        forms: FormsEnd::Here,
        script: Script::Forbidden,
        frames: Vec::new(),
    };
    let mut response = html(core, page, status);
    retry_after(&mut response, &failure);
    let mut response = logged(response, failure);
    if let Some(reason) = response.extensions_mut().get_mut::<Reason>() {
        reason.trace_id = Some(failed.trace_id.to_owned());
    }
    response
}

/// The status of an answer to a program.
fn api_status(failure: &Failure) -> StatusCode {
    let status = match failure {
        Failure::Refusal(Refusal::BodyTooLarge) => return StatusCode::PAYLOAD_TOO_LARGE,
        Failure::Refusal(
            Refusal::Throttled { .. }
            | Refusal::UserCodeThrottled { .. }
            | Refusal::RegistrationsThrottled { .. }
            | Refusal::DeviceCodesThrottled { .. },
        ) => {
            return StatusCode::TOO_MANY_REQUESTS;
        }
        // RFC 7592 §2.1: without permission to its own record "the server MUST return an HTTP 403".
        Failure::Refusal(Refusal::RegistrationSuspended) => return StatusCode::FORBIDDEN,
        Failure::Refusal(Refusal::BodyTooSlow) => return StatusCode::REQUEST_TIMEOUT,
        Failure::Refusal(_) | Failure::Fault(_) => failure.code().status(),
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The status of a page. A wrong password is 401 to whoever counts them; the page is the same form again.
fn page_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::FormStale | Refusal::CrossSite | Refusal::UserDiffers => StatusCode::FORBIDDEN,
        Refusal::CredentialsWrong => StatusCode::UNAUTHORIZED,
        Refusal::Throttled { .. } | Refusal::UserCodeThrottled { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn error_json(failure: &Failure) -> Vec<u8> {
    let body = match failure {
        Failure::Refusal(refusal) => refusal.body(),
        Failure::Fault(fault) => ErrorBody { error: fault.code(), error_description: None, error_uri: None },
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

fn retry_after(response: &mut Response, failure: &Failure) {
    let seconds = match failure {
        Failure::Refusal(
            Refusal::Throttled { retry_after }
            | Refusal::UserCodeThrottled { retry_after }
            | Refusal::RegistrationsThrottled { retry_after }
            | Refusal::DeviceCodesThrottled { retry_after },
        ) => *retry_after,
        Failure::Refusal(
            Refusal::Overloaded | Refusal::StatementKeysUnreachable | Refusal::EncryptionKeysUnreachable,
        )
        | Failure::Fault(Fault::Store(_) | Fault::StoreBusy | Fault::Accounts(_)) => RETRY_AFTER,
        Failure::Refusal(_) | Failure::Fault(_) => return,
    };
    if let Ok(value) = HeaderValue::try_from(seconds.to_string()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
}

/// Puts the reason where the request's one line in the log finds it. What broke goes to the log alone.
fn logged(mut response: Response, failure: Failure) -> Response {
    let reason = match failure {
        Failure::Refusal(refusal) => Reason { text: format!("{refusal:?}"), trace_id: None },
        Failure::Fault(fault) => {
            tracing::error!(target: "hallpass::fault", %fault);
            Reason { text: "Fault".to_owned(), trace_id: None }
        }
    };
    response.extensions_mut().insert(reason);
    response
}

fn see_other(core: &Core, url: &str) -> Response {
    let mut response = Response::new(Body::empty());
    match HeaderValue::try_from(url) {
        Ok(location) => {
            *response.status_mut() = StatusCode::SEE_OTHER;
            response.headers_mut().insert(header::LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    common(&mut response, Cors::None);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    https_only(core, &mut response);
    response
}

fn html(core: &Core, page: Page, status: StatusCode) -> Response {
    let mut response = Response::new(Body::from(page.html));
    *response.status_mut() = status;
    common(&mut response, Cors::None);
    let script = match page.script {
        Script::Forbidden => String::new(),
        Script::FormPost => format!("script-src 'sha256-{}'; ", csp_hash(FORM_POST_SCRIPT)),
        Script::SigningOut => format!("script-src 'sha256-{}'; ", csp_hash(SIGNING_OUT_SCRIPT)),
    };
    let sources: BTreeSet<String> = page.frames.iter().map(|uri| csp_source(uri)).collect();
    let frames = match sources.into_iter().collect::<Vec<_>>().join(" ") {
        none if none.is_empty() => none,
        some => format!("frame-src {some}; "),
    };
    let forms = match page.forms {
        FormsEnd::Here => "form-action 'self'; ".to_owned(),
        FormsEnd::Elsewhere => String::new(),
        FormsEnd::At(source) => format!("form-action {source}; "),
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data: https:; {script}{frames}{forms}frame-ancestors 'none'; \
         base-uri 'none'"
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    );
    // A target from a registered redirect URI is ASCII without spaces; were it not, nothing is allowed.
    let policy = HeaderValue::try_from(policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    https_only(core, &mut response);
    response
}

/// RFC 6797, for whatever a browser navigates to. It is said of this host alone: of the hosts below it, which are not
/// the issuer's, an operator may say it elsewhere.
fn https_only(core: &Core, response: &mut Response) {
    const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000");
    if core.config.issuer.is_https() {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
}

fn csp_hash(script: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(Digest::of(script.as_bytes()).as_bytes())
}

fn json_body(status: StatusCode, body: Vec<u8>, cors: Cors) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    common(&mut response, cors);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // RFC 6749 §5.1: "as well as the \"Pragma\" response header field with a value of \"no-cache\"".
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn common(response: &mut Response, cors: Cors) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if cors == Cors::Public {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("WWW-Authenticate, Retry-After"),
        );
    }
}
