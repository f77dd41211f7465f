//! The keys of clients by reference: `jwks_uri`, fetched, kept, and renewed at a bounded rate.

use axum::http::StatusCode;
use serde_json::{Value, json};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::secret::Secret;
use hallpass_testkit::fixture::client_key;
use hallpass_testkit::{Reply, TestIssuer};

const URI: &str = "https://keyed.example/jwks.json";
const HOUR: i64 = 3600;

/// The client `keyed` with its keys by reference.
async fn world(keys: &[&SigningKey]) -> TestIssuer {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("keyed", |client| {
            client.jwks = None;
            client.jwks_uri = Some(URI.to_owned());
        })
        .await;
    issuer.web.json(URI, &jwks(keys));
    issuer
}

fn jwks(keys: &[&SigningKey]) -> Value {
    json!({"keys": keys.iter().filter_map(|key| key.public_jwk()).collect::<Vec<_>>()})
}

fn new_key() -> SigningKey {
    SigningKey::generate(SigningAlg::Es256).expect("a key")
}

async fn send(issuer: &TestIssuer, assertion: &Secret) -> Reply {
    issuer.post_with("/introspect", assertion, &[("token", "unknown")]).await
}

async fn passes(issuer: &TestIssuer, key: &SigningKey) -> bool {
    let reply = send(issuer, &issuer.assertion("keyed", key)).await;
    match reply.status {
        StatusCode::OK => true,
        _ => {
            reply.assert_refused(401, "invalid_client");
            false
        }
    }
}

fn fetches(issuer: &TestIssuer) -> usize {
    issuer.web.requests(URI).len()
}

/// Waits for a fetch in the background, which nobody is kept waiting by.
async fn background(issuer: &TestIssuer, fetched: usize) {
    while fetches(issuer) < fetched {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// `oidcc-registration-jwks-uri`
#[tokio::test]
async fn keys_by_reference_are_fetched_once() {
    let issuer = world(&[client_key()]).await;
    for _ in 0..5 {
        assert!(passes(&issuer, client_key()).await);
    }
    assert_eq!(fetches(&issuer), 1);
    assert!(!passes(&issuer, &new_key()).await);
}

/// `oidcc-refresh-token-rp-key-rotation`: the client publishes another key, and uses it.
#[tokio::test]
async fn a_new_key_is_accepted_when_it_is_first_used() {
    let issuer = world(&[client_key()]).await;
    let tokens = issuer.tokens("keyed", &[]).await;
    let new = new_key();
    issuer.web.json(URI, &jwks(&[&new]));
    issuer.clock.advance(60);

    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.as_str())];
    let reply = issuer.post_with("/token", &issuer.assertion("keyed", &new), &form).await;

    assert_eq!((reply.status.as_u16(), fetches(&issuer)), (200, 2), "{}", reply.body);
    assert!(!passes(&issuer, client_key()).await, "the old key is not there any more");
}

/// A key that is used under a name that another one had, or under none.
#[tokio::test]
async fn a_new_key_is_accepted_also_under_an_old_name() {
    for kid in [Some("1"), None] {
        let named = |key: SigningKey| match kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        };
        let (old, new) = (named(new_key()), named(new_key()));
        let mut set = jwks(&[&old]);
        let issuer = world(&[]).await;
        if kid.is_none() {
            set["keys"][0].as_object_mut().expect("a key").remove("kid");
        }
        issuer.web.json(URI, &set);
        assert_eq!(passes(&issuer, &old).await, kid.is_some());
        issuer.web.json(URI, &jwks(&[&new]));
        issuer.clock.advance(30);
        assert!(passes(&issuer, &new).await, "{kid:?}");
    }
}

/// security.md 35: made-up keys do not become a flood at the client's server.
#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_30_seconds() {
    let issuer = world(&[client_key()]).await;
    assert!(passes(&issuer, client_key()).await);
    for second in 0..120 {
        for _ in 0..5 {
            assert!(!passes(&issuer, &new_key()).await);
        }
        assert_eq!(fetches(&issuer), 1 + second / 30, "after {second} s");
        issuer.clock.advance(1);
    }
    assert!(passes(&issuer, client_key()).await);
}

