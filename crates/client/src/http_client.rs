//! The one door to the network: a request of the `http` crate goes in, a response comes out.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_proto::issuer::is_loopback;
use http::{Request, Response};

use crate::error::Error;

/// A future in a box, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests. The crate's own transport is [`transport::Hyper`](crate::transport::Hyper); tests and
/// programs with an HTTP client of their own give another.
///
/// An implementation bounds time and size, and never follows a redirect: a token request that is sent
/// elsewhere than to the configured endpoint gives the code and the secret away.
pub trait HttpClient: Send + Sync {
    /// Sends one request and reads the whole response, whatever its status.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>>;
}

/// Sends a request; the error names the endpoint.
pub(crate) async fn exchange(
    http: &dyn HttpClient,
    endpoint: &str,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Error> {
    let failed = |source| Error::Network { endpoint: endpoint.to_owned(), source, retry_after: None };
    http.send(request).await.map_err(failed)
}

/// Why there is no response.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The URL cannot be fetched.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// Nobody listens there, the name is unknown, or TLS failed.
    #[error("no connection")]
    Connect(#[source] Arc<dyn StdError + Send + Sync>),
    /// The server took too long.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The response is larger than any that is expected.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke before the response was complete.
    #[error("the connection broke")]
    Broken(#[source] Arc<dyn StdError + Send + Sync>),
}

/// Why requests do not go to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not an absolute http(s) URL.
    #[error("{0:?} is not an absolute URL")]
    NotAbsolute(String),
    /// `user:password@` in front of the host.
    #[error("the URL {0:?} has user information in it")]
    UserInfo(String),
    /// http to another machine.
    #[error("the URL {0:?} uses http, which is for loopback hosts only: use https")]
    PlainHttp(String),
}

/// A URL that requests may go to: https, or http to this machine. The parsed host decides, never a prefix:
/// `http://localhost:80@evil.example` is not this machine.
pub fn parse_url(text: &str) -> Result<http::Uri, UrlError> {
    let not_absolute = || UrlError::NotAbsolute(text.to_owned());
    let url = url::Url::parse(text).map_err(|_| not_absolute())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::UserInfo(text.to_owned()));
    }
    match url.scheme() {
        "https" if url.has_host() => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(UrlError::PlainHttp(text.to_owned())),
        _ => return Err(not_absolute()),
    }
    url.as_str().split('#').next().unwrap_or_default().parse().map_err(|_| not_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// security.md 74: http for loopback only, decided on the parsed host.
    #[test]
    fn plain_http_is_for_this_machine() {
        for text in
            ["http://localhost:9000/token", "http://127.0.0.1/x", "http://[::1]:1/x", "https://a.example/x"]
        {
            assert!(parse_url(text).is_ok(), "{text}");
        }
        for text in [
            "http://a.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://10.0.0.1/",
        ] {
            assert_eq!(parse_url(text), Err(UrlError::PlainHttp(text.into())), "{text}");
        }
        assert!(matches!(parse_url("http://localhost:80@evil.example/"), Err(UrlError::UserInfo(_))));
        for text in ["", "/token", "ftp://a.example/", "file:///etc/passwd", "localhost:9000"] {
            assert!(matches!(parse_url(text), Err(UrlError::NotAbsolute(_))), "{text}");
        }
    }
}
