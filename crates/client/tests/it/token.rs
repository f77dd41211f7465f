//! The token endpoint, revocation and introspection — RFC 6749 §4.3, §4.4, §5, §6; RFC 7009; RFC 7662.

use hallpass_client::error::{ConfigError, Error, Recovery};
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::error::ErrorCode;
use hallpass_proto::introspection::TokenTypeHint;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;
use serde_json::json;

use crate::world::{ACCESS_TOKEN, FakeIssuer, NOW, REFRESH_TOKEN, SECRET, keys, metadata, sign};

fn scope(text: &str) -> Scope {
    text.parse().expect("a scope")
}

#[tokio::test]
async fn client_credentials() {
    let issuer = FakeIssuer::new();
    issuer.answer_json("/token", json!({ "access_token": "t", "token_type": "BEARER", "expires_in": 60 }));
    let tokens = issuer.client().client_credentials(&scope("a b")).await.expect("granted");
    assert_eq!(issuer.last_body("/token"), "grant_type=client_credentials&scope=a+b");
    assert_eq!(tokens.access_token, "t".into());
    assert_eq!(tokens.expires_at, Some(Time::from_unix(NOW + 60)));
    assert_eq!(tokens.scope, scope("a b"), "what was asked for, when the server does not say");
}

#[tokio::test]
async fn password() {
    let issuer = FakeIssuer::new();
    issuer.answer_json("/token", json!({ "access_token": "t", "token_type": "bearer", "scope": "a" }));
    let tokens = issuer.client().password("ada", &"love&lace".into(), &scope("a b")).await.expect("granted");
    assert_eq!(issuer.last_body("/token"), "grant_type=password&username=ada&password=love%26lace&scope=a+b");
    assert_eq!(tokens.scope, scope("a"), "what was granted, when the server says");
}

#[tokio::test]
async fn a_refresh_keeps_the_token_that_is_not_replaced() {
    let issuer = FakeIssuer::new();
    let old: Secret = REFRESH_TOKEN.into();
    issuer.answer_json("/token", json!({ "access_token": "t", "token_type": "bearer" }));
    let kept = issuer.client().refresh(&old, &Scope::empty(), None).await.expect("granted");
    assert_eq!(kept.refresh_token, Some(old.clone()));
    issuer.answer_json(
        "/token",
        json!({ "access_token": "t", "token_type": "bearer", "refresh_token": "new" }),
    );
    let rotated = issuer.client().refresh(&old, &Scope::empty(), None).await.expect("granted");
    assert_eq!(rotated.refresh_token, Some("new".into()));
}

/// security.md 75: "sub equal … across refresh".
#[tokio::test]
async fn a_refresh_is_about_the_same_person() {
    let issuer = FakeIssuer::new();
    let mut claims = issuer.claims("");
    claims.as_object_mut().expect("an object").remove("nonce");
    issuer.grant(&sign(&keys()[0], &claims));
    let (client, token, same) = (issuer.client(), Secret::from(REFRESH_TOKEN), Scope::empty());
    client.refresh(&token, &same, Some("ada")).await.expect("the same person");
    let other = client.refresh(&token, &same, Some("grace")).await.expect_err("another person");
    assert!(matches!(other, Error::SubjectDiffers { .. }), "{other:?}");
    claims["aud"] = json!("other");
    issuer.grant(&sign(&keys()[0], &claims));
    let foreign = client.refresh(&token, &same, Some("ada")).await.expect_err("another client's");
    assert!(matches!(foreign, Error::IdToken(_)), "{foreign:?}");
}

/// security.md 78: "1 network failure ≠ logout; invalid_grant = logout".
#[tokio::test]
async fn an_outage_is_not_a_refusal() {
    let issuer = FakeIssuer::new();
    let (client, token) = (issuer.client(), Secret::from(REFRESH_TOKEN));
    let same = Scope::empty();
    issuer.answer("/token", 400, "application/json", r#"{"error":"invalid_grant"}"#);
    let refused = client.refresh(&token, &same, None).await.expect_err("refused");
    assert_eq!(refused.recovery(), Recovery::Reauthenticate);
    issuer.answer("/token", 503, "text/html", "<h1>busy</h1>");
    let busy = client.refresh(&token, &same, None).await.expect_err("busy");
    assert_eq!(busy.recovery(), Recovery::Retry { after: None });
    issuer.go_down();
    let down = client.refresh(&token, &same, None).await.expect_err("down");
    assert_eq!(down.recovery(), Recovery::Retry { after: None });
    assert!(down.to_string().contains("https://as.example/token could not be reached"), "{down}");
}

#[tokio::test]
async fn what_is_no_token_response_is_refused() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    for body in [
        json!({ "access_token": "t", "token_type": "mac" }),
        json!({ "access_token": "t" }),
        json!({ "access_token": "", "token_type": "bearer" }),
        json!({ "token_type": "bearer" }),
        json!([]),
    ] {
        issuer.answer_json("/token", body.clone());
        let error = client.client_credentials(&Scope::empty()).await.expect_err("refused");
        assert!(matches!(error, Error::Malformed { status: 200, .. }), "{body}: {error:?}");
    }
    issuer.answer(
        "/token",
        200,
        "application/json",
        r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
    );
    let twice = client.client_credentials(&Scope::empty()).await.expect_err("refused");
    assert!(matches!(twice, Error::Malformed { .. }), "{twice:?}");
    issuer.answer("/token", 200, "application/json", r#"{"error":"invalid_client"}"#);
    let error = client.client_credentials(&Scope::empty()).await.expect_err("refused");
    assert!(
        matches!(&error, Error::OAuth { status: 200, body, .. } if body.error == ErrorCode::InvalidClient)
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("secret")));
}

