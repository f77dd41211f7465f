//! Where people reach the API. Every URL is built from it, none from `Host` or `X-Forwarded-*`.

use hallpass_client::http_client::{UrlError, parse_url};

/// The public URL of an API, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    text: String,
    origin: usize,
}

/// Why a text is no public URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// Not an absolute https URL, or http for a loopback host.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// RFC 9728 §1.2: a resource identifier "has no query or fragment components".
    #[error("the public URL {0:?} has a query or a fragment")]
    Query(String),
}

impl PublicUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, PublicUrlError> {
        if text.contains(['?', '#']) {
            return Err(PublicUrlError::Query(text.to_owned()));
        }
        let uri = parse_url(text)?;
        let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority());
        let origin = format!("{scheme}://{}", authority.map_or("", |authority| authority.as_str()));
        let path = uri.path().trim_end_matches('/');
        Ok(Self { text: format!("{origin}{path}"), origin: origin.len() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        &self.text[..self.origin]
    }

    /// The path below the origin, without a slash at its end: mostly empty.
    pub(crate) fn path(&self) -> &str {
        &self.text[self.origin..]
    }
}
