//! Redirect URIs — RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1: registered whole, compared byte for byte.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::issuer::{is_loopback, is_uri_char};

/// A redirect URI that may be registered. Kept and compared as the exact string that was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why a redirect URI may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute URI, or with characters that a URI cannot hold.
    #[error("not an absolute URI")]
    NotAbsolute,
    /// RFC 6749 §3.1.2: "MUST NOT include a fragment component".
    #[error("a redirect URI has no fragment")]
    Fragment,
    /// `user:password@` hides the host from people.
    #[error("a redirect URI has no user information")]
    UserInfo,
    /// Longer than any redirect URI needs.
    #[error("longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// `*` in the host or path: patterns are not supported.
    #[error("wildcards are not supported: register each redirect URI")]
    Wildcard,
    /// `.` or `..` segments, plain or encoded.
    #[error("a redirect URI has no dot segments")]
    DotSegment,
    /// `javascript:`, `data:` and their like, which a browser executes instead of following.
    #[error("this scheme is not for redirects")]
    Scheme,
    /// `http` to another machine. RFC 8252 §8.3 and RFC 9700 §2.1 allow it for loopback only.
    #[error("http is for loopback hosts only: use https")]
    PlainHttp,
}

/// The longest redirect URI.
pub const MAX_LENGTH: usize = 2048;

