//! `refresh_token` — RFC 6749 §6: what holds for every client. What is special about public ones is in `rotation.rs`.

use std::collections::BTreeSet;

use hallpass_server::entity::Status;
use hallpass_testkit::clock::START;
use hallpass_testkit::{Reply, TestIssuer, Tokens};

const DAY: i64 = 24 * 60 * 60;
const OFFLINE: [(&str, &str); 1] = [("scope", "openid profile offline_access items:read")];

/// security.md 41, 42: a confidential client keeps its refresh token, and may use it again and again.
#[tokio::test]
async fn a_confidential_client_keeps_its_token() {
    let issuer = TestIssuer::start().await;
    let first = issuer.tokens("web", &[]).await;

    let mut access_tokens = BTreeSet::from([first.access_token]);
    for _ in 0..5 {
        issuer.clock.advance(3600);
        let next = Tokens::of(&issuer.refresh("web", &first.refresh_token).await);
        assert_eq!(next.refresh_token, first.refresh_token);
        assert_eq!(issuer.userinfo(&next.access_token).await.status, 200);
        access_tokens.insert(next.access_token);
    }
    assert_eq!(access_tokens.len(), 6, "each answer has an access token of its own");
}

/// OpenID Connect Core §12.2: the ID token of a refresh is about the same sign-in, and has no `nonce`.
#[tokio::test]
async fn the_id_token_of_a_refresh_is_about_the_same_sign_in() {
    let issuer = TestIssuer::start().await;
    let first = issuer.tokens("web", &[]).await;
    issuer.clock.advance(100);

    let next = Tokens::of(&issuer.refresh("web", &first.refresh_token).await);

    let (before, after) = (issuer.verified(&first.id_token).await, issuer.verified(&next.id_token).await);
    for same in ["iss", "sub", "aud", "auth_time", "sid", "amr"] {
        assert_eq!(before[same], after[same], "{same}");
        assert!(!after[same].is_null(), "{same}");
    }
    assert_eq!((before["nonce"].as_str(), after.get("nonce")), (Some("the-nonce"), None));
    assert_eq!(after["iat"].as_i64(), Some((START + 100).unix()));
}

/// security.md T10: 50 refreshes of one token at once all succeed for a confidential client.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_at_once_all_succeed() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &[]).await;

    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (issuer, token) = (issuer.clone(), tokens.refresh_token.clone());
        tries.spawn(async move { issuer.refresh("web", &token).await });
    }

    for reply in tries.join_all().await {
        assert_eq!(Tokens::of(&reply).refresh_token, tokens.refresh_token);
    }
    assert!(issuer.is_active("web", &tokens.access_token).await);
}

/// security.md 41: a request may have less than the grant, and the next one has it all again; never more.
#[tokio::test]
async fn a_request_may_narrow_the_scope_and_never_widens_it() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let first = issuer.tokens(client_id, &OFFLINE).await;

        let narrow = Tokens::of(&issuer.refresh_for(client_id, &first.refresh_token, "items:read").await);
        assert_eq!((narrow.scope.as_str(), narrow.id_token.as_str()), ("items:read", ""));
        let claims = issuer.verified(&narrow.access_token).await;
        assert_eq!(claims["scope"], "items:read");
        assert_eq!(claims["aud"], "https://api.example", "without openid it is not for UserInfo");

        for wide in ["openid email", "email", "items:read items:write", "admin"] {
            let reply = issuer.refresh_for(client_id, &narrow.refresh_token, wide).await;
            reply.assert_refused(400, "invalid_scope");
        }
        issuer
            .refresh_for(client_id, &narrow.refresh_token, "\u{e9}")
            .await
            .assert_refused(400, "invalid_scope");

        let whole = Tokens::of(&issuer.refresh(client_id, &narrow.refresh_token).await);
        assert_eq!(whole.scope, first.scope, "narrowing is for one request");
    }
}

/// security.md 41: a token is its client's alone, and a stranger's try changes nothing.
#[tokio::test]
async fn another_client_cannot_use_a_token() {
    let issuer = TestIssuer::start().await;
    for client_id in ["web", "spa"] {
        let tokens = issuer.tokens(client_id, &OFFLINE).await;

        for stranger in ["other", "native"] {
            let stolen = issuer.refresh(stranger, &tokens.refresh_token).await;
            stolen.assert_refused(400, "invalid_grant");
            assert_eq!(stolen.body, issuer.refresh(stranger, "unknown").await.body);
        }

        assert_eq!(issuer.refresh(client_id, &tokens.refresh_token).await.status, 200);
    }
}

/// security.md 41: a token that is not used for 30 days ends.
#[tokio::test]
async fn a_token_ends_when_it_is_not_used() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let mut token = issuer.tokens(client_id, &OFFLINE).await.refresh_token;
        for _ in 0..3 {
            issuer.clock.advance(30 * DAY - 1);
            token = Tokens::of(&issuer.refresh(client_id, &token).await).refresh_token;
        }

        issuer.clock.advance(30 * DAY);
        issuer.refresh(client_id, &token).await.assert_refused(400, "invalid_grant");
    }
}

