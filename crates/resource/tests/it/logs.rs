//! What the log says of a refusal: the cause, and never the token.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use ::axum::Router;
use ::axum::body::Body;
use ::axum::http::{Request, StatusCode, header};
use ::axum::routing::get;
use hallpass_resource::prelude::*;
use serde_json::json;
use tower::ServiceExt as _;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{NOW, World, claims, claims_with};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("sound")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("sound").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The log, at its most talkative, of one request to a route that needs `never:granted`.
async fn log_of(app: Router, authorization: &str) -> (StatusCode, String) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let request = Request::get("/").header(header::AUTHORIZATION, authorization);
    let response = app.oneshot(request.body(Body::empty()).expect("a request")).await.expect("answers");
    (response.status(), log.text())
}

scope! { Never = "never:granted", "Nobody has it"; }

fn app() -> Router {
    Router::new().route("/", get(|_: Auth<Never>| async { "reached" }))
}

#[tokio::test]
async fn a_refusal_is_logged_with_its_cause_and_without_the_token() {
    let world = World::new();
    for (token, cause) in [
        (world.sign(&claims()), "never:granted"),
        (world.sign(&claims_with("aud", json!("https://other.example"))), "aud is"),
        (world.sign(&claims_with("iss", json!("https://login.example/"))), "trailing"),
        (world.sign(&claims_with("exp", json!(NOW - 60))), "expired"),
        (world.sign_texts(r#"{"alg":"HS256"}"#, "{}"), "HS256"),
        ("canary-4711-canary".to_owned(), "token"),
        ("canary 4711 canary".to_owned(), "Authorization"),
    ] {
        let (status, log) = log_of(app().layer(world.protect.layer()), &format!("Bearer {token}")).await;
        assert!(status.is_client_error());
        assert!(log.contains(cause), "{cause}: {log}");
        for part in token.split(['.', ' ']).filter(|part| part.len() > 5) {
            assert!(!log.contains(part), "{log}");
        }
    }
}

#[tokio::test]
async fn a_forgotten_layer_is_logged_with_the_way_to_mend_it() {
    let (status, log) = log_of(app(), "Bearer canary-4711").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(log.contains("ERROR") && log.contains(".layer(protect.layer())"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

/// What a token says of itself can be anything: it must not write lines of its own into the log, nor fill it.
#[tokio::test]
async fn a_token_cannot_forge_the_log() {
    let world = World::new();
    let typ = format!("x\n2027-01-15 INFO ada signed in{}", "x".repeat(30_000));
    let header = json!({ "alg": "ES256", "kid": world.key.kid(), "typ": typ }).to_string();
    let token = world.sign_texts(&header, &claims().to_string());
    let (status, log) = log_of(app().layer(world.protect.layer()), &format!("Bearer {token}")).await;
    assert_eq!((status, log.lines().count()), (StatusCode::UNAUTHORIZED, 1), "{log}");
    assert!(log.len() < 1000);
}