/// Many at once wait for one fetch.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_fetch_is_under_way_at_a_time() {
    let issuer = world(&[client_key()]).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let issuer = issuer.clone();
            tokio::spawn(async move { passes(&issuer, client_key()).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("an answer"));
    }
    assert_eq!(fetches(&issuer), 1);
}

/// T8: a server that is down costs nothing as long as its keys are remembered, and not longer.
#[tokio::test]
async fn keys_are_used_on_while_their_server_is_down() {
    let issuer = world(&[client_key()]).await;
    assert!(passes(&issuer, client_key()).await);
    issuer.web.down(URI);
    for hour in 1..=24 {
        issuer.clock.advance(HOUR);
        assert!(passes(&issuer, client_key()).await, "after {hour} hours");
        background(&issuer, 1 + hour).await;
    }
    issuer.clock.advance(1);
    assert!(!passes(&issuer, client_key()).await);
    // seconds after it is back, its keys are
    issuer.web.json(URI, &jwks(&[client_key()]));
    issuer.clock.advance(5);
    assert!(passes(&issuer, client_key()).await);
}

/// security.md 35: a key that the client has given up is believed for ten minutes at most, also when it was long idle.
#[tokio::test]
async fn a_key_that_was_taken_away_is_believed_for_ten_minutes() {
    let issuer = world(&[client_key()]).await;
    assert!(passes(&issuer, client_key()).await);
    issuer.web.json(URI, &jwks(&[&new_key()]));

    issuer.clock.advance(599);
    assert!(passes(&issuer, client_key()).await);
    assert_eq!(fetches(&issuer), 1);
    issuer.clock.advance(1);
    assert!(!passes(&issuer, client_key()).await, "the newer keys are awaited");

    issuer.web.json(URI, &jwks(&[client_key()]));
    issuer.clock.advance(600);
    assert!(passes(&issuer, client_key()).await);
    issuer.web.json(URI, &jwks(&[&new_key()]));
    issuer.clock.advance(23 * HOUR);
    assert!(!passes(&issuer, client_key()).await, "nor after a night");
}

/// Their server failed a moment ago: what is kept is used at once, and the next fetch goes on behind.
#[tokio::test]
async fn nobody_waits_again_for_a_server_that_has_just_failed() {
    let issuer = world(&[client_key()]).await;
    assert!(passes(&issuer, client_key()).await);
    issuer.web.down(URI);
    issuer.clock.advance(600);
    assert!(passes(&issuer, client_key()).await);
    issuer.web.silent(URI);
    issuer.clock.advance(5);

    assert!(passes(&issuer, client_key()).await);

    background(&issuer, 3).await;
}

/// What is no set of keys is no set of keys; one bad key does not spoil the others.
#[tokio::test]
async fn a_broken_document_lets_nobody_in() {
    let good = jwks(&[client_key()]).to_string();
    let big = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(64 * 1024));
    for (status, body) in [
        (200, ""),
        (200, "[]"),
        (200, "{\"keys\":1}"),
        (200, &big),
        (404, good.as_str()),
        (302, good.as_str()),
        (204, good.as_str()),
    ] {
        let issuer = world(&[]).await;
        let status = StatusCode::from_u16(status).expect("a status");
        issuer.web.answer(URI, status, "application/json", body.to_owned());
        let reply = send(&issuer, &issuer.assertion("keyed", client_key())).await;
        reply.assert_refused(401, "invalid_client");
        assert!(reply.body.contains("jwks_uri cannot be had"), "{}", reply.body);
    }
    let issuer = world(&[]).await;
    let mut set = jwks(&[client_key()]);
    let bad = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"});
    set["keys"].as_array_mut().expect("keys").extend([bad, json!({"kty": "oct", "k": "AA"}), json!(1)]);
    issuer.web.json(URI, &set);
    assert!(passes(&issuer, client_key()).await);
}

/// A client that moves its keys is followed, and each client's keys are its own.
#[tokio::test]
async fn another_uri_is_another_set() {
    let issuer = world(&[client_key()]).await;
    assert!(passes(&issuer, client_key()).await);
    let (moved, key) = ("https://keyed.example/moved.json", new_key());
    issuer.web.json(moved, &jwks(&[&key]));

    issuer.change_client("keyed", |client| client.jwks_uri = Some(moved.to_owned())).await;

    assert!(passes(&issuer, &key).await && !passes(&issuer, client_key()).await);
}
