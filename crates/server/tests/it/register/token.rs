//! Initial access tokens — RFC 7591 §3.

use axum::http::Method;
use serde_json::json;

use hallpass_proto::secret::Digest;
use hallpass_server::entity::registration_token::RegistrationToken;
use hallpass_server::register::policy::RegistrationAccess;
use hallpass_testkit::{Reply, TestIssuer};

use super::{CB, app, open_with};

const TOKEN: &str = "an-initial-access-token";

async fn world(access: RegistrationAccess, uses_left: Option<u32>) -> TestIssuer {
    let issuer = open_with(|config| {
        config.registration.access = access;
        config.registration.per_minute = 2;
    })
    .await;
    let token = RegistrationToken {
        digest: Digest::of(TOKEN.as_bytes()),
        id: "t".to_owned(),
        label: String::new(),
        uses_left,
        expires_at: Some(issuer.now() + 60),
        created_at: issuer.now(),
    };
    issuer.store.issue_registration_token(&token).await.expect("recorded");
    issuer
}

async fn register(issuer: &TestIssuer, token: Option<&str>) -> Reply {
    issuer.json(Method::POST, "/register", token, Some(&app(json!({})))).await
}

/// security.md 61: without a good one nobody registers; it is good for its uses and its time.
#[tokio::test]
async fn a_token_lets_its_holder_register() {
    let issuer = world(RegistrationAccess::InitialAccessToken, Some(2)).await;

    let reply = register(&issuer, None).await;
    assert_eq!((reply.status.as_u16(), reply.header("www-authenticate")), (401, "Bearer realm=\"hallpass\""));
    register(&issuer, Some("another")).await.assert_refused(401, "invalid_token");
    for _ in 0..2 {
        assert_eq!(register(&issuer, Some(TOKEN)).await.status, 201);
    }
    register(&issuer, Some(TOKEN)).await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let issuer = world(RegistrationAccess::InitialAccessToken, None).await;
    issuer.clock.advance(59);
    assert_eq!(register(&issuer, Some(TOKEN)).await.status, 201);
    issuer.clock.advance(1);
    register(&issuer, Some(TOKEN)).await.assert_refused(401, "invalid_token");
}

/// A registration that is refused costs no use.
#[tokio::test]
async fn a_mistake_spends_nothing() {
    let issuer = world(RegistrationAccess::InitialAccessToken, Some(1)).await;
    let bad = app(json!({"tos_uri": "x"}));
    issuer
        .json(Method::POST, "/register", Some(TOKEN), Some(&bad))
        .await
        .assert_refused(400, "invalid_client_metadata");
    assert_eq!(register(&issuer, Some(TOKEN)).await.status, 201);
}

/// Where anybody may register, a token that is presented must still be good, and its holder is not held up.
#[tokio::test]
async fn a_token_counts_where_none_is_needed() {
    let issuer = world(RegistrationAccess::Open, None).await;
    register(&issuer, Some("another")).await.assert_refused(401, "invalid_token");
    assert_eq!(register(&issuer, None).await.status, 201);
    register(&issuer, None).await.assert_refused(429, "temporarily_unavailable");
    assert_eq!(register(&issuer, Some(TOKEN)).await.status, 201);
}

/// security.md 61: what is no token makes the server do nothing, and is counted as no token is.
#[tokio::test]
async fn a_made_up_token_makes_the_server_do_nothing() {
    const SECTOR: &str = "https://new.example/sector";
    for access in [RegistrationAccess::Open, RegistrationAccess::InitialAccessToken] {
        let issuer = world(access, Some(0)).await;
        issuer.web.json(SECTOR, &json!([CB]));
        let keys = issuer.get("/jwks").await.json();
        let given = app(json!({
            "sector_identifier_uri": SECTOR, "subject_type": "pairwise", "id_token_signed_response_alg": "ES512",
        }));
        // Spent, and then made up.
        for (token, status) in [(TOKEN, 401), ("x", 401), ("y", 429)] {
            let reply = issuer.json(Method::POST, "/register", Some(token), Some(&given)).await;
            assert_eq!(reply.status, status, "{access:?} {token}: {}", reply.body);
        }
        assert_eq!(issuer.web.requests(SECTOR).len(), 0);
        assert_eq!(issuer.get("/jwks").await.json(), keys);
    }
}

/// Keys are made for a client that is recorded, and for no other.
#[tokio::test]
async fn a_refused_registration_makes_no_keys() {
    let issuer = world(RegistrationAccess::InitialAccessToken, Some(1)).await;
    let keys = issuer.get("/jwks").await.json();
    let mut given =
        json!({"id_token_signed_response_alg": "ES512", "sector_identifier_uri": "https://new.example/none"});
    let reply = issuer.json(Method::POST, "/register", Some(TOKEN), Some(&app(given.clone()))).await;
    reply.assert_refused(400, "invalid_client_metadata");
    assert_eq!(issuer.get("/jwks").await.json(), keys);

    given.as_object_mut().expect("an object").remove("sector_identifier_uri");
    assert_eq!(issuer.json(Method::POST, "/register", Some(TOKEN), Some(&app(given))).await.status, 201);
    assert_ne!(issuer.get("/jwks").await.json(), keys);
}
