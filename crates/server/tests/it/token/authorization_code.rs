//! `authorization_code` — RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1.

use std::collections::BTreeSet;

use hallpass_proto::pkce::CodeVerifier;
use hallpass_server::entity::Status;
use hallpass_testkit::browser::{CHALLENGE, VERIFIER};
use hallpass_testkit::{Reply, TestIssuer, Tokens};

const WEB_CB: &str = "https://web.example/cb";
const WITHOUT_PKCE: [(&str, &str); 3] =
    [("code_challenge", ""), ("code_challenge_method", ""), ("scope", "openid")];

/// A redemption by `web` with one thing replaced; an empty value leaves it out.
async fn redeem_with(issuer: &TestIssuer, code: &str, replaced: &[(&str, &str)]) -> Reply {
    let all = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", WEB_CB),
        ("code_verifier", VERIFIER),
    ];
    let kept = all.into_iter().filter(|(name, _)| !replaced.iter().any(|(n, _)| n == name));
    let form: Vec<_> = kept.chain(replaced.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
    issuer.token("web", &form).await
}

/// security.md 11: a code that was asked for without a challenge is not redeemed with a verifier (RFC 9700 §4.8.2).
#[tokio::test]
async fn a_verifier_without_a_challenge_is_a_downgrade() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("old", &WITHOUT_PKCE).await;

    issuer.redeem("old", &code).await.assert_refused(400, "invalid_grant");

    let form =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "https://old.example/cb")];
    let tokens = Tokens::of(&issuer.post_as("old", "/token", &form).await);
    assert_eq!(tokens.refresh_token, "", "the client is not registered for refresh_token");
}

/// security.md 11: with a challenge, nothing but its verifier redeems the code, and a wrong one does not burn it.
#[tokio::test]
async fn only_the_verifier_of_the_challenge_redeems() {
    let issuer = TestIssuer::start().await;
    let verifier = format!("{VERIFIER}-and-twenty-characters");
    let challenge = CodeVerifier::parse(&verifier).expect("a verifier").challenge();
    let code = issuer.code("web", &[("code_challenge", challenge.as_str())]).await;
    let long = "a".repeat(129);

    for wrong in [
        "",
        VERIFIER,
        &verifier[..43],
        &verifier[..verifier.len() - 1],
        &verifier[1..],
        challenge.as_str(),
        CHALLENGE,
        "tooshort",
        &long,
        &format!("{verifier}!"),
        &format!(" {verifier}"),
        &verifier.to_uppercase(),
    ] {
        redeem_with(&issuer, &code, &[("code_verifier", wrong)]).await.assert_refused(400, "invalid_grant");
    }

    let right = redeem_with(&issuer, &code, &[("code_verifier", &verifier)]).await;
    assert_eq!(right.status, 200, "{}", right.body);
}

/// security.md 13: the `redirect_uri` must be the one of the request, also where the client has registered others.
#[tokio::test]
async fn the_redirect_uri_must_be_the_same() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &[]).await;

    for wrong in
        ["", "https://web.example/other?tenant=1", "https://web.example/cb/", "https://WEB.example/cb"]
    {
        redeem_with(&issuer, &code, &[("redirect_uri", wrong)]).await.assert_refused(400, "invalid_grant");
    }

    assert_eq!(redeem_with(&issuer, &code, &[]).await.status, 200);
}

/// security.md 13: a code can be redeemed for 59 seconds, not for 60.
#[tokio::test]
async fn a_code_ends_after_a_minute() {
    let issuer = TestIssuer::start().await;
    let (early, late) = (issuer.code("web", &[]).await, issuer.code("web", &[]).await);

    issuer.clock.advance(59);
    assert_eq!(issuer.redeem("web", &early).await.status, 200);
    issuer.clock.advance(1);
    issuer.redeem("web", &late).await.assert_refused(400, "invalid_grant");
}

/// security.md 13: codes have 256 random bits, and each its own.
#[tokio::test]
async fn codes_cannot_be_guessed() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let mut codes = BTreeSet::new();
    for _ in 0..8 {
        let code = browser.code("web", WEB_CB, &[]).await;
        assert_eq!(code.len(), 43);
        codes.insert(code);
    }
    assert_eq!(codes.len(), 8);

    let unknown = redeem_with(&issuer, &"A".repeat(43), &[]).await;
    unknown.assert_refused(400, "invalid_grant");
    let malformed = redeem_with(&issuer, "x", &[]).await;
    assert_eq!(malformed.body, unknown.body, "one answer for all that is not a code");
}

