//! What the log says of a refusal: the cause, and never the token.

use ::axum::Router;
use ::axum::body::Body;
use ::axum::http::{Request, StatusCode, header};
use ::axum::routing::get;
use hallpass_resource::prelude::*;
use hallpass_testkit::log::Log;
use serde_json::json;
use tower::ServiceExt as _;

use crate::world::{NOW, World, claims, claims_with};

/// The log, at its most talkative, of one request to a route that needs `never:granted`.
async fn log_of(app: Router, authorization: &str) -> (StatusCode, String) {
    let log = Log::start();
    let request = Request::get("/").header(header::AUTHORIZATION, authorization);
    let response = app.oneshot(request.body(Body::empty()).expect("a request")).await.expect("answers");
    (response.status(), log.take())
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
