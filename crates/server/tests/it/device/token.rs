//! The device code grant — RFC 8628 §3.4, §3.5.

use hallpass_proto::token::DEVICE_CODE;
use hallpass_server::entity::Status;
use hallpass_testkit::{TestIssuer, Tokens};
use tokio::task::JoinSet;

use super::{answer, codes, poll};

/// The whole flow: the device waits, the person allows, the device has tokens that say what they should.
#[tokio::test]
async fn a_device_gets_tokens_once_the_person_has_allowed_it() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "openid profile items:read").await;
    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
    let browser = issuer.browser_of_ada().await;
    let signed_in_at = issuer.now();
    issuer.clock.advance(60);

    let page = answer(&browser, &codes, "allow").await;

    assert!(page.body.contains("<h1>The device is connected</h1>"), "{}", page.body);
    let tokens = Tokens::of(&poll(&issuer, "tv", &codes).await);
    assert_eq!(tokens.scope, "openid profile items:read");
    let id_token = issuer.verified(&tokens.id_token).await;
    assert_eq!((id_token["sub"].as_str(), id_token["aud"].as_str()), (Some("user-ada"), Some("tv")));
    assert_eq!(id_token["auth_time"].as_i64(), Some(signed_in_at.unix()));
    assert!(id_token.get("nonce").is_none() && id_token.get("sid").is_none(), "{id_token}");
    assert_eq!(issuer.userinfo(&tokens.access_token).await.json()["name"], "Ada Lovelace");
    let access_token = issuer.verified(&tokens.access_token).await;
    assert_eq!(
        (access_token["client_id"].as_str(), access_token["sub"].as_str()),
        (Some("tv"), Some("user-ada"))
    );
    let next = Tokens::of(&issuer.refresh("tv", &tokens.refresh_token).await);
    assert_ne!(next.refresh_token, tokens.refresh_token, "a public client's token is rotated");
}

/// A client without the refresh grant gets none; a confidential one authenticates at each poll.
#[tokio::test]
async fn a_confidential_client_without_refresh_gets_an_access_token() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "kiosk", "items:read").await;
    let browser = issuer.browser_of_ada().await;
    answer(&browser, &codes, "allow").await;

    let form = [("grant_type", DEVICE_CODE), ("device_code", codes.device_code.expose().as_str())];
    issuer.token_public("kiosk", &form).await.assert_refused(401, "invalid_client");
    let tokens = Tokens::of(&poll(&issuer, "kiosk", &codes).await);

    assert_eq!((tokens.refresh_token.as_str(), tokens.id_token.as_str()), ("", ""));
    assert_eq!(tokens.scope, "items:read");
    assert!(issuer.is_active("kiosk", &tokens.access_token).await);
}

/// security.md 46: `slow_down` is honoured: 5 seconds longer each time, for all later polls.
#[tokio::test]
async fn a_device_that_polls_too_often_is_slowed_down() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;

    for (wait, expected) in [
        (0, "authorization_pending"),
        (5, "authorization_pending"),
        (4, "slow_down"), // 10 seconds from now on
        (9, "slow_down"), // 15
        (15, "authorization_pending"),
        (14, "slow_down"), // 20
        (20, "authorization_pending"),
    ] {
        issuer.clock.advance(wait);
        poll(&issuer, "tv", &codes).await.assert_refused(400, expected);
    }
    answer(&issuer.browser_of_ada().await, &codes, "allow").await;
    Tokens::of(&poll(&issuer, "tv", &codes).await);
}

/// Whoever asks at one node is known at every other.
#[tokio::test]
async fn nodes_slow_a_device_down_together() {
    let issuer = TestIssuer::start().await;
    let other = issuer.another_node().await;
    let codes = codes(&issuer, "tv", "").await;

    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
    poll(&other, "tv", &codes).await.assert_refused(400, "slow_down");
    answer(&other.browser_of_ada().await, &codes, "allow").await;
    Tokens::of(&poll(&issuer, "tv", &codes).await);
}

/// security.md 46: both codes end after ten minutes; what was allowed and not fetched ends with them.
#[tokio::test]
async fn a_code_expires() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (in_time, allowed, waiting) =
        (codes(&issuer, "tv", "").await, codes(&issuer, "tv", "").await, codes(&issuer, "tv", "").await);
    answer(&browser, &in_time, "allow").await;
    answer(&browser, &allowed, "allow").await;

    issuer.clock.advance(599);
    Tokens::of(&poll(&issuer, "tv", &in_time).await);
    issuer.clock.advance(1);

    poll(&issuer, "tv", &allowed).await.assert_refused(400, "expired_token");
    poll(&issuer, "tv", &waiting).await.assert_refused(400, "expired_token");
    issuer.clock.advance(24 * 60 * 60);
    issuer.server.sweep().await.expect("sweeps");
    poll(&issuer, "tv", &waiting).await.assert_refused(400, "invalid_grant");
}

/// No is told as what it is, as often as the device asks.
#[tokio::test]
async fn a_denied_device_is_told() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;

    let page = answer(&issuer.browser_of_ada().await, &codes, "deny").await;

    assert!(page.body.contains("<h1>The device was not connected</h1>"), "{}", page.body);
    for _ in 0..3 {
        poll(&issuer, "tv", &codes).await.assert_refused(400, "access_denied");
    }
    assert!(issuer.store.consent("user-ada", "tv").await.expect("the store works").is_none());
}

