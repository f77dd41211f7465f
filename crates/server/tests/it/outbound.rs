//! The guarded door, on servers of this machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use hallpass_server::outbound::{Door, DoorSettings, Outbound, OutboundError, RootsError};

/// A server that gives every connection the same bytes, and what it was sent.
struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    /// Its certificate in PEM; empty for http.
    certificate: String,
}

impl Server {
    async fn http(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), None, String::new()).await
    }

    async fn https(answer: impl Into<Vec<u8>>) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate with its key");
        Self::start(answer.into(), Some(TlsAcceptor::from(Arc::new(config))), cert.pem()).await
    }

    async fn start(answer: Vec<u8>, tls: Option<TlsAcceptor>, certificate: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen, tls) = (answer.clone(), seen.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => exchange(stream, &answer, &seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                exchange(stream, &answer, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, received, certificate }
    }

    fn url(&self, path: &str) -> String {
        let scheme = if self.certificate.is_empty() { "http" } else { "https" };
        format!("{scheme}://{}{path}", self.address)
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads a head and the body that it announces, and answers. An empty answer is none at all, for ever.
async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &[u8],
    seen: &Arc<Mutex<Vec<String>>>,
) {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(n @ 1..) = stream.read(&mut buffer).await else { return };
        request.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= announced.and_then(|n| n.parse().ok()).unwrap_or(0) {
            break;
        }
    }
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
    // Whoever has read enough goes away.
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

fn door(allowed: &[&str], settings: DoorSettings) -> Door {
    let allowed = allowed.iter().map(|text| text.parse().expect("an entry")).collect();
    Door::new(DoorSettings { allowed, ..settings }).expect("a door")
}

fn open(allowed: &[&str]) -> Door {
    door(allowed, DoorSettings::default())
}

async fn get(door: &Door, url: &str, most: usize) -> Result<Response<Bytes>, OutboundError> {
    door.send(Request::get(url).body(Bytes::new()).expect("a request"), most).await
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn an_allowed_host_is_reached_by_https_with_its_own_certificates() {
    let server = Server::https(OK).await;
    let settings =
        DoorSettings { certificates: server.certificate.clone().into_bytes(), ..DoorSettings::default() };
    let by_name = format!("https://localhost:{}/keys?a=b", server.address.port());

    for url in [by_name.clone(), server.url("/keys?a=b")] {
        let answer = get(&door(&["localhost", "127.0.0.0/8", "::1"], settings.clone()), &url, 100).await;
        let answer = answer.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, &b"{}"[..]));
        assert_eq!(answer.headers()["content-type"], "application/json");
    }
    assert!(server.received()[0].starts_with("GET /keys?a=b HTTP/1.1\r\n"), "{:?}", server.received());
    // whoever has another certificate is not the host
    assert!(matches!(get(&open(&["localhost"]), &by_name, 100).await, Err(OutboundError::Connect(_))));
}

#[tokio::test]
async fn a_post_arrives_whole() {
    let server = Server::http("HTTP/1.1 204 No Content\r\n\r\n").await;
    let request = Request::post(server.url("/logout")).header("content-type", "text/plain");

    let answer = open(&["127.0.0.1"]).send(request.body(Bytes::from("a body")).expect("a request"), 0).await;

    assert_eq!(answer.expect("an answer").status(), 204);
    let received = server.received().remove(0);
    assert!(
        received.starts_with("POST /logout HTTP/1.1\r\n") && received.ends_with("\r\n\r\na body"),
        "{received}"
    );
    assert!(received.contains(&format!("host: {}\r\n", server.address)), "{received}");
}

/// security.md 30: this machine, in every spelling, is not reached, though somebody listens.
#[tokio::test]
async fn this_machine_is_not_reached_unless_it_is_allowed() {
    let server = Server::http(OK).await;
    let port = server.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            let refused = get(&open(&["keys.internal", "192.168.0.0/16"]), &url, 100).await;
            assert!(matches!(refused, Err(OutboundError::Forbidden(_))), "{url} {refused:?}");
        }
    }
    assert_eq!(server.received(), [""; 0]);

    let at_port = format!("127.0.0.1:{port}");
    for allowed in ["127.0.0.1", "127.0.0.0/8", &at_port] {
        assert_eq!(get(&open(&[allowed]), &server.url("/"), 100).await.expect("allowed").status(), 200);
    }
    let elsewhere = get(&open(&["127.0.0.1:1"]), &server.url("/"), 100).await;
    assert!(matches!(elsewhere, Err(OutboundError::Forbidden(_))), "{elsewhere:?}");
}

/// security.md 30: a redirect is an answer, and goes nowhere.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let end = Server::http(OK).await;
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", end.url("/"));
    let begin = Server::http(answer).await;

    let answer = get(&open(&["127.0.0.1"]), &begin.url("/"), 100).await.expect("an answer");

    assert_eq!((answer.status().as_u16(), end.received().len()), (302, 0));
}

/// security.md 30: too much is too much, whether it is announced or only comes.
#[tokio::test]
async fn a_large_answer_is_not_read() {
    let body = "x".repeat(101);
    for answer in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n{body}"),
        "HTTP/1.1 200 OK\r\ncontent-length: 9999999999999\r\n\r\nx".to_owned(),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n65\r\n{body}\r\n0\r\n\r\n"),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
    ] {
        let server = Server::http(answer.clone()).await;
        let refused = get(&open(&["127.0.0.1"]), &server.url("/"), 100).await;
        assert_eq!(refused.map(|_| ()), Err(OutboundError::TooLarge(100)), "{answer}");
    }
    let server = Server::http(format!("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n{body}")).await;
    assert!(get(&open(&["127.0.0.1"]), &server.url("/"), 101).await.is_ok());
}

/// security.md 30: who never answers is not waited for.
#[tokio::test]
async fn a_silent_server_is_given_up() {
    let silent = Server::http("").await;
    let settings = DoorSettings { timeout: Duration::from_secs(1), ..DoorSettings::default() };

    let refused = get(&door(&["127.0.0.1"], settings), &silent.url("/"), 100).await;

    assert_eq!(refused.map(|_| ()), Err(OutboundError::Timeout("127.0.0.1".to_owned())));
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let huge = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(200_000));
    for answer in [
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        &huge,
    ] {
        let server = Server::http(answer).await;
        let refused = get(&open(&["127.0.0.1"]), &server.url("/"), 100).await;
        assert!(matches!(refused, Err(OutboundError::Broken(_))), "{refused:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let refused = get(&open(&["127.0.0.1"]), &format!("http://{nobody}/"), 100).await;
    assert!(matches!(refused, Err(OutboundError::Connect(_))), "{refused:?}");
}

#[test]
fn certificates_that_cannot_be_used_are_told_at_the_start() {
    let with = |certificates: &[u8]| {
        Door::new(DoorSettings { certificates: certificates.to_vec(), ..DoorSettings::default() }).err()
    };
    assert_eq!(with(b""), None);
    assert_eq!(with(b"nothing"), Some(RootsError::NoCertificate));
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(with(broken), Some(RootsError::Unusable(_))));
}
