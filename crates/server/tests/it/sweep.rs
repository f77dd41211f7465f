//! What can have no effect any more goes, and nothing else.

use hallpass_server::store::Revocation;
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::{TestIssuer, Tokens};

const DAY: i64 = 24 * 60 * 60;

/// However many rows are done, one sweep takes them all, batch by batch.
#[tokio::test]
async fn a_sweep_takes_all_that_is_done() {
    let issuer = TestIssuer::start().await;
    let expires_at = issuer.now() + 600;
    for i in 0..1200 {
        let what = Revocation::Access { jti: &format!("jti-{i}"), expires_at };
        issuer.store.revoke(what, issuer.now()).await.expect("revoked");
    }
    assert_eq!(issuer.server.sweep().await.expect("sweeps"), 0, "they still count");

    issuer.clock.advance(2 * 600);

    assert_eq!(issuer.server.sweep().await.expect("sweeps"), 1200);
    assert_eq!(issuer.server.sweep().await.expect("sweeps"), 0);
}

/// Codes nobody redeemed, grants that have ended and sessions that have run out go; what is in use stays.
#[tokio::test]
async fn what_is_in_use_stays() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    for _ in 0..3 {
        browser.code("web", "https://web.example/cb", &[]).await;
    }
    let code = browser.code("web", "https://web.example/cb", &[("scope", "openid offline_access")]).await;
    let mut tokens = Tokens::of(&issuer.redeem("web", &code).await);
    let revoked = issuer.tokens("web", &[]).await;
    issuer.revoke("web", &revoked.refresh_token).await;

    let mut swept = 0;
    for _ in 0..15 {
        issuer.clock.advance(DAY);
        swept += issuer.server.sweep().await.expect("sweeps");
        tokens = Tokens::of(&issuer.refresh("web", &tokens.refresh_token).await);
        assert!(issuer.is_active("web", &tokens.access_token).await);
    }

    // three codes that nobody redeemed, two that were, two sessions, and the grant that was revoked with its token
    assert_eq!(swept, 3 + 2 + 2 + 2);
    let page = browser.get(&authorize_url("web", "https://web.example/cb", &[])).await;
    assert!(page.location().contains("/sign-in?"), "the session has run out");
}

/// security.md 42: a family keeps its old members for as long as it lives: that is how a reuse is noticed.
#[tokio::test]
async fn a_living_family_is_kept_whole() {
    let issuer = TestIssuer::start().await;
    let first = issuer.tokens("spa", &[("scope", "openid offline_access")]).await;
    let second = Tokens::of(&issuer.refresh("spa", &first.refresh_token).await);
    issuer.clock.advance(20 * DAY);
    issuer.server.sweep().await.expect("sweeps");

    issuer.refresh("spa", &first.refresh_token).await.assert_refused(400, "invalid_grant");

    issuer.refresh("spa", &second.refresh_token).await.assert_refused(400, "invalid_grant");
}