const SCRIPT_SCHEMES: [&str; 9] =
    ["javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "jar"];

impl RedirectUri {
    /// Checks a redirect URI for registration.
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        if text.len() > MAX_LENGTH {
            return Err(RedirectUriError::TooLong);
        }
        if !text.bytes().all(is_uri_char) {
            return Err(RedirectUriError::NotAbsolute);
        }
        let url = Url::parse(text).map_err(|_| RedirectUriError::NotAbsolute)?;
        if text.contains('#') {
            return Err(RedirectUriError::Fragment);
        }
        if SCRIPT_SCHEMES.contains(&url.scheme()) {
            return Err(RedirectUriError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectUriError::UserInfo);
        }
        let before_query = text.split('?').next().unwrap_or_default();
        if before_query.contains('*') {
            return Err(RedirectUriError::Wildcard);
        }
        if has_dot_segment(before_query) {
            return Err(RedirectUriError::DotSegment);
        }
        match url.scheme() {
            "https" if url.has_host() && starts_with(text, "https://") => {}
            "http" if url.has_host() && starts_with(text, "http://") => {
                if !is_loopback(&url) {
                    return Err(RedirectUriError::PlainHttp);
                }
            }
            "https" | "http" => return Err(RedirectUriError::NotAbsolute),
            // RFC 8252 §7.1: private-use schemes are reversed domain names, so they hold a dot.
            scheme if scheme.contains('.') => {}
            _ => return Err(RedirectUriError::Scheme),
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether a request's `redirect_uri` is this one.
    ///
    /// RFC 9700 §2.1: "exact string matching", but for the port of a loopback IP literal, which RFC 8252 §7.3
    /// lets a native app choose at run time.
    pub fn matches(&self, presented: &str) -> bool {
        self.0 == presented
            || without_loopback_port(&self.0).is_some_and(|own| without_loopback_port(presented) == Some(own))
    }

    /// The exact string that was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The part of a URL that a person can judge: `example.com`, `localhost:8000`, or the scheme of an app, in which
/// whatever looks like a host is the app's own invention.
pub fn display_host(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => url.scheme().to_owned(),
        Ok(url) => match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => String::new(),
        },
        Err(_) => String::new(),
    }
}

/// The host of an `http` or `https` URL, in the form that browsers compare: lower case, without the port. What looks like a
/// host in the URI of an app is the app's own invention, and none.
pub fn host(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.host_str().map(str::to_owned)
}

/// The source expression for `form-action` in a content security policy that lets a form end at this URI. CSP 3
/// §2.3.1 has no way to write an IPv6 address, so for one the scheme is all that can be said.
pub fn csp_source(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if matches!(url.host(), Some(Host::Ipv6(_))) => format!("{}:", url.scheme()),
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

/// Adds parameters to the query, or puts them into the fragment, keeping what the URI had (RFC 6749 §3.1.2).
pub fn with_query(uri: &str, encoded: &str) -> String {
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{encoded}")
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn has_dot_segment(before_query: &str) -> bool {
    let lower = before_query.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    lower.split('/').any(|segment| {
        let bare = segment.split(';').next().unwrap_or_default();
        bare == "." || bare == ".."
    })
}

/// Splits `http://127.0.0.1:1234/cb` into what stands before and behind the port. None for anything else.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|host| {
        let rest = uri.strip_prefix(host)?;
        let behind = match rest.strip_prefix(':') {
            None => rest,
            Some(port) => {
                let digits = port.bytes().take_while(u8::is_ascii_digit).count();
                port[..digits].parse::<u16>().ok().filter(|port| *port > 0)?;
                &port[digits..]
            }
        };
        (behind.is_empty() || behind.starts_with(['/', '?'])).then_some((host, behind))
    })
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriError;

    fn try_from(text: String) -> Result<Self, RedirectUriError> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// security.md 1: whatever looks like the registered URI but is not that string is not it.
    #[test]
    fn only_the_exact_string_matches() {
        let registered = RedirectUri::parse("https://app.example/cb").expect("may be registered");
        assert!(registered.matches("https://app.example/cb"));
        for other in [
            "https://app.example/cb/",
            "https://app.example/cb?x",
            "https://app.example/cb#f",
            "https://app.example/CB",
            "https://APP.example/cb",
            "HTTPS://app.example/cb",
            "https://app.example/%63b",
            "https://app.example/x/%2e%2e/cb",
            "https://app.example/..;/cb",
            "https://app.example:443/cb",
            "https://app.example:8443/cb",
            "https://app.example@evil.example/cb",
            "https://app.example./cb",
            "https://аpp.example/cb",
            "https:\\\\app.example\\cb",
            "https://app.example/cb\t",
            "https://app.example/cb\n",
            " https://app.example/cb",
            "http://app.example/cb",
        ] {
            assert!(!registered.matches(other), "{other:?}");
        }
    }

    /// security.md 2: any port of a loopback IP literal, and nothing else.
    #[test]
    fn the_port_of_a_loopback_literal_is_free() {
        let registered = RedirectUri::parse("http://127.0.0.1/cb").expect("may be registered");
        for same in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
            assert!(registered.matches(same), "{same}");
        }
        for other in [
            "http://localhost/cb",
            "http://localhost:8000/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:80@evil.test/cb",
            "http://127.1/cb",
            "https://127.0.0.1/cb",
            "http://127.0.0.1:8000/other",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://[::1]/cb",
        ] {
            assert!(!registered.matches(other), "{other}");
        }
        let localhost = RedirectUri::parse("http://localhost:8000/cb").expect("may be registered");
        assert!(!localhost.matches("http://localhost:8001/cb"));
        let v6 = RedirectUri::parse("http://[::1]:9/cb").expect("may be registered");
        assert!(v6.matches("http://[::1]:4711/cb"));
    }

    /// security.md 3: what may not be registered.
    #[test]
    fn dangerous_uris_are_refused_at_registration() {
        use RedirectUriError::*;
        for (uri, error) in [
            ("javascript:alert(1)", Scheme),
            ("JaVaScRiPt:alert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("vbscript:x", Scheme),
            ("custom:/cb", Scheme),
            ("https://app.example/cb#f", Fragment),
            ("https://app.example/cb#", Fragment),
            ("/cb", NotAbsolute),
            ("app.example/cb", NotAbsolute),
            ("", NotAbsolute),
            ("https:app.example/cb", NotAbsolute),
            ("https:a", NotAbsolute),
            ("http:a", NotAbsolute),
            ("http:/a", NotAbsolute),
            ("https://app.example/\ncb", NotAbsolute),
            ("https://app.example\\@evil.example/", NotAbsolute),
            ("https://*.example/cb", Wildcard),
            ("https://app.example/*", Wildcard),
            ("https://good.example@evil.example/cb", UserInfo),
            ("https://app.example/a/../cb", DotSegment),
            ("https://app.example/a/%2E%2e/cb", DotSegment),
            ("https://app.example/a/..;/cb", DotSegment),
            ("http://app.example/cb", PlainHttp),
            ("http://localhost.evil.example/cb", PlainHttp),
        ] {
            assert_eq!(RedirectUri::parse(uri), Err(error), "{uri:?}");
        }
        for uri in
            ["com.example.app:/cb", "https://app.example/cb?tenant=1", "http://localhost:8000/callback"]
        {
            assert!(RedirectUri::parse(uri).is_ok(), "{uri}");
        }
    }

    #[test]
    fn a_form_may_end_at_the_origin_of_the_uri() {
        for (uri, source) in [
            ("https://app.example/cb?x=1", "https://app.example"),
            ("https://app.example:8443/cb", "https://app.example:8443"),
            ("http://127.0.0.1:4711/cb", "http://127.0.0.1:4711"),
            ("http://[::1]:4711/cb", "http:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(csp_source(uri), source);
        }
    }

    /// An app that owns the scheme alone does not pass for the host that it writes behind it.
    #[test]
    fn what_a_person_is_shown_of_it() {
        for (uri, shown) in [
            ("https://app.example/cb?x=1", "app.example"),
            ("http://localhost:8000/cb", "localhost:8000"),
            ("http://[::1]:4711/cb", "[::1]:4711"),
            ("com.example.app:/cb", "com.example.app"),
            ("com.evil.app://bank.example/cb", "com.evil.app"),
        ] {
            assert_eq!(display_host(uri), shown);
        }
    }

    #[test]
    fn a_registered_query_is_kept() {
        assert_eq!(with_query("https://a.example/cb", "code=1"), "https://a.example/cb?code=1");
        assert_eq!(with_query("https://a.example/cb?x=1", "code=1"), "https://a.example/cb?x=1&code=1");
        assert_eq!(with_query("https://a.example/cb?", "code=1"), "https://a.example/cb?code=1");
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_or_refused(text in "\\PC{0,60}") {
            let _ = RedirectUri::parse(&text);
        }

        /// P5: what matches is byte-equal to the registered URI, or differs from it in a loopback port alone.
        #[test]
        fn a_match_is_equality_or_a_loopback_port(
            presented in "https?://(127\\.0\\.0\\.1|localhost|app\\.example)(:[0-9]{1,5})?(/[a-z./]{0,4})?",
        ) {
            for registered in ["http://127.0.0.1:1/cb", "https://app.example/cb", "http://localhost/cb"] {
                let uri = RedirectUri::parse(registered).expect("may be registered");
                if uri.matches(&presented) && presented != registered {
                    prop_assert!(presented.starts_with("http://127.0.0.1"));
                    prop_assert!(presented.ends_with("/cb"));
                }
            }
        }
    }
}
