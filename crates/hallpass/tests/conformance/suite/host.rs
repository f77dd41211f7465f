//! The suite's own server, by TLS: documents that the issuer fetches, and what the issuer sends there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::world::{DEADLINE, self_signed};

/// A server that ends with this value.
pub(crate) struct Host {
    origin: String,
    /// What trusts it, in PEM.
    pub(crate) certificate: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    documents: Mutex<BTreeMap<String, (&'static str, String)>>,
    posted: Mutex<Vec<(String, String)>>,
}

impl Host {
    /// Listens on a free port of `localhost`.
    pub(crate) async fn start() -> Self {
        let (certificate, key) = self_signed();
        let chain = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("they belong together");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("https://localhost:{}", listener.local_addr().expect("bound").port());
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), router));
        Self { origin, certificate: certificate.pem(), shared, task }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Lays a document there.
    pub(crate) fn put(&self, path: &str, content_type: &'static str, body: String) -> String {
        lock(&self.shared.documents).insert(path.to_owned(), (content_type, body));
        self.url(path)
    }

    /// The first body that is posted to a path, if one comes in time.
    pub(crate) async fn posted(&self, path: &str) -> String {
        let start = Instant::now();
        loop {
            let found =
                lock(&self.shared.posted).iter().find(|(to, _)| to == path).map(|(_, body)| body.clone());
            if let Some(body) = found {
                return body;
            }
            assert!(start.elapsed() < DEADLINE, "nothing is posted to {path}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = TowerToHyperService::new(router);
            // Whoever goes away has got what they wanted.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, body: Bytes) -> Response {
    if method == Method::POST {
        let body = String::from_utf8(body.to_vec()).expect("text");
        lock(&shared.posted).push((uri.path().to_owned(), body));
        return StatusCode::OK.into_response();
    }
    match lock(&shared.documents).get(uri.path()) {
        Some((content_type, body)) => ([(header::CONTENT_TYPE, *content_type)], body.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
