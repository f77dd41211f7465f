//! Connections to a running server: by TLS, trusting one certificate, or by plain http.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use hallpass_proto::issuer::Issuer;
use hallpass_proto::param::Form;
use hallpass_testkit::{Browser, Reply};

/// How to reach a server.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
}

/// One connection, kept open.
pub(crate) struct Connection {
    sender: SendRequest<Body>,
    /// What the server showed.
    pub(crate) certificate: Option<CertificateDer<'static>>,
}

impl Door {
    /// By TLS, if the server shows this certificate.
    pub(crate) fn tls(address: SocketAddr, trusted: &CertificateDer<'static>) -> Self {
        Self::tls_with(address, trusted, rustls::ALL_VERSIONS)
    }

    /// The same with certain versions of TLS.
    pub(crate) fn tls_with(
        address: SocketAddr,
        trusted: &CertificateDer<'static>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = rustls::client::Resumption::disabled();
        Self { address, tls: Some(Arc::new(config)) }
    }

    /// By plain http.
    pub(crate) fn http(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// A new connection, or why there is none.
    pub(crate) async fn connect(&self) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        let Some(config) = &self.tls else {
            return Ok(Connection { sender: converse(stream).await, certificate: None });
        };
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(config.clone()).connect(name, stream).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let certificate = shown.map(|shown| shown.clone().into_owned());
        Ok(Connection { sender: converse(stream).await, certificate })
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn send(&self, request: Request) -> Reply {
        self.connect().await.expect("a connection").send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(get(path)).await
    }

    /// A token request by `client_secret_basic`.
    pub(crate) async fn token(&self, client_id: &str, secret: &str, fields: &[(&str, &str)]) -> Reply {
        let form: Form<'_> = fields.iter().copied().collect();
        let basic = format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")));
        let request = Request::post("/token")
            .header("host", "localhost")
            .header("authorization", basic)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.encode()));
        self.send(request.expect("a request")).await
    }

    /// A browser that reaches the issuer here.
    pub(crate) fn browser(&self, issuer: &str) -> Browser {
        Browser::new(self.router(), Issuer::parse(issuer).expect("an issuer"))
    }

    /// Passes every request on to the server.
    pub(crate) fn router(&self) -> Router {
        async fn pass_on(State(door): State<Door>, mut request: Request) -> Response {
            request.headers_mut().insert("host", "localhost".parse().expect("a value"));
            let (head, body) = request.into_parts();
            let mut connection = door.connect().await.expect("a connection");
            let response = connection.sender.send_request(Request::from_parts(head, body)).await;
            response.expect("an answer").map(Body::new)
        }
        Router::new().fallback(pass_on).with_state(self.clone())
    }
}

impl Connection {
    /// Sends a request, and reads the answer whole.
    pub(crate) async fn send(&mut self, request: Request) -> Reply {
        self.try_send(request).await.expect("an answer")
    }

    /// Sends a request; none if the server does not answer it.
    pub(crate) async fn try_send(&mut self, request: Request) -> Option<Reply> {
        let response = self.sender.send_request(request).await.ok()?;
        Some(Reply::read(response.map(Body::new)).await)
    }
}

/// A form, by whom it says itself.
pub(crate) fn post(path: &str, form: String) -> Request {
    let request = Request::post(path).header("host", "localhost");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(form)).expect("a request")
}

pub(crate) fn get(path: &str) -> Request {
    Request::get(path).header("host", "localhost").body(Body::empty()).expect("a request")
}

async fn converse<S>(stream: S) -> SendRequest<Body>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("http");
    tokio::spawn(async move {
        // Its end is seen by whoever sends on it.
        let _ = connection.await;
    });
    sender
}
