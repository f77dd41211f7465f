//! Where a request goes, as its URL says it — WHATWG URL: every spelling of an address is read as that address.

use http::{HeaderValue, Request, Uri, header};
use url::{Host, Url};

use super::OutboundError;

/// A URL taken apart.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) host: Host<String>,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// `host` or `host:port`, for the header.
    authority: String,
    /// The path with the query.
    path: Uri,
}

impl Target {
    /// Reads an http or https URL of a host, without user information.
    pub(super) fn of(uri: &Uri) -> Result<Self, OutboundError> {
        let wrong = || OutboundError::Url(uri.to_string().chars().take(200).collect());
        let url = Url::parse(&uri.to_string()).map_err(|_| wrong())?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong());
        }
        let host = url.host().map(|host| host.to_owned()).ok_or_else(wrong)?;
        let port = url.port_or_known_default().filter(|port| *port > 0).ok_or_else(wrong)?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self { host, port, tls, authority, path: path.parse().map_err(|_| wrong())? })
    }

    /// The request as it goes over the connection.
    pub(super) fn request<B>(&self, mut request: Request<B>) -> Result<Request<B>, OutboundError> {
        let authority = HeaderValue::from_str(&self.authority);
        let authority = authority.map_err(|_| OutboundError::Url(self.authority.clone()))?;
        *request.uri_mut() = self.path.clone();
        let headers = request.headers_mut();
        headers.insert(header::HOST, authority);
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!("hallpass/", env!("CARGO_PKG_VERSION"))));
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, OutboundError> {
        Target::of(&url.parse().expect("a URI"))
    }

    /// security.md 30: `127.0.0.1` in every spelling that some program reads.
    #[test]
    fn every_spelling_of_an_address_is_that_address() {
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://127.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://127.0.0.1./",
        ] {
            let host = target(url).expect("an address").host;
            assert_eq!(host, Host::<String>::Ipv4([127, 0, 0, 1].into()), "{url}");
        }
        let mapped = target("https://[::ffff:127.0.0.1]/").expect("an address").host;
        assert_eq!(mapped, Host::<String>::Ipv6("::ffff:7f00:1".parse().expect("an address")));
    }

    #[test]
    fn only_http_urls_of_a_host_are_read() {
        for url in
            ["/keys", "a.example:443", "ftp://a.example/", "https://user@a.example/", "https://a.example:0/"]
        {
            assert!(matches!(target(url), Err(OutboundError::Url(_))), "{url}");
        }
    }

    #[test]
    fn a_request_names_its_host_and_its_path() {
        let target = target("https://Keys.example:8443/a%2Fb?c=d").expect("a URL");
        let request = target.request(Request::new(())).expect("a request");
        assert_eq!((request.uri().to_string().as_str(), target.port, target.tls), ("/a%2Fb?c=d", 8443, true));
        assert_eq!(request.headers()["host"], "keys.example:8443");
    }
}
