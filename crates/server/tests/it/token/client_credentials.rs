//! `client_credentials` — RFC 6749 §4.4.

use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_testkit::fixture::{self, API};
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer, Tokens};

async fn request(issuer: &TestIssuer, client_id: &str, scope: &str) -> Reply {
    issuer.post_as(client_id, "/token", &[("grant_type", "client_credentials"), ("scope", scope)]).await
}

/// A resource server that asks about tokens that are for it.
async fn with_resource_server(issuer: &TestIssuer) {
    let api = Client { client_id: API.to_owned(), ..fixture::service() };
    issuer.store.put_client(&api).await.expect("recorded");
}

/// security.md 44: no person, so no ID token, no refresh token, and nothing in the token that speaks of one.
#[tokio::test]
async fn a_client_gets_an_access_token_alone() {
    let issuer = TestIssuer::start().await;

    let reply = request(&issuer, "service", "").await;

    let json = reply.json();
    let members: Vec<_> = json.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(json["scope"], "items:read items:write", "without scope, what it is registered for");
    let claims = issuer.verified(json["access_token"].as_str().expect("a token")).await;
    let names: Vec<_> = claims.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
    assert_eq!((&claims["sub"], &claims["client_id"]), (&"service".into(), &"service".into()));
    assert_eq!(claims["aud"], API);
}

/// security.md 44: the scope is the client's at most, and nothing that only a person can give.
#[tokio::test]
async fn the_scope_is_the_clients_at_most() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("service", |service| {
            service.scope = "openid profile email offline_access items:read".parse().expect("a scope");
        })
        .await;

    for beyond in [
        "items:write",
        "items:read items:write",
        "admin",
        "openid",
        "items:read openid",
        "profile",
        "offline_access",
        "a\"b",
        "ä",
    ] {
        request(&issuer, "service", beyond).await.assert_refused(400, "invalid_scope");
    }

    assert_eq!(Tokens::of(&request(&issuer, "service", "").await).scope, "items:read");
    assert_eq!(Tokens::of(&request(&issuer, "service", " items:read items:read ").await).scope, "items:read");
}

/// security.md 44: RFC 6749 §4.4: "MUST only be used by confidential clients", whatever the registration says.
#[tokio::test]
async fn a_public_client_gets_nothing() {
    let issuer = TestIssuer::start().await;
    request(&issuer, "spa", "").await.assert_refused(400, "unauthorized_client");

    issuer.change_client("spa", |spa| spa.grant_types.push("client_credentials".to_owned())).await;

    request(&issuer, "spa", "items:read").await.assert_refused(401, "invalid_client");
}

/// security.md 44, 58: a client is nobody at UserInfo, whether or not its token is meant for it.
#[tokio::test]
async fn the_token_is_no_persons_at_userinfo() {
    let issuer = TestIssuer::start().await;
    let for_api = Tokens::of(&request(&issuer, "service", "").await);
    assert_eq!(issuer.userinfo(&for_api.access_token).await.error(), "invalid_token");

    issuer.change_client("service", |service| service.audience.clear()).await;
    let for_us = Tokens::of(&request(&issuer, "service", "").await);
    assert_eq!(issuer.verified(&for_us.access_token).await["aud"], ISSUER);
    assert_eq!(issuer.userinfo(&for_us.access_token).await.error(), "insufficient_scope");
}

/// security.md 44, 60: the token can be asked about and taken back like any other, and ends with its time.
#[tokio::test]
async fn the_token_lives_and_ends_like_any_other() {
    let issuer = TestIssuer::start().await;
    with_resource_server(&issuer).await;
    let (first, second) = (request(&issuer, "service", "").await, request(&issuer, "service", "").await);
    let (first, second) = (Tokens::of(&first).access_token, Tokens::of(&second).access_token);
    assert!(issuer.is_active("service", &first).await && issuer.is_active(API, &first).await);

    assert_eq!(issuer.revoke("service", &first).await.status, 200);
    assert!(!issuer.is_active(API, &first).await);
    assert!(issuer.is_active(API, &second).await, "each token is its own");

    issuer.clock.advance(600);
    assert!(!issuer.is_active(API, &second).await);
}

/// security.md 41, 59: when the client is disabled, its tokens are good for nothing at resource servers that ask.
#[tokio::test]
async fn the_token_ends_with_its_client() {
    let issuer = TestIssuer::start().await;
    with_resource_server(&issuer).await;
    let token = Tokens::of(&request(&issuer, "service", "").await).access_token;
    assert!(issuer.is_active(API, &token).await);

    issuer.change_client("service", |service| service.status = Status::Disabled).await;

    let answer = issuer.introspect(API, &token).await;
    assert_eq!(answer, serde_json::json!({"active": false}));
}