/// security.md 41: a grant ends after a year however much it is used, and its last access token with it.
#[tokio::test]
async fn a_grant_ends_however_much_it_is_used() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let mut token = issuer.tokens(client_id, &OFFLINE).await.refresh_token;
        let end = issuer.now() + 365 * DAY;
        for _ in 0..14 {
            issuer.clock.advance(26 * DAY);
            token = Tokens::of(&issuer.refresh(client_id, &token).await).refresh_token;
        }

        issuer.clock.set(end - 100);
        let last = issuer.refresh(client_id, &token).await;
        assert_eq!(last.json()["expires_in"], 100);
        let last = Tokens::of(&last);
        assert_eq!(issuer.verified(&last.access_token).await["exp"], end.unix());

        issuer.clock.set(end);
        issuer.refresh(client_id, &last.refresh_token).await.assert_refused(400, "invalid_grant");
        assert_eq!(issuer.userinfo(&last.access_token).await.status, 401);
    }
}

/// security.md 41: without `offline_access` a grant ends with the session it was given in.
#[tokio::test]
async fn signing_out_ends_what_does_not_outlive_the_session() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let redeem = async |scope| {
        let code = browser.code("web", "https://web.example/cb", &[("scope", scope)]).await;
        Tokens::of(&issuer.redeem("web", &code).await)
    };
    let (online, offline) = (redeem("openid").await, redeem("openid offline_access").await);

    let page = browser.open("/").await;
    browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;

    issuer.refresh("web", &online.refresh_token).await.assert_refused(400, "invalid_grant");
    assert_eq!(issuer.userinfo(&online.access_token).await.status, 401);
    assert_eq!(issuer.userinfo(&offline.access_token).await.status, 200);
    assert_eq!(issuer.refresh("web", &offline.refresh_token).await.status, 200);
}

/// security.md 41: without `offline_access` a grant ends when its session has run out.
#[tokio::test]
async fn a_session_that_runs_out_ends_what_does_not_outlive_it() {
    let issuer = TestIssuer::start().await;
    let online = issuer.tokens("web", &[]).await;
    let offline = issuer.tokens("web", &OFFLINE).await;

    issuer.clock.set(START + 14 * DAY);

    issuer.refresh("web", &online.refresh_token).await.assert_refused(400, "invalid_grant");
    assert_eq!(issuer.refresh("web", &offline.refresh_token).await.status, 200);
}

/// security.md 41: whoever is disabled gets nothing more, and is told no more than that.
#[tokio::test]
async fn a_disabled_person_or_client_gets_nothing() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let tokens = issuer.tokens(client_id, &OFFLINE).await;

        issuer.change_user("user-ada", |ada| ada.status = Status::Disabled).await;
        issuer.refresh(client_id, &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
        issuer.change_user("user-ada", |ada| ada.status = Status::Active).await;

        issuer.change_client(client_id, |client| client.status = Status::Disabled).await;
        issuer.refresh(client_id, &tokens.refresh_token).await.assert_refused(401, "invalid_client");
        issuer.change_client(client_id, |client| client.status = Status::Active).await;

        assert_eq!(issuer.refresh(client_id, &tokens.refresh_token).await.status, 200);
    }
}

/// security.md 41: a consent that was taken back ends the grants, also those that outlive the session.
#[tokio::test]
async fn a_withdrawn_consent_ends_the_grant() {
    let issuer = TestIssuer::start().await;
    let (web, spa) = (issuer.tokens("web", &OFFLINE).await, issuer.tokens("spa", &OFFLINE).await);

    issuer.store.withdraw_consent("user-ada", "web", issuer.now()).await.expect("withdrawn");

    issuer.refresh("web", &web.refresh_token).await.assert_refused(400, "invalid_grant");
    assert_eq!(issuer.userinfo(&web.access_token).await.status, 401);
    assert_eq!(issuer.refresh("spa", &spa.refresh_token).await.status, 200, "another client's stays");
}

/// security.md 41: what was taken out of the client's registration is not given any more.
#[tokio::test]
async fn what_the_client_may_no_longer_have_is_not_given() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let tokens = issuer.tokens(client_id, &OFFLINE).await;
        issuer
            .change_client(client_id, |client| client.scope = client.scope.only(|s| s != "items:read"))
            .await;

        issuer.refresh(client_id, &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
        let refused = issuer.refresh_for(client_id, &tokens.refresh_token, "items:read").await;
        refused.assert_refused(400, "invalid_grant");
        let less = Tokens::of(&issuer.refresh_for(client_id, &tokens.refresh_token, "openid").await);
        assert_eq!(less.scope, "openid");

        issuer.change_client(client_id, |client| client.grant_types.retain(|g| g != "refresh_token")).await;
        issuer.refresh(client_id, &less.refresh_token).await.assert_refused(400, "unauthorized_client");
    }
}

/// security.md 48: another kind of token is not a refresh token.
#[tokio::test]
async fn nothing_else_is_a_refresh_token() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &[]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);

    for other in [&tokens.access_token, &tokens.id_token, &code, "x", &"\u{e9}".repeat(43)] {
        issuer.refresh("web", other).await.assert_refused(400, "invalid_grant");
    }
    let missing: Reply = issuer.token("web", &[("grant_type", "refresh_token")]).await;
    missing.assert_refused(400, "invalid_request");
    assert!(issuer.is_active("web", &tokens.access_token).await, "none of this ends anything");
}
