//! `POST /docs/token`: redeems the page's code at the issuer — RFC 6749 §4.1.3, RFC 7636 §4.5 — for this page alone.
//!
//! It sends to one place, the token endpoint that the issuer names. Of the form it takes the parameters of a code or
//! refresh grant of a public client and nothing else: no secret, no other redirect URI, no other client.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use hallpass_client::provider::Provider;
use hallpass_proto::param::Form;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, ORIGIN, PRAGMA};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};

/// The path, below the page's.
pub(super) const PATH: &str = "/token";
/// The longest form, in bytes.
pub(super) const BODY_LIMIT: usize = 16 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Where requests come from, and where they go.
pub(super) struct Relay {
    pub(super) provider: Provider,
    pub(super) origin: String,
    pub(super) redirect_uri: String,
    /// None when people enter one of theirs.
    pub(super) client_id: Option<String>,
}

/// A request that is not passed on.
struct NotRelayed {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

pub(super) async fn relay(State(relay): State<Arc<Relay>>, headers: HeaderMap, body: Bytes) -> Response {
    match relay.answer(&headers, &body).await {
        Ok((status, body)) => response(status, body),
        Err(NotRelayed { status, error, description }) => {
            let body = json!({ "error": error, "error_description": description }).to_string();
            response(status, body.into())
        }
    }
}

impl Relay {
    async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Result<(StatusCode, Bytes), NotRelayed> {
        self.same_origin(headers)?;
        let form = self.form(headers, body)?.encode();
        let unreachable = NotRelayed {
            status: StatusCode::BAD_GATEWAY,
            error: "temporarily_unavailable",
            description: "The authorization server cannot be reached",
        };
        let endpoint = match self.provider.metadata().await {
            Ok(metadata) => metadata.token_endpoint.clone(),
            Err(error) => {
                tracing::error!(%error, "a code could not be redeemed for the docs page");
                return Err(unreachable);
            }
        };
        let request = endpoint.and_then(|endpoint| {
            let request =
                Request::post(endpoint).header(CONTENT_TYPE, FORM).header(ACCEPT, "application/json");
            request.body(Bytes::from(form)).ok()
        });
        let Some(request) = request else { return Err(unreachable) };
        match self.provider.http().send(request).await {
            // Only JSON comes through: this origin shows nobody else's pages.
            Ok(answer)
                if serde_json::from_slice::<Value>(answer.body()).is_ok_and(|json| json.is_object()) =>
            {
                let (parts, body) = answer.into_parts();
                Ok((parts.status, body))
            }
            Ok(answer) => {
                tracing::error!(status = answer.status().as_u16(), "the token endpoint's answer is not JSON");
                Err(unreachable)
            }
            Err(error) => {
                tracing::error!(%error, "a code could not be redeemed for the docs page");
                Err(unreachable)
            }
        }
    }

    /// Browsers send both headers with every such request, and pages cannot change them.
    fn same_origin(&self, headers: &HeaderMap) -> Result<(), NotRelayed> {
        let site = headers.get("sec-fetch-site");
        if headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() == self.origin.as_bytes())
            && site.is_none_or(|site| site.as_bytes() == b"same-origin")
        {
            return Ok(());
        }
        Err(NotRelayed {
            status: StatusCode::FORBIDDEN,
            error: "access_denied",
            description: "This is for the page beside it, and for no other",
        })
    }

    /// The token request, written anew.
    fn form(&self, headers: &HeaderMap, body: &[u8]) -> Result<Form<'static>, NotRelayed> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM) {
            return Err(invalid("The body must be application/x-www-form-urlencoded"));
        }
        let form = Form::parse(body).and_then(Form::no_duplicates);
        let form = form.map_err(|_| invalid("The body is not a form, or has a parameter twice"))?;
        let names = match form.get("grant_type") {
            Some("authorization_code") => ["grant_type", "code", "redirect_uri", "code_verifier"].as_slice(),
            Some("refresh_token") => ["grant_type", "refresh_token"].as_slice(),
            _ => {
                return Err(NotRelayed {
                    status: StatusCode::BAD_REQUEST,
                    error: "unsupported_grant_type",
                    description: "Only codes and refresh tokens are redeemed here",
                });
            }
        };
        let mut request = Form::default();
        for name in names {
            let value = form.get(name).ok_or_else(|| invalid("A parameter of the grant is missing"))?;
            if *name == "redirect_uri" && value != self.redirect_uri {
                return Err(invalid("The redirect URI is not this page's"));
            }
            request.push(*name, value.to_owned());
        }
        let client_id = form.get("client_id").ok_or_else(|| invalid("client_id is missing"))?;
        if self.client_id.as_deref().is_some_and(|configured| configured != client_id) {
            return Err(invalid("The client is not this page's"));
        }
        request.push("client_id", client_id.to_owned());
        Ok(request.into_owned())
    }
}

fn invalid(description: &'static str) -> NotRelayed {
    NotRelayed { status: StatusCode::BAD_REQUEST, error: "invalid_request", description }
}

/// RFC 6749 §5.1: an answer with a token in it is not stored.
fn response(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}
