//! An HTTP answer, read whole.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::Value;

/// An answer with its body.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Reply {
    /// Reads an answer to its end.
    ///
    /// # Panics
    /// When the body cannot be read or is not UTF-8.
    pub async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body arrives").to_bytes();
        let body = String::from_utf8(bytes.to_vec()).expect("the body is text");
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// A header's value, or the empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Where it redirects to.
    ///
    /// # Panics
    /// When it is not a redirect.
    pub fn location(&self) -> &str {
        assert!(self.status.is_redirection(), "not a redirect: {} {}", self.status, self.body);
        self.header("location")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }

    /// The member `error` of a JSON body, or the empty string.
    pub fn error(&self) -> String {
        serde_json::from_str::<Value>(&self.body)
            .ok()
            .and_then(|v| Some(v.get("error")?.as_str()?.to_owned()))
            .unwrap_or_default()
    }
}
