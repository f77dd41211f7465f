//! The master key out of a vault: HashiCorp Vault's key/value engine, version 2, as its HTTP API is documented.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::check::RIGHT;
use super::connection::Door;
use super::world::{Running, World, text};

const TOKEN: &str = "hvs.canary-of-the-token";
const KEY: &str = "canarycanarycanarycanarycanarycanarycanaryA=";
const OLD: &str = "canarycanarycanarycanarycanarycanaryothersA=";

/// What it answers to whoever may ask.
#[derive(Clone)]
enum Holding {
    Holds(Value),
    Deleted,
    Empty,
    Sealed { times: usize },
    Nonsense,
}

struct Fake {
    state: Mutex<Holding>,
    asked: AtomicUsize,
}

/// A vault that holds the secret of `secret/hallpass`.
#[derive(Clone)]
struct FakeVault(Arc<Fake>);

impl FakeVault {
    fn holding(fields: Value) -> Self {
        Self(Arc::new(Fake { state: Mutex::new(Holding::Holds(fields)), asked: AtomicUsize::new(0) }))
    }

    fn becomes(&self, state: Holding) {
        *self.0.state.lock().expect("sound") = state;
    }

    fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// By http, on this machine.
    async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, router) = (listener.local_addr().expect("an address"), self.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// By https, with the certificate of the world.
    async fn listen_tls(&self, world: &World) -> SocketAddr {
        let pem = |name: &str| std::fs::read(world.directory.join(name)).expect("a file");
        let chain = vec![CertificateDer::from_pem_slice(&pem("certificate.pem")).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(&pem("key.pem")).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate and its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, router) = (listener.local_addr().expect("an address"), self.router());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        address
    }
}

async fn answer(
    State(vault): State<FakeVault>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    vault.0.asked.fetch_add(1, Ordering::SeqCst);
    let reply = |status: u16, body: Value| {
        (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
    };
    let errors = |status: u16, errors: &[&str]| reply(status, json!({ "errors": errors }));
    let mut state = vault.0.state.lock().expect("sound");
    match &mut *state {
        Holding::Sealed { times: 0 } => *state = Holding::Holds(json!({ "master_key": KEY })),
        Holding::Sealed { times } => {
            *times -= 1;
            return errors(503, &["Vault is sealed"]);
        }
        Holding::Holds(_) | Holding::Deleted | Holding::Empty | Holding::Nonsense => {}
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if method == Method::POST && uri.path() == "/v1/auth/approle/login" {
        let login: Value = serde_json::from_slice(&body).expect("JSON");
        if login != json!({ "role_id": "hallpass", "secret_id": "canary-of-the-secret-id" }) {
            return errors(400, &["invalid role or secret ID"]);
        }
        return reply(
            200,
            json!({ "request_id": "1", "auth": { "client_token": TOKEN, "lease_duration": 3600 } }),
        );
    }
    if header("x-vault-token") != TOKEN || !["", "team"].contains(&header("x-vault-namespace")) {
        return errors(403, &["permission denied"]);
    }
    if method != Method::GET || uri.path() != "/v1/secret/data/hallpass" {
        return errors(404, &[]);
    }
    let metadata = json!({ "version": 3, "destroyed": false, "deletion_time": "", "created_time": "2026-01-01T00:00:00Z" });
    match &*state {
        Holding::Holds(fields) => {
            reply(200, json!({ "request_id": "2", "data": { "data": fields, "metadata": metadata } }))
        }
        Holding::Deleted => {
            reply(404, json!({ "request_id": "2", "data": { "data": null, "metadata": metadata } }))
        }
        Holding::Empty => errors(404, &[]),
        Holding::Nonsense => "<html>canary</html>".into_response(),
        Holding::Sealed { .. } => errors(503, &["Vault is sealed"]),
    }
}

fn world(address: &str, rest: &str) -> World {
    let world = World::new();
    let head = RIGHT.replace("\"localhost:9000\"", "\"127.0.0.1:0\"");
    let vault = format!("[keys.vault]\naddress = \"{address}\"\npath = \"hallpass\"\npatience = \"0s\"\n");
    world.write("hallpass.toml", &format!("{head}{vault}{rest}"));
    world.write("token", &format!("{TOKEN}\n"));
    world
}

const BY_TOKEN: &str = "token_file = \"token\"\n";

/// What `serve` says when it does not start.
async fn refused(world: World) -> String {
    tokio::task::spawn_blocking(move || {
        let output = world.run(&["serve"]);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(!said.contains("canary"), "{said}");
        said
    })
    .await
    .expect("ran")
}

fn master_key_of(world: &World) -> Vec<String> {
    let list = world.done(&["key", "list"]);
    let by = |line: &str| line.rsplit_once("; ").expect("how it is kept").1.to_owned();
    list.lines().map(by).collect()
}

/// The server takes its master key from the vault, and so do the commands beside it. No token and no key is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_master_key_comes_from_the_vault() {
    let vault = FakeVault::holding(json!({ "master_key": KEY, "unrelated": 7 }));
    let address = vault.listen().await;
    let world = world(&format!("http://{address}"), &format!("{BY_TOKEN}namespace = \"team\"\n"));

    let mut command = world.command(&["serve"]);
    command.env("HALLPASS_LOG", "trace");
    let server = Running::start(command);
    assert_eq!(Door::http(server.address).get("/jwks").await.status, 200);
    world.done(&["key", "rotate", "ES256"]);
    let kept = master_key_of(&world);
    assert!(kept.len() == 5 && kept.iter().all(|by| by.starts_with("sealed under ")), "{kept:?}");
    let check = world.run(&["config", "check"]);
    assert!(text(&check.stdout).contains("the field \"master_key\" of secret/data/hallpass"));
    server.signal("TERM");
    let said = server.end().1 + &text(&check.stdout) + &text(&check.stderr);
    assert!(!said.contains("canary"), "{said}");

    // The key is exchanged in the vault: the one before is given beside it until everything is sealed anew.
    vault.becomes(Holding::Holds(json!({ "master_key": OLD, "before": KEY })));
    assert!(refused_here(&world).contains("is sealed under the master key "));
    let file = std::fs::read_to_string(world.directory.join("hallpass.toml")).expect("a file");
    world.write("hallpass.toml", &format!("{file}other_fields = [\"before\"]\n"));
    assert!(world.done(&["key", "rewrap"]).starts_with("5 keys were not sealed"));
    assert_ne!(master_key_of(&world), kept);
}

fn refused_here(world: &World) -> String {
    let output = world.run(&["serve"]);
    assert_eq!(output.status.code(), Some(1));
    text(&output.stderr)
}

/// By AppRole, and by https with a certificate authority of one's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_logs_in_over_tls() {
    let vault = FakeVault::holding(json!({ "sealing": KEY }));
    let role = "role_id = \"hallpass\"\nsecret_id = \"${SECRET_ID}\"\nfield = \"sealing\"\nca_file = \"certificate.pem\"\n";
    let world = world("https://localhost:1", role);
    world.new_certificate();
    let port = vault.listen_tls(&world).await.port();
    let file = std::fs::read_to_string(world.directory.join("hallpass.toml")).expect("a file");
    world.write("hallpass.toml", &file.replace("localhost:1\"", &format!("localhost:{port}\"")));

    let mut command = world.command(&["serve"]);
    command.env("SECRET_ID", "canary-of-the-secret-id");
    let server = Running::start(command);
    assert!(master_key_of(&world).iter().all(|by| by.starts_with("sealed under ")));
    server.stop();

    let mut wrong = world.command(&["serve"]);
    let said = text(&wrong.env("SECRET_ID", "canary").output().expect("runs").stderr);
    assert!(said.contains("does not let this role in (invalid role or secret ID)"), "{said}");
    // Somebody else's certificate.
    world.new_certificate();
    let mut stranger = world.command(&["serve"]);
    let said = text(&stranger.env("SECRET_ID", "canary-of-the-secret-id").output().expect("runs").stderr);
    assert!(said.contains("cannot be reached: no connection to localhost"), "{said}");
}