/// security.md 46: one approval gives one set of tokens; a second use ends them, for somebody else has the code.
#[tokio::test]
async fn a_code_is_redeemed_once() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "openid").await;
    answer(&issuer.browser_of_ada().await, &codes, "allow").await;
    let tokens = Tokens::of(&poll(&issuer, "tv", &codes).await);

    poll(&issuer, "tv", &codes).await.assert_refused(400, "invalid_grant");

    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
    issuer.refresh("tv", &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
}

/// security.md 46: however many polls come at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_polls_at_once_one_gets_tokens() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "openid").await;
    answer(&issuer.browser_of_ada().await, &codes, "allow").await;
    let mut polls = JoinSet::new();
    for _ in 0..30 {
        let (issuer, codes) = (issuer.clone(), codes.clone());
        polls.spawn(async move { poll(&issuer, "tv", &codes).await });
    }

    let replies = polls.join_all().await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.error() == "invalid_grant").count(), 29);
}

/// security.md 46: a device code is bound to its client, and a thief does not burn it.
#[tokio::test]
async fn another_client_gets_nothing() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    poll(&issuer, "kiosk", &codes).await.assert_refused(400, "invalid_grant");
    answer(&issuer.browser_of_ada().await, &codes, "allow").await;

    poll(&issuer, "kiosk", &codes).await.assert_refused(400, "invalid_grant");

    Tokens::of(&poll(&issuer, "tv", &codes).await);
    poll(&issuer, "kiosk", &codes).await.assert_refused(400, "invalid_grant");
}

/// What is not a device code is none; the user code is not one either.
#[tokio::test]
async fn anything_else_is_no_device_code() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;

    for device_code in ["x", codes.user_code.as_str(), &"a".repeat(43)] {
        let form = [("grant_type", DEVICE_CODE), ("device_code", device_code)];
        issuer.post_as("tv", "/token", &form).await.assert_refused(400, "invalid_grant");
    }
    let nothing = issuer.post_as("tv", "/token", &[("grant_type", DEVICE_CODE)]).await;
    nothing.assert_refused(400, "invalid_request");
    let form = [("grant_type", "device_code"), ("device_code", codes.device_code.expose().as_str())];
    issuer.post_as("tv", "/token", &form).await.assert_refused(400, "unsupported_grant_type");
}

/// security.md 46: what counts is what holds when the device comes for the tokens, not when the person allowed them.
#[tokio::test]
async fn person_client_and_scope_are_looked_at_again_at_redemption() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let device = codes(&issuer, "tv", "openid items:read").await;
    answer(&browser, &device, "allow").await;

    issuer.change_user("user-ada", |user| user.status = Status::Disabled).await;
    poll(&issuer, "tv", &device).await.assert_refused(400, "invalid_grant");
    issuer.change_user("user-ada", |user| user.status = Status::Active).await;

    issuer.change_client("tv", |client| client.status = Status::Disabled).await;
    poll(&issuer, "tv", &device).await.assert_refused(401, "invalid_client");
    issuer.change_client("tv", |client| client.status = Status::Active).await;

    issuer.change_client("tv", |client| client.grant_types.retain(|grant| grant != DEVICE_CODE)).await;
    poll(&issuer, "tv", &device).await.assert_refused(400, "unauthorized_client");
    issuer.change_client("tv", |client| client.grant_types.push(DEVICE_CODE.to_owned())).await;

    Tokens::of(&poll(&issuer, "tv", &device).await);
    let device = codes(&issuer, "tv", "openid items:read").await;
    answer(&browser, &device, "allow").await;
    issuer.change_client("tv", |client| client.scope = "openid".parse().expect("a scope")).await;
    poll(&issuer, "tv", &device).await.assert_refused(400, "invalid_grant");
}

/// A person who removes the app's access at the issuer ends what the device has, and what it was about to get.
#[tokio::test]
async fn removing_access_ends_it() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (first, second) = (codes(&issuer, "tv", "openid").await, codes(&issuer, "tv", "openid").await);
    answer(&browser, &first, "allow").await;
    answer(&browser, &second, "allow").await;
    let tokens = Tokens::of(&poll(&issuer, "tv", &first).await);
    let home = browser.open("/").await;
    assert!(home.body.contains("The tv app"), "{}", home.body);
    let csrf = &hallpass_testkit::browser::form_of(&home, "sign-out").fields["csrf"];

    browser.post("/applications/revoke", &[("csrf", csrf), ("client_id", "tv")]).await;

    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
    poll(&issuer, "tv", &second).await.assert_refused(400, "invalid_grant");
}

/// The device is in no browser: signing out there does not sign it out.
#[tokio::test]
async fn signing_out_in_the_browser_leaves_the_device() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (first, second) = (codes(&issuer, "tv", "openid").await, codes(&issuer, "tv", "openid").await);
    answer(&browser, &first, "allow").await;
    answer(&browser, &second, "allow").await;
    let tokens = Tokens::of(&poll(&issuer, "tv", &first).await);

    browser.submit(&browser.open("/").await, "sign-out", &[("action", "sign-out")]).await;

    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 200);
    Tokens::of(&poll(&issuer, "tv", &second).await);
    Tokens::of(&issuer.refresh("tv", &tokens.refresh_token).await);
}
