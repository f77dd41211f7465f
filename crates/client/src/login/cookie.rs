//! Cookies — RFC 6265bis §4, §5.4: how the login engine reads and writes them.
//!
//! Over https every name has the prefix `__Host-`, so that no other host of the same domain can plant a cookie
//! here: with a planted attempt, an attacker could sign a person in to the attacker's account. The prefix wants
//! `Path=/`. Over http, which is for loopback hosts, the port is part of the name, because browsers keep one
//! cookie jar for all ports of a host.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::COOKIE;

use super::public_url::PublicUrl;

/// The longest cookie that browsers keep, with its name and attributes.
pub(crate) const MAX_LENGTH: usize = 4096;

/// Names and attributes of the cookies of one program.
#[derive(Clone, Debug)]
pub(crate) struct Jar {
    prefix: String,
    secure: bool,
}

impl Jar {
    pub(crate) fn new(name: &str, public_url: &PublicUrl) -> Self {
        let secure = public_url.is_https();
        let prefix = match (secure, public_url.port()) {
            (true, _) => format!("__Host-{name}"),
            (false, Some(port)) => format!("{name}-{port}"),
            (false, None) => name.to_owned(),
        };
        Self { prefix, secure }
    }

    /// The full name of a cookie.
    pub(crate) fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix)
    }

    /// Every cookie whose name begins with this one: what follows it, and the value.
    pub(crate) fn starting<'h>(&self, headers: &'h HeaderMap, suffix: &str) -> Vec<(&'h str, &'h str)> {
        let name = self.name(suffix);
        cookies(headers).filter_map(|(n, value)| Some((n.strip_prefix(name.as_str())?, value))).collect()
    }

    /// The value of a cookie. A name that comes twice is nobody's: one of the two was planted.
    pub(crate) fn get<'h>(&self, headers: &'h HeaderMap, suffix: &str) -> Option<&'h str> {
        let name = self.name(suffix);
        let mut values = cookies(headers).filter(|(n, _)| *n == name).map(|(_, value)| value);
        let first = values.next()?;
        if values.next().is_some() { None } else { Some(first) }
    }

    /// A `Set-Cookie` header. `None` when it would not fit into a browser.
    ///
    /// `SameSite=Lax`: with `Strict` the browser would not send it along when the issuer sends the person back.
    pub(crate) fn set(&self, suffix: &str, value: &str, max_age: i64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}",
            self.name(suffix)
        );
        HeaderValue::from_str(&text).ok().filter(|_| text.len() <= MAX_LENGTH)
    }

    /// A `Set-Cookie` header that removes it.
    pub(crate) fn remove(&self, suffix: &str) -> Option<HeaderValue> {
        self.set(suffix, "", 0)
    }
}

/// What is longer than a browser keeps, or is not text, counts as absent.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| name.len() + value.len() <= MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> Jar {
        Jar::new("app", &PublicUrl::parse(url).expect("a URL"))
    }

    #[test]
    fn attributes_follow_the_scheme() {
        let https = jar("https://app.example").set("-s", "v", 60).expect("fits");
        assert_eq!(https, "__Host-app-s=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let http = jar("http://localhost:8000").set("-s", "v", 60).expect("fits");
        assert_eq!(http, "app-8000-s=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn oversized_and_repeated_cookies_count_as_absent() {
        let read = |cookie: &str| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).expect("a value"))]);
            jar("https://app.example").get(&headers, "-s").map(str::to_owned)
        };
        assert_eq!(read("a=b; __Host-app-s=v;c"), Some("v".into()));
        assert_eq!(read("__Host-app-s=v; __Host-app-s=w"), None);
        assert_eq!(read(&format!("__Host-app-s={}", "x".repeat(5000))), None);
        assert_eq!(read("app-s=v"), None);
        assert!(jar("https://app.example").set("-s", &"x".repeat(4096), 1).is_none());
    }
}
