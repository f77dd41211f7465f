//! Discovery — RFC 8414 §3, OpenID Connect Discovery §4; security.md 74.

use hallpass_client::error::{Error, Recovery};
use serde_json::json;

use crate::world::{FakeIssuer, metadata};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn metadata_is_fetched_once() {
    let issuer = FakeIssuer::new();
    let provider = issuer.provider_builder().discover().await.expect("discovered");
    for _ in 0..10 {
        provider.metadata().await.expect("there");
    }
    assert_eq!(issuer.count(OPENID), 1);
}

#[tokio::test]
async fn another_issuer_is_refused() {
    let issuer = FakeIssuer::new();
    for other in
        ["https://evil.example", "https://AS.example", "https://as.example:443", "https://as.example/x"]
    {
        let mut lie = metadata();
        lie["issuer"] = json!(other);
        issuer.publish(lie);
        let error = issuer.provider_builder().discover().await.err().expect("refused");
        assert!(matches!(error, Error::IssuerMismatch { .. }), "{other}: {error:?}");
        assert_eq!(error.recovery(), Recovery::Fix);
    }
}

#[tokio::test]
async fn a_trailing_slash_is_named_as_the_difference() {
    let issuer = FakeIssuer::new();
    let mut slash = metadata();
    slash["issuer"] = json!("https://as.example/");
    issuer.publish(slash);
    let error = issuer.provider_builder().discover().await.err().expect("refused").to_string();
    assert!(error.contains("differ only by the trailing `/`"), "{error}");
}

#[tokio::test]
async fn rfc_8414_is_asked_where_openid_is_not_served() {
    let issuer = FakeIssuer::new();
    issuer.answer(OPENID, 404, "text/html", "no");
    issuer.answer_json(OAUTH, metadata());
    issuer.provider_builder().discover().await.expect("discovered");
    assert_eq!(issuer.count(OAUTH), 1);
}

#[tokio::test]
async fn a_lie_is_not_followed_by_another_try() {
    let issuer = FakeIssuer::new();
    let mut lie = metadata();
    lie["issuer"] = json!("https://evil.example");
    issuer.publish(lie);
    issuer.answer_json(OAUTH, metadata());
    issuer.provider_builder().discover().await.err().expect("refused");
    assert_eq!(issuer.count(OAUTH), 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let issuer = FakeIssuer::new();
    issuer.answer_with(OPENID, |_| {
        let response = http::Response::builder().status(302).header("location", "https://evil.example/");
        response.body(bytes::Bytes::new()).expect("a response")
    });
    let error = issuer.provider_builder().discover().await.err().expect("refused");
    assert!(matches!(error, Error::Malformed { status: 302, .. }), "{error:?}");
}

/// pain 7: the program starts while the authorization server is down, and works when it is back.
#[tokio::test]
async fn a_lazy_provider_tries_again() {
    let issuer = FakeIssuer::new();
    issuer.go_down();
    let provider = issuer.provider_builder().lazy();
    assert_eq!(issuer.count(OPENID), 0, "nothing is fetched at the start");
    let error = provider.metadata().await.expect_err("down");
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    issuer.come_back();
    issuer.clock.advance(1);
    provider.metadata().await.expect("back");
}

#[tokio::test]
async fn metadata_survives_an_outage() {
    let issuer = FakeIssuer::new();
    let provider = issuer.provider_builder().discover().await.expect("discovered");
    issuer.go_down();
    issuer.clock.advance(2 * 3600);
    for _ in 0..5 {
        provider.metadata().await.expect("what is kept");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn keys_do_not_come_over_plain_http() {
    let issuer = FakeIssuer::new();
    for uri in [
        "http://as.example/jwks",
        "http://localhost:80@evil.example/jwks",
        "http://localhost.evil.example/jwks",
    ] {
        let mut plain = metadata();
        plain["jwks_uri"] = json!(uri);
        issuer.publish(plain);
        let provider = issuer.provider_builder().discover().await.expect("discovered");
        let error = provider.keys().get(Some("first"), hallpass_proto::jose::alg::SigningAlg::Rs256).await;
        assert!(error.is_err(), "{uri}");
    }
    assert_eq!(issuer.count("/jwks"), 0);
}
