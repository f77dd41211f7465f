//! An HTTP answer, read whole.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::Value;

use hallpass_proto::param::Form;

use crate::browser::VERIFIER;
use crate::fixture::{PASSWORD_OF_ALL, SECRET};
use crate::html::{attributes, forms};

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

    /// Sees that this is a refusal for programs (RFC 6749 §5.2), and that nothing but the refusal is told.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, error: &str) {
        let told = format!("{} {}", self.status, self.body);
        assert_eq!((self.status.as_u16(), self.error().as_str()), (status, error), "{told}");
        assert_eq!(self.header("content-type"), "application/json", "{told}");
        assert_eq!(self.header("cache-control"), "no-store", "{told}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{told}");
        assert!(status != 401 || self.headers.contains_key("www-authenticate"), "{told}");
        let json = self.json();
        let members: Vec<_> = json.as_object().expect("an object").keys().map(String::as_str).collect();
        assert!(members.iter().all(|m| ["error", "error_description"].contains(m)), "{told}");
        let description = json["error_description"].as_str().unwrap_or_default();
        let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        assert!(description.len() <= 200 && description.chars().all(allowed), "{told}");
        for secret in [SECRET, PASSWORD_OF_ALL, VERIFIER] {
            assert!(!self.body.contains(secret), "{told}");
        }
    }

    /// Sees that this is a refusal for people: a page of ours, that sends nobody anywhere and tells no secret.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn assert_page(&self, status: u16, error: &str) {
        let told = format!("{} {:?} {}", self.status, self.headers.get("location"), self.body);
        assert_eq!(self.status.as_u16(), status, "{told}");
        assert!(!self.headers.contains_key("location"), "{told}");
        assert!(self.body.contains(&format!("<code id=\"error-code\">{error}</code>")), "{told}");
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8", "{told}");
        assert_eq!(self.header("cache-control"), "no-store", "{told}");
        assert!(self.header("content-security-policy").contains("frame-ancestors 'none'"), "{told}");
        assert!(attributes(&self.body, "http-equiv").is_empty() && forms(&self.body).is_empty(), "{told}");
        for secret in [SECRET, PASSWORD_OF_ALL, VERIFIER] {
            assert!(!self.body.contains(secret), "{told}");
        }
    }

    /// Sees that a refusal goes back to the client that asked with `state=the-state`, and that nothing else goes with
    /// it (RFC 6749 §4.1.2.1, §4.2.2.1, RFC 9207 §2).
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn assert_sent_back(&self, redirect_uri: &str, error: &str) {
        let told = format!("{} {} {}", self.status, self.header("location"), self.body);
        assert_eq!(self.status, 303, "{told}");
        assert_eq!(self.header("cache-control"), "no-store", "{told}");
        assert_eq!(self.header("referrer-policy"), "no-referrer", "{told}");
        let behind = self.location().strip_prefix(redirect_uri);
        let encoded = behind.and_then(|text| text.strip_prefix(['?', '#', '&']));
        let encoded = encoded.unwrap_or_else(|| panic!("not to {redirect_uri}: {told}"));
        let form = Form::parse(encoded.as_bytes()).expect("parameters");
        let names: Vec<&str> = form.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["error", "error_description", "state", "iss"], "{told}");
        assert_eq!(form.get("error"), Some(error), "{told}");
        assert_eq!(form.get("state"), Some("the-state"), "{told}");
        assert!(form.get("iss").is_some_and(|iss| iss.starts_with("http")), "{told}");
        assert!(self.body.is_empty(), "{told}");
    }
}
