//! Issuer identifiers — RFC 8414 §2, OpenID Connect Discovery §3: a URL, compared byte for byte.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The well-known path of OpenID Connect Discovery §4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// The well-known path of RFC 8414 §3.
pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

/// The identifier of an authorization server. Never normalised: `https://a` and `https://a/` are two issuers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer {
    text: String,
    path_at: usize,
}

/// Why a text cannot be an issuer identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Not an absolute http(s) URL.
    #[error("the issuer {0:?} is not an absolute URL such as https://login.example.com")]
    NotUrl(String),
    /// RFC 8414 §2: "no query or fragment components".
    #[error("the issuer {0:?} has a query, a fragment or user information, which it must not")]
    Extra(String),
    /// http to another machine.
    #[error("the issuer {0:?} uses http, which is for loopback hosts only: use https")]
    PlainHttp(String),
}

impl Issuer {
    /// Reads an issuer identifier. Plain http is accepted for loopback hosts.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::NotUrl(text.to_owned()))?;
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .filter(|rest| url.has_host() && rest.bytes().all(is_uri_char))
            .ok_or_else(|| IssuerError::NotUrl(text.to_owned()))?;
        if text.contains(['?', '#', '@']) {
            return Err(IssuerError::Extra(text.to_owned()));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(IssuerError::PlainHttp(text.to_owned()));
        }
        let path_at = rest.find('/').map_or(text.len(), |at| text.len() - rest.len() + at);
        Ok(Self { text: text.to_owned(), path_at })
    }

    /// The exact text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: `https://login.example.com`.
    pub fn origin(&self) -> &str {
        &self.text[..self.path_at]
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        let origin = self.origin();
        origin.split_once("://").map_or(origin, |(_, host)| host)
    }

    /// The path without a slash at its end: empty, or `/tenant`.
    pub fn path(&self) -> &str {
        self.text[self.path_at..].trim_end_matches('/')
    }

    /// Whether it is served over https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// The URL of an endpoint below the issuer; `path` starts with `/`.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin(), self.path())
    }

    /// Where OpenID Connect Discovery §4 puts the metadata: behind the issuer's path.
    pub fn openid_configuration(&self) -> String {
        self.endpoint(OPENID_CONFIGURATION)
    }

    /// Where RFC 8414 §3.1 puts the metadata: in front of the issuer's path.
    pub fn oauth_authorization_server(&self) -> String {
        format!("{}{OAUTH_AUTHORIZATION_SERVER}{}", self.origin(), self.path())
    }

    /// Says how `other` differs, for the person who has to mend a configuration.
    pub fn difference(&self, other: &str) -> String {
        if self.text.trim_end_matches('/') == other.trim_end_matches('/') {
            format!(
                "expected {:?}, got {other:?}: they differ only by the trailing `/`; configure {other:?}",
                self.text
            )
        } else {
            format!("expected {:?}, got {other:?}", self.text)
        }
    }
}

/// RFC 3986 §2: what is not in this set must stand percent-encoded. It also stops `\`, blanks, and names of hosts that
/// are not in their ASCII form.
pub(crate) const fn is_uri_char(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%')
        || matches!(byte, b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@')
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// Whether a URL names this machine: `localhost`, a name below it, or a loopback address.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Issuer {
    type Error = IssuerError;

    fn try_from(text: String) -> Result<Self, IssuerError> {
        Self::parse(&text)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_places() {
        let root = Issuer::parse("http://localhost:9000").expect("an issuer");
        assert_eq!(root.endpoint("/token"), "http://localhost:9000/token");
        let tenant = Issuer::parse("https://login.example/tenant/").expect("an issuer");
        assert_eq!(
            (tenant.origin(), tenant.path(), tenant.host()),
            ("https://login.example", "/tenant", "login.example")
        );
        assert_eq!(
            tenant.openid_configuration(),
            "https://login.example/tenant/.well-known/openid-configuration"
        );
        assert_eq!(
            tenant.oauth_authorization_server(),
            "https://login.example/.well-known/oauth-authorization-server/tenant"
        );
    }

    #[test]
    fn what_is_not_an_issuer() {
        for text in ["", "login.example", "/x", "ftp://a", "https://", "https://a b", "https:a"] {
            assert!(matches!(Issuer::parse(text), Err(IssuerError::NotUrl(_))), "{text}");
        }
        // What no header, cookie path or route can hold as it stands.
        for text in [
            "https://a\\b",
            "https://a/\u{e9}",
            "https://\u{e4}.example",
            "https://a/{x}",
            "https://a/\"",
            "https://a/\n",
        ] {
            assert!(matches!(Issuer::parse(text), Err(IssuerError::NotUrl(_))), "{text}");
        }
        for text in ["https://a?x", "https://a#x", "https://u@a", "http://localhost:80@evil.example"] {
            assert!(matches!(Issuer::parse(text), Err(IssuerError::Extra(_))), "{text}");
        }
        assert!(matches!(Issuer::parse("http://login.example"), Err(IssuerError::PlainHttp(_))));
    }

    #[test]
    fn a_trailing_slash_is_named_as_the_difference() {
        let issuer = Issuer::parse("https://a.example").expect("an issuer");
        assert!(issuer.difference("https://a.example/").contains("differ only by the trailing `/`"));
    }
}