/// Each way to fail is one line that says what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_says_what_to_do() {
    let vault = FakeVault::holding(json!({ "other": "canary" }));
    let address = format!("http://{}", vault.listen().await);
    let place = "secret/data/hallpass";
    let fails = async |rest: &str, why: &str| {
        let said = refused(world(&address, rest)).await;
        let line =
            said.lines().find(|line| line.starts_with("hallpass: ")).unwrap_or_else(|| panic!("{said}"));
        assert!(
            line.contains("the master key cannot be read from the vault: ") || line.contains("in the vault"),
            "{said}"
        );
        assert!(line.contains(why), "{why}: {said}");
    };
    fails(BY_TOKEN, &format!("{place} has no text in the field \"master_key\"; its fields are: other")).await;
    fails(
        &format!("{BY_TOKEN}field = \"other\"\n"),
        "of secret/data/hallpass in the vault is not a master key",
    )
    .await;
    fails("token = \"wrong\"\n", "refuses to show secret/data/hallpass (permission denied)").await;
    fails(&format!("{BY_TOKEN}namespace = \"nobody\"\n"), "permission denied").await;
    fails(&format!("{BY_TOKEN}mount = \"kv\"\n"), "there is nothing at kv/data/hallpass").await;
    for (state, why) in [
        (Holding::Empty, "there is nothing at secret/data/hallpass"),
        (Holding::Deleted, "is deleted: undelete it"),
        (Holding::Nonsense, "answers is not that of a vault: syntax error"),
        (Holding::Sealed { times: usize::MAX }, "is sealed: unseal it"),
    ] {
        vault.becomes(state);
        fails(BY_TOKEN, why).await;
    }
    let said = refused(world("http://127.0.0.1:1", BY_TOKEN)).await;
    assert!(said.contains("http://127.0.0.1:1 cannot be reached"), "{said}");
}

/// A vault that is unsealed a moment later is waited for; one that refuses is not asked twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_that_is_not_ready_is_waited_for() {
    let vault = FakeVault::holding(json!({}));
    vault.becomes(Holding::Sealed { times: 2 });
    let world = world(&format!("http://{}", vault.listen().await), BY_TOKEN);
    let file = std::fs::read_to_string(world.directory.join("hallpass.toml")).expect("a file");
    world.write("hallpass.toml", &file.replace("\"0s\"", "\"30s\""));

    world.serve().stop();
    assert_eq!(vault.0.asked.load(Ordering::SeqCst), 3);

    vault.becomes(Holding::Deleted);
    assert!(refused_here(&world).contains("is deleted"));
    assert_eq!(vault.0.asked.load(Ordering::SeqCst), 4);
}
