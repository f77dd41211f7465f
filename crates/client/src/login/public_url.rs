//! Where people reach the program. Every URL is built from it, none from `Host` or `X-Forwarded-*`.

use crate::error::ConfigError;
use crate::http_client::parse_url;

/// The public URL of a program, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    origin: String,
    port: Option<u16>,
}

impl PublicUrl {
    /// Reads one: https, or http for a loopback host; without query and fragment.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let invalid = |reason: String| ConfigError::Invalid { variable: "public_url".to_owned(), reason };
        parse_url(text).map_err(|error| invalid(error.to_string()))?;
        let url = url::Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(format!("{text:?} has a query or a fragment")));
        }
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/');
        Ok(Self { text: format!("{origin}{path}"), origin, port: url.port_or_known_default() })
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path below the origin, without a slash at its end: mostly empty.
    pub fn path(&self) -> &str {
        &self.text[self.origin.len()..]
    }

    /// The URL of a path of the program; it starts with `/`.
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_makes_no_difference() {
        let url = PublicUrl::parse("https://example.com/app/").expect("a URL");
        assert_eq!((url.origin(), url.path()), ("https://example.com", "/app"));
        assert_eq!(url.to("/callback"), "https://example.com/app/callback");
        assert_eq!(
            PublicUrl::parse("http://localhost:8000/").expect("a URL").to("/"),
            "http://localhost:8000/"
        );
    }

    #[test]
    fn what_is_no_public_url() {
        for text in [
            "",
            "app.example",
            "http://app.example",
            "https://a.example?x",
            "https://a.example#x",
            "ftp://a.example",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
