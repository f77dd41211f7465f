//! Refresh tokens of public clients are rotated — RFC 9700 §4.14.2, with the grace of DESIGN §5.

use std::collections::BTreeSet;

use hallpass_testkit::{TestIssuer, Tokens};

const SPA: &str = "spa";
const OFFLINE: [(&str, &str); 1] = [("scope", "openid profile offline_access")];

async fn spa() -> (TestIssuer, Tokens) {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens(SPA, &OFFLINE).await;
    (issuer, tokens)
}

/// Sees that a family is gone, down to its access tokens.
async fn assert_ended(issuer: &TestIssuer, members: &[&Tokens]) {
    for tokens in members {
        issuer.refresh(SPA, &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
        assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
    }
}

/// security.md 42: every use gives a new token, and each of them goes on for as long as the grant.
#[tokio::test]
async fn a_public_clients_token_is_rotated() {
    let (issuer, first) = spa().await;
    let mut token = first.refresh_token;
    let mut seen = BTreeSet::from([token.clone()]);
    for _ in 0..5 {
        issuer.clock.advance(3600);
        let next = Tokens::of(&issuer.refresh(SPA, &token).await);
        assert_eq!(next.refresh_token.len(), 43);
        assert_eq!(issuer.userinfo(&next.access_token).await.status, 200);
        assert!(seen.insert(next.refresh_token.clone()), "a token comes once");
        token = next.refresh_token;
    }
}

/// security.md 42, 43: an answer that was lost is asked for again, and gives the same successor, for 30 seconds.
#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again() {
    let (issuer, first) = spa().await;
    let lost = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);
    for _ in 0..3 {
        issuer.clock.advance(10);
        let again = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);
        assert_eq!(again.refresh_token, lost.refresh_token, "a family has one newest member");
        assert_eq!(issuer.userinfo(&again.access_token).await.status, 200);
    }

    assert_eq!(issuer.refresh(SPA, &lost.refresh_token).await.status, 200);
}

/// security.md 42: once its successor was used, the old token is a stolen one, also within the 30 seconds.
#[tokio::test]
async fn a_token_whose_successor_was_used_ends_the_family() {
    let (issuer, first) = spa().await;
    let second = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);
    let third = Tokens::of(&issuer.refresh(SPA, &second.refresh_token).await);

    issuer.refresh(SPA, &first.refresh_token).await.assert_refused(400, "invalid_grant");

    assert_ended(&issuer, &[&first, &second, &third]).await;
}

/// security.md 42: after the 30 seconds the old token is a stolen one, although its successor was not used.
#[tokio::test]
async fn a_token_that_comes_too_late_ends_the_family() {
    let (issuer, first) = spa().await;
    let second = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);

    issuer.clock.advance(31);
    issuer.refresh(SPA, &first.refresh_token).await.assert_refused(400, "invalid_grant");

    assert_ended(&issuer, &[&first, &second]).await;
}

/// security.md 42: a reuse is noticed after months, when the token itself would long be too old.
#[tokio::test]
async fn a_token_that_comes_months_later_ends_the_family() {
    let (issuer, first) = spa().await;
    let mut newest = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);
    for _ in 0..4 {
        issuer.clock.advance(25 * 24 * 60 * 60);
        issuer.server.sweep().await.expect("sweeps");
        newest = Tokens::of(&issuer.refresh(SPA, &newest.refresh_token).await);
    }

    issuer.refresh(SPA, &first.refresh_token).await.assert_refused(400, "invalid_grant");

    assert_ended(&issuer, &[&newest]).await;
}

/// security.md 42: one family's end is no other's.
#[tokio::test]
async fn only_the_family_of_the_reused_token_ends() {
    let (issuer, first) = spa().await;
    let others = issuer.tokens(SPA, &OFFLINE).await;
    let second = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);
    issuer.clock.advance(31);

    issuer.refresh(SPA, &first.refresh_token).await.assert_refused(400, "invalid_grant");

    assert_ended(&issuer, &[&second]).await;
    assert_eq!(issuer.userinfo(&others.access_token).await.status, 200);
    assert_eq!(issuer.refresh(SPA, &others.refresh_token).await.status, 200);
}

/// security.md 41, 42: a stranger that presents an old token ends nothing.
#[tokio::test]
async fn a_stranger_cannot_end_a_family() {
    let (issuer, first) = spa().await;
    let second = Tokens::of(&issuer.refresh(SPA, &first.refresh_token).await);
    issuer.clock.advance(31);

    for stranger in ["native", "web"] {
        issuer.refresh(stranger, &first.refresh_token).await.assert_refused(400, "invalid_grant");
    }

    assert_eq!(issuer.refresh(SPA, &second.refresh_token).await.status, 200);
}

/// security.md 42: a request that is refused for its scope does not use the token up.
#[tokio::test]
async fn a_refused_scope_does_not_rotate() {
    let (issuer, first) = spa().await;

    let refused = issuer.refresh_for(SPA, &first.refresh_token, "email").await;
    refused.assert_refused(400, "invalid_scope");

    issuer.clock.advance(31);
    assert_eq!(issuer.refresh(SPA, &first.refresh_token).await.status, 200);
}

/// security.md T10: of 50 refreshes at once all succeed with one successor, and the family lives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_at_once_give_one_successor() {
    let (issuer, first) = spa().await;

    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (issuer, token) = (issuer.clone(), first.refresh_token.clone());
        tries.spawn(async move { issuer.refresh(SPA, &token).await });
    }
    let replies = tries.join_all().await;
    let successors: BTreeSet<_> = replies.iter().map(|reply| Tokens::of(reply).refresh_token).collect();

    assert_eq!(successors.len(), 1, "never two newest members");
    let next = issuer.refresh(SPA, successors.first().expect("one")).await;
    assert_eq!(next.status, 200, "{}", next.body);
}