/// security.md 13: the second use of a code is refused, and ends every token that came of the first.
#[tokio::test]
async fn a_second_use_ends_the_tokens() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let code = issuer.code(client_id, &[]).await;
        let tokens = Tokens::of(&issuer.redeem(client_id, &code).await);
        let renewed = Tokens::of(&issuer.refresh(client_id, &tokens.refresh_token).await);

        issuer.redeem(client_id, &code).await.assert_refused(400, "invalid_grant");

        for dead in [&tokens, &renewed] {
            assert_eq!(issuer.userinfo(&dead.access_token).await.status, 401);
            issuer.refresh(client_id, &dead.refresh_token).await.assert_refused(400, "invalid_grant");
        }
    }
}

/// security.md 13: a spent code is remembered after it has expired and the store was swept.
#[tokio::test]
async fn a_late_second_use_ends_the_tokens_too() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &[]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    issuer.clock.advance(9 * 60);
    issuer.server.sweep().await.expect("sweeps");
    assert!(issuer.is_active("web", &tokens.access_token).await);

    issuer.redeem("web", &code).await.assert_refused(400, "invalid_grant");

    assert!(!issuer.is_active("web", &tokens.access_token).await);
    assert!(!issuer.is_active("web", &tokens.refresh_token).await);
}

/// security.md 14: another client's try is answered as for an unknown code, and burns nothing of the owner's.
#[tokio::test]
async fn another_client_neither_gets_nor_burns_a_code() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", WEB_CB),
        ("code_verifier", VERIFIER),
    ];

    let stolen = issuer.token("other", &form).await;
    stolen.assert_refused(400, "invalid_grant");
    assert_eq!(stolen.body, redeem_with(&issuer, "unknown", &[]).await.body);

    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    issuer.token("other", &form).await.assert_refused(400, "invalid_grant");
    assert!(issuer.is_active("web", &tokens.access_token).await, "a stranger ends nothing");
}

/// security.md 13, 41: a code dies with what it stands on: the person, the consent, the session, the client.
#[tokio::test]
async fn a_code_dies_with_what_it_stands_on() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (user, client) = ("user-ada", "web");

    let code = browser.code(client, WEB_CB, &[]).await;
    issuer.change_user(user, |ada| ada.status = Status::Disabled).await;
    issuer.redeem(client, &code).await.assert_refused(400, "invalid_grant");
    issuer.change_user(user, |ada| ada.status = Status::Active).await;

    let code = browser.code(client, WEB_CB, &[]).await;
    issuer.store.withdraw_consent(user, client, issuer.now()).await.expect("withdrawn");
    issuer.redeem(client, &code).await.assert_refused(400, "invalid_grant");

    let code = browser.code(client, WEB_CB, &[]).await;
    issuer.change_client(client, |web| web.status = Status::Disabled).await;
    issuer.redeem(client, &code).await.assert_refused(401, "invalid_client");
    issuer.change_client(client, |web| web.status = Status::Active).await;

    let code = browser.code(client, WEB_CB, &[]).await;
    let page = browser.open("/").await;
    browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;
    issuer.redeem(client, &code).await.assert_refused(400, "invalid_grant");
}

/// security.md 13: what is bound to a session that has run out is not issued: no dead tokens, no negative lifetime.
#[tokio::test]
async fn a_code_does_not_outlive_its_session() {
    let issuer = TestIssuer::with("https://login.example", |config| config.session_lifetime = 100).await;
    let browser = issuer.browser_of_ada().await;
    issuer.clock.advance(70);
    let (early, late) = (browser.code("web", WEB_CB, &[]).await, browser.code("web", WEB_CB, &[]).await);
    let offline = browser.code("web", WEB_CB, &[("scope", "openid offline_access")]).await;

    issuer.clock.advance(29);
    let last_moment = issuer.redeem("web", &early).await;
    assert_eq!((last_moment.status.as_u16(), &last_moment.json()["expires_in"]), (200, &1.into()));

    issuer.clock.advance(1);
    issuer.redeem("web", &late).await.assert_refused(400, "invalid_grant");
    let reply = issuer.redeem("web", &offline).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["expires_in"]), (200, &600.into()));
}

/// security.md 13, T11: of 50 redemptions at once exactly one succeeds, and what it got is dead afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_redemptions_at_once_are_one() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let code = issuer.code(client_id, &[]).await;

        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (issuer, code) = (issuer.clone(), code.clone());
            tries.spawn(async move { issuer.redeem(client_id, &code).await });
        }
        let (won, lost): (Vec<Reply>, Vec<Reply>) =
            tries.join_all().await.into_iter().partition(|reply| reply.status == 200);

        assert_eq!((won.len(), lost.len()), (1, 49));
        for reply in lost {
            reply.assert_refused(400, "invalid_grant");
        }
        let tokens = Tokens::of(&won[0]);
        assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
        issuer.refresh(client_id, &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
    }
}
