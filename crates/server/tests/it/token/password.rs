//! `password` — RFC 6749 §4.3, for clients that are registered for it.

use hallpass_server::entity::Status;
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer, Tokens};

async fn request(issuer: &TestIssuer, client_id: &str, username: &str, password: &str) -> Reply {
    let form = [("grant_type", "password"), ("username", username), ("password", password)];
    issuer.post_as(client_id, "/token", &form).await
}

/// security.md 8: whoever is not registered for the grant cannot use it, and no password is looked at.
#[tokio::test]
async fn the_grant_is_off_unless_registered() {
    let issuer = TestIssuer::start().await;
    for client_id in ["web", "service", "old", "spa"] {
        for password in [PASSWORD_OF_ALL, "wrong"] {
            let reply = request(&issuer, client_id, "ada", password).await;
            reply.assert_refused(400, "unauthorized_client");
        }
    }
    assert_eq!(request(&issuer, "legacy", "ada", PASSWORD_OF_ALL).await.status, 200);
}

/// security.md 68: an unknown person, a wrong password and a disabled person are one answer.
#[tokio::test]
async fn who_cannot_sign_in_is_not_told_why() {
    let issuer = TestIssuer::start().await;
    issuer.change_user("user-grace", |grace| grace.status = Status::Disabled).await;
    let mut answers = Vec::new();
    for (username, password) in [
        ("ada", "wrong"),
        ("ada@example.com", ""),
        ("ada", "Correct horse battery staple"),
        ("ada", " correct horse battery staple"),
        ("nobody", PASSWORD_OF_ALL),
        ("grace@example.com", PASSWORD_OF_ALL),
        ("user-ada", PASSWORD_OF_ALL),
    ] {
        let reply = request(&issuer, "legacy", username, password).await;
        if password.is_empty() {
            reply.assert_refused(400, "invalid_request");
            continue;
        }
        reply.assert_refused(400, "invalid_grant");
        answers.push(reply.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

/// RFC 6749 §4.3.2: protected "against brute force attacks": 429 with a time to wait, and no lock-out.
#[tokio::test]
async fn guessing_is_slowed_down() {
    let issuer = TestIssuer::start().await;
    for _ in 0..5 {
        request(&issuer, "legacy", "ada", "wrong").await.assert_refused(400, "invalid_grant");
    }

    let throttled = request(&issuer, "legacy", "Ada@Example.com", PASSWORD_OF_ALL).await;
    throttled.assert_refused(429, "temporarily_unavailable");
    let wait: i64 = throttled.header("retry-after").parse().expect("seconds");
    assert!((1..=300).contains(&wait));
    assert_eq!(request(&issuer, "legacy", "grace@example.com", PASSWORD_OF_ALL).await.status, 200);

    issuer.clock.advance(wait);
    assert_eq!(request(&issuer, "legacy", "ada", PASSWORD_OF_ALL).await.status, 200);
}

/// A request that is wrong in itself is refused before a password is looked at, and counts as no failure.
#[tokio::test]
async fn a_wrong_scope_is_no_failed_sign_in() {
    let issuer = TestIssuer::start().await;
    let form = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", "wrong"),
        ("scope", "openid items:write"),
    ];
    for _ in 0..10 {
        issuer.post_as("legacy", "/token", &form).await.assert_refused(400, "invalid_scope");
    }
    for missing in ["username", "password"] {
        let some: Vec<_> = form.into_iter().filter(|(n, _)| *n != missing && *n != "scope").collect();
        issuer.post_as("legacy", "/token", &some).await.assert_refused(400, "invalid_request");
    }
    assert_eq!(request(&issuer, "legacy", "ada", PASSWORD_OF_ALL).await.status, 200);
}

/// security.md T16: more sign-ins than can wait are sent away, and nobody else waits for them.
#[tokio::test]
async fn a_flood_of_sign_ins_is_sent_away() {
    let issuer = TestIssuer::with(ISSUER, |config| config.password_queue = 0).await;
    for _ in 0..10 {
        let reply = request(&issuer, "legacy", "ada", PASSWORD_OF_ALL).await;
        reply.assert_refused(503, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), "1");
    }
    let form = [("grant_type", "client_credentials")];
    assert_eq!(issuer.post_as("service", "/token", &form).await.status, 200);
}

/// OpenID Connect Core §2: with `openid` there is an ID token, which speaks of no session, and the refresh works.
#[tokio::test]
async fn a_person_who_is_there_gets_all_tokens() {
    let issuer = TestIssuer::start().await;

    let tokens = Tokens::of(&request(&issuer, "legacy", " ADA ", PASSWORD_OF_ALL).await);

    assert_eq!(tokens.scope, "openid profile items:read");
    let claims = issuer.verified(&tokens.id_token).await;
    assert_eq!((claims["sub"].as_str(), claims["aud"].as_str()), (Some("user-ada"), Some("legacy")));
    assert_eq!((&claims["amr"], claims.get("sid")), (&serde_json::json!(["pwd"]), None));
    assert_eq!((claims["auth_time"].as_i64(), claims.get("nonce")), (Some(issuer.now().unix()), None));
    let next = Tokens::of(&issuer.refresh("legacy", &tokens.refresh_token).await);
    assert_eq!(next.refresh_token, tokens.refresh_token);
    assert_eq!(issuer.userinfo(&next.access_token).await.status, 200);
}

/// security.md 41: what was given by password ends with the person and with the consent, like everything else.
#[tokio::test]
async fn the_grant_ends_like_any_other() {
    let issuer = TestIssuer::start().await;
    let tokens = Tokens::of(&request(&issuer, "legacy", "ada", PASSWORD_OF_ALL).await);

    issuer.change_user("user-ada", |ada| ada.status = Status::Disabled).await;
    issuer.refresh("legacy", &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
    assert!(!issuer.is_active("legacy", &tokens.access_token).await);
    issuer.change_user("user-ada", |ada| ada.status = Status::Active).await;
    assert!(issuer.is_active("legacy", &tokens.access_token).await);

    issuer.store.withdraw_consent("user-ada", "legacy", issuer.now()).await.expect("withdrawn");
    issuer.refresh("legacy", &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
    assert!(!issuer.is_active("legacy", &tokens.access_token).await);
}
