//! How a server's answer is read — RFC 6749 §5.1, §5.2: the same way for every endpoint.

use bytes::Bytes;
use hallpass_proto::bearer::Challenge;
use hallpass_proto::error::ErrorBody;
use http::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// How much of an unreadable answer stands in the error.
const HEAD_LENGTH: usize = 200;
/// Runs of at least this many characters without a space may be a token or a key.
const SECRET_LENGTH: usize = 16;

/// Reads a JSON answer.
///
/// An `error` member is looked for at any status: some servers send errors with 200.
pub(crate) fn json<T: DeserializeOwned>(endpoint: &str, response: &Response<Bytes>) -> Result<T, Error> {
    success(endpoint, response)?;
    serde_json::from_slice(response.body()).map_err(|error| malformed(endpoint, response, &error.to_string()))
}

/// Refuses every answer that is not a success.
pub(crate) fn success(endpoint: &str, response: &Response<Bytes>) -> Result<(), Error> {
    let status = response.status();
    if let Some(body) = oauth_error(response) {
        return Err(Error::OAuth { endpoint: endpoint.to_owned(), status: status.as_u16(), body });
    }
    if status.is_success() {
        return Ok(());
    }
    if status.is_server_error() || status.as_u16() == 429 {
        let retry_after = header(response, &RETRY_AFTER).and_then(|text| text.parse().ok());
        return Err(Error::Unavailable {
            endpoint: endpoint.to_owned(),
            status: status.as_u16(),
            retry_after,
        });
    }
    let reason = if status.is_redirection() { "a redirect, which is not followed" } else { "the status" };
    Err(malformed(endpoint, response, reason))
}

/// The answer cannot be read.
pub(crate) fn malformed(endpoint: &str, response: &Response<Bytes>, reason: &str) -> Error {
    Error::Malformed {
        endpoint: endpoint.to_owned(),
        status: response.status().as_u16(),
        content_type: header(response, &CONTENT_TYPE).unwrap_or("no content type").to_owned(),
        reason: redacted(reason),
        head: redacted(&String::from_utf8_lossy(
            &response.body()[..response.body().len().min(4 * HEAD_LENGTH)],
        )),
    }
}

fn oauth_error(response: &Response<Bytes>) -> Option<ErrorBody> {
    if let Ok(body) = serde_json::from_slice::<ErrorBody>(response.body()) {
        return Some(body);
    }
    // RFC 6750 §3: a protected resource (UserInfo) says it in a header.
    let challenge = Challenge::parse(header(response, &WWW_AUTHENTICATE)?)?;
    Some(ErrorBody {
        error: challenge.error?,
        error_description: challenge.error_description,
        error_uri: None,
    })
}

fn header<'a>(response: &'a Response<Bytes>, name: &http::HeaderName) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The beginning of a text, with everything that may be a secret cut to four characters.
fn redacted(text: &str) -> String {
    let token_char = |c: char| c.is_ascii_alphanumeric() || "-._~+/=%".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() && out.chars().count() < HEAD_LENGTH {
        let run = rest.find(|c| !token_char(c)).unwrap_or(rest.len());
        if run >= SECRET_LENGTH {
            out.push_str(&rest[..4]);
            out.push('…');
        } else {
            out.push_str(&rest[..run]);
        }
        rest = &rest[run..];
        let mut chars = rest.chars();
        if let Some(other) = chars.next() {
            out.push(if other.is_control() { ' ' } else { other });
        }
        rest = chars.as_str();
    }
    out.chars().take(HEAD_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use hallpass_proto::error::ErrorCode;
    use hallpass_proto::token::TokenResponse;

    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Response<Bytes> {
        Response::builder()
            .status(status)
            .header(CONTENT_TYPE, content_type)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .expect("a response")
    }

    #[test]
    fn an_error_is_found_at_any_status() {
        for status in [200, 400, 401, 500, 503] {
            let read = json::<TokenResponse>(
                "e",
                &answer(status, "application/json", r#"{"error":"invalid_grant"}"#),
            );
            assert!(
                matches!(read, Err(Error::OAuth { body, .. }) if body.error == ErrorCode::InvalidGrant),
                "{status}"
            );
        }
    }

    #[test]
    fn a_page_instead_of_json_is_shown_without_its_secrets() {
        let page = format!("<html>code=SplxlOBeZQQYbYS6WxSbIA1234567890 {}</html>", "x".repeat(3000));
        let error = json::<TokenResponse>("https://as.example/token", &answer(200, "text/html", &page))
            .expect_err("refused");
        let text = error.to_string();
        assert!(
            text.contains("https://as.example/token") && text.contains("200") && text.contains("text/html"),
            "{text}"
        );
        assert!(!text.contains("SplxlOBeZQQ") && text.len() < 600, "{text}");
    }

    #[test]
    fn a_redirect_is_refused() {
        assert!(matches!(
            success("e", &answer(302, "text/html", "")),
            Err(Error::Malformed { status: 302, .. })
        ));
    }

    #[test]
    fn an_outage_is_told_from_a_refusal() {
        let down = answer(503, "text/html", "<h1>busy</h1>");
        assert!(matches!(success("e", &down), Err(Error::Unavailable { status: 503, .. })));
        assert!(matches!(
            success("e", &answer(404, "text/html", "")),
            Err(Error::Malformed { status: 404, .. })
        ));
    }

    #[test]
    fn a_bearer_challenge_is_an_oauth_error() {
        let mut response = answer(401, "text/plain", "");
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer error=\"invalid_token\""));
        assert!(
            matches!(success("e", &response), Err(Error::OAuth { status: 401, body, .. }) if body.error == ErrorCode::InvalidToken)
        );
    }
}
