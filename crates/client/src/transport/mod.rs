//! The default transport: hyper with rustls (aws-lc) and the machine's root certificates.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::http_client::{BoxFuture, HttpClient, HttpError, parse_url};

/// Limits of the transport.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a TCP connection may take.
    pub connect: Duration,
    /// How long a whole exchange may take.
    pub exchange: Duration,
    /// How many bytes a response body may have.
    pub body: usize,
}

impl Default for Limits {
    /// 5 s, 10 s, 1 MB.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), exchange: Duration::from_secs(10), body: 1024 * 1024 }
    }
}

/// An [`HttpClient`] over hyper. Keeps connections alive; follows no redirect; uses no proxy; plain http reaches
/// loopback hosts only.
pub struct Hyper {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    limits: Limits,
}

impl Hyper {
    /// With the usual limits. On a machine without root certificates, which the log then says, only http to
    /// loopback hosts works.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// With other limits.
    pub fn with_limits(limits: Limits) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(limits.connect));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls())
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(connector);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self { pool, limits }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        parse_url(&request.uri().to_string())?;
        let response = self.pool.request(request.map(Full::new)).await.map_err(|error| {
            if error.is_connect() {
                HttpError::Connect(Arc::new(error))
            } else {
                HttpError::Broken(Arc::new(error))
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.limits.body).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                HttpError::TooLarge(self.limits.body)
            } else {
                HttpError::Broken(Arc::from(error))
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl HttpClient for Hyper {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            tokio::time::timeout(self.limits.exchange, self.exchange(request))
                .await
                .unwrap_or(Err(HttpError::Timeout(self.limits.exchange)))
        })
    }
}

fn tls() -> rustls::ClientConfig {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        tracing::warn!(errors = ?found.errors, "no root certificates on this machine: https will not work");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the aws-lc provider has the cipher suites of TLS 1.2 and 1.3");
    config.with_root_certificates(roots).with_no_client_auth()
}

impl Default for Hyper {
    fn default() -> Self {
        Self::new()
    }
}
