//! The published keys — RFC 7517, and what they sign across restarts.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::fault::Fault;
use hallpass_server::store::memory::MemoryStore;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::clock::test_env;
use hallpass_testkit::issuer::ISSUER;

async fn keys(issuer: &TestIssuer) -> Vec<Value> {
    issuer.get("/jwks").await.json()["keys"].as_array().expect("an array").clone()
}

/// security.md 55: a key has its public members and no other, a `kid` of its own, an algorithm and a use.
#[tokio::test]
async fn nothing_private_is_published() {
    let issuer = TestIssuer::with(ISSUER, |config| config.access_token_alg = SigningAlg::EdDsa).await;
    let mut kids = BTreeSet::new();
    let mut algs = BTreeSet::new();
    for key in keys(&issuer).await {
        let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let expected: &[&str] = match text("kty").as_str() {
            "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
            "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            "OKP" => &["alg", "crv", "kid", "kty", "use", "x"],
            other => panic!("{other}"),
        };
        let names: Vec<_> = key.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, expected);
        assert_eq!(text("use"), "sig");
        assert!(kids.insert(text("kid")) && algs.insert(text("alg")));
        if text("kty") == "RSA" {
            assert!(text("n").len() >= 342, "2048 bits: {}", text("n").len());
        }
    }
    assert_eq!(algs, BTreeSet::from(["ES256", "EdDSA", "RS256"].map(str::to_owned)));
}

/// security.md 62: the same for everybody, and caches may keep it for a while.
#[tokio::test]
async fn the_key_set_is_the_same_for_everybody() {
    let issuer = TestIssuer::start().await;
    let reply = issuer.get("/jwks").await;
    assert_eq!(reply.header("content-type"), "application/jwk-set+json");
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(!reply.headers.contains_key("set-cookie"));
    assert_eq!(JwkSet::parse(reply.body.as_bytes()).expect("a key set").keys.len(), 2);
    assert_eq!(issuer.get("/jwks?x=1").await.body, reply.body);
    assert_eq!(issuer.browser_of_ada().await.get("/jwks").await.body, reply.body);
}

/// security.md 55: a restart finds its keys again, and tokens from before it stay good.
#[tokio::test]
async fn a_restart_keeps_the_keys() {
    let before = TestIssuer::start().await;
    let tokens = before.tokens("web", &[]).await;

    let after = TestIssuer::over(ISSUER, before.store.clone(), |_| {}).await;

    assert_eq!(keys(&after).await, keys(&before).await);
    assert_eq!(after.userinfo(&tokens.access_token).await.status, 200);
    assert_eq!(after.refresh("web", &tokens.refresh_token).await.status, 200);
}

/// security.md 55: where the algorithm of access tokens is changed, the old key stays, for its tokens are still out.
#[tokio::test]
async fn another_algorithm_does_not_end_the_tokens_that_are_out() {
    let before = TestIssuer::with(ISSUER, |config| config.access_token_alg = SigningAlg::EdDsa).await;
    let tokens = before.tokens("web", &[]).await;

    let after = TestIssuer::over(ISSUER, before.store.clone(), |_| {}).await;

    assert_eq!(keys(&after).await, keys(&before).await);
    assert_eq!(after.userinfo(&tokens.access_token).await.status, 200);
}

/// security.md 55: nodes that start on an empty store together agree on its keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_agree() {
    let (env, _) = test_env();
    let store = Arc::new(MemoryStore::new());
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (env, store) = (env.clone(), store.clone());
        nodes.spawn(async move {
            let config = Config::new(hallpass_proto::issuer::Issuer::parse(ISSUER).expect("an issuer"));
            Server::new(config, env, store).await.expect("starts")
        });
    }
    let mut sets = BTreeSet::new();
    for node in nodes.join_all().await {
        use tower::ServiceExt as _;
        let request = axum::http::Request::get("/jwks").body(axum::body::Body::empty()).expect("a request");
        let Ok(response) = node.router().oneshot(request).await;
        sets.insert(hallpass_testkit::Reply::read(response).await.body);
    }
    assert_eq!(sets.len(), 1);
}

/// A setting that no key can meet is found at the start, and not by the first client.
#[tokio::test]
async fn an_algorithm_without_a_key_is_found_at_the_start() {
    let (env, _) = test_env();
    let mut config = Config::new(hallpass_proto::issuer::Issuer::parse(ISSUER).expect("an issuer"));
    config.access_token_alg = SigningAlg::Hs256;

    let started = Server::new(config, env, Arc::new(MemoryStore::new())).await;

    assert!(matches!(started, Err(Fault::Key(_))));
}