#[tokio::test]
async fn the_client_authenticates_in_one_place() {
    let issuer = FakeIssuer::new();
    issuer.answer_json("/token", json!({ "access_token": "t", "token_type": "bearer" }));
    let body_of = async |client: hallpass_client::client::Client| {
        client.client_credentials(&Scope::empty()).await.expect("granted");
        issuer.last_body("/token")
    };
    let post = issuer.client_builder().auth_method(AuthMethod::ClientSecretPost).build().expect("a client");
    assert_eq!(
        body_of(post).await,
        format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}")
    );
    let basic = issuer.client_builder().auth_method(AuthMethod::ClientSecretBasic).build().expect("a client");
    assert_eq!(body_of(basic).await, "grant_type=client_credentials");
    let mut only_post = metadata();
    only_post["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "private_key_jwt"]);
    issuer.publish(only_post);
    assert!(
        body_of(issuer.client()).await.contains("client_secret="),
        "the metadata decides when nobody else does"
    );
}

#[test]
fn a_client_whose_parts_do_not_fit_is_not_built() {
    let issuer = FakeIssuer::new();
    let provider = issuer.provider_builder().lazy();
    let builder = || hallpass_client::client::Client::builder(&provider, "app");
    let no_secret = builder().auth_method(AuthMethod::ClientSecretBasic).build();
    assert!(matches!(no_secret, Err(ConfigError::NoSecret(_))));
    let no_uri = builder().redirect_uri("/callback").build();
    assert!(matches!(no_uri, Err(ConfigError::Invalid { variable, .. }) if variable == "redirect_uri"));
}

#[tokio::test]
async fn revocation_and_introspection() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let token = Secret::from(ACCESS_TOKEN);
    issuer.answer("/revoke", 200, "text/plain", "");
    client.revoke(&token, Some(TokenTypeHint::RefreshToken)).await.expect("revoked");
    assert_eq!(issuer.last_body("/revoke"), format!("token={ACCESS_TOKEN}&token_type_hint=refresh_token"));
    issuer.answer_json("/introspect", json!({ "active": true, "sub": "ada", "scope": "a" }));
    let answer = client.introspect(&token, None).await.expect("an answer");
    assert_eq!((answer.active, answer.sub.as_deref()), (true, Some("ada")));
    issuer.answer_json("/introspect", json!({ "active": false }));
    assert!(!client.introspect(&token, None).await.expect("an answer").active);
    issuer.answer("/revoke", 400, "application/json", r#"{"error":"unsupported_token_type"}"#);
    assert!(matches!(client.revoke(&token, None).await, Err(Error::OAuth { .. })));
}

#[tokio::test]
async fn what_the_issuer_does_not_offer_is_named() {
    let issuer = FakeIssuer::new();
    let mut bare = metadata();
    for member in ["revocation_endpoint", "userinfo_endpoint", "token_endpoint"] {
        bare.as_object_mut().expect("an object").remove(member);
    }
    issuer.publish(bare);
    let client = issuer.client();
    let revoke = client.revoke(&"t".into(), None).await.expect_err("nowhere");
    assert!(matches!(revoke, Error::NotSupported { member: "revocation_endpoint", .. }));
    let userinfo = client.userinfo(&"t".into(), "ada").await.expect_err("nowhere");
    assert!(matches!(userinfo, Error::NotSupported { member: "userinfo_endpoint", .. }));
    let token = client.client_credentials(&Scope::empty()).await.expect_err("nowhere");
    assert!(matches!(token, Error::NotSupported { member: "token_endpoint", .. }));
}
