//! A key is published before it signs, and after it.

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_server::entity::key::KeyPurpose;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::issuer::ISSUER;

use super::*;

const WEB: &str = "https://web.example/cb";

/// security.md 55: caches may keep the JWKS for its max-age; a key that signs was in it for longer than that. Tokens of
/// the key before are good to their end, and so is that key published.
#[tokio::test]
async fn a_key_is_published_before_it_signs_and_as_long_as_its_tokens_live() {
    let issuer = TestIssuer::with(ISSUER, |config| config.publish_keys_ahead = 0).await;
    let (first, all) = (signs(&issuer).await, published(&issuer).await);
    let ahead = issuer.server.keys().schedule.publish_ahead;
    assert_eq!(ahead, 300 + 120, "never less than the max-age of /jwks");

    let next = issuer.server.keys().rotate(ES256, ahead).await.expect("rotates").kid;
    issuer.clock.advance(1);
    let both = published(&issuer).await;
    assert!(both.is_superset(&all) && both.contains(&next) && both.len() == all.len() + 1);
    assert_eq!(signs(&issuer).await, first);

    issuer.clock.advance(ahead - 2);
    let old = token(&issuer).await;
    assert_eq!(kid_of(&old), first, "a second before its time");
    issuer.clock.advance(1);
    assert_eq!(signs(&issuer).await, next);
    assert!(published(&issuer).await.contains(&first));
    assert!(issuer.is_active("service", &old).await);

    let longest = 3600;
    issuer.clock.advance(longest + 119);
    assert!(published(&issuer).await.contains(&first), "the longest token of the first key, and two minutes");
    issuer.clock.advance(1);
    let after = published(&issuer).await;
    assert!(!after.contains(&first) && after.contains(&next) && after.len() == all.len());
}

/// provider.md, server-rotate-keys: after a rotation there is a new `kid`, and the old one is still there; for every
/// algorithm that is offered.
#[tokio::test]
async fn after_a_rotation_every_algorithm_has_its_old_key_and_a_new_one() {
    let issuer = TestIssuer::start().await;
    let before = published(&issuer).await;
    let tokens = issuer.tokens("web", &[("scope", "openid offline_access")]).await;

    let ahead = issuer.rotate_keys().await;
    let after = published(&issuer).await;
    assert!(after.is_superset(&before) && after.len() == 2 * before.len());
    issuer.clock.advance(ahead);

    let again = Tokens::of(&issuer.refresh("web", &tokens.refresh_token).await);
    assert!(!before.contains(&kid_of(&again.id_token)) && !before.contains(&kid_of(&again.access_token)));
    issuer.verified(&again.id_token).await;
    issuer.verified(&again.access_token).await;
}

/// Another node that knows nothing of the command follows it within a second, and begins to sign at the same moment.
#[tokio::test]
async fn every_node_follows_within_a_second() {
    let issuer = TestIssuer::start().await;
    let other = issuer.another_node().await;
    let ahead = issuer.server.keys().schedule.publish_ahead;

    let next = issuer.server.keys().rotate(ES256, ahead).await.expect("rotates").kid;
    issuer.clock.advance(1);

    assert!(published(&other).await.contains(&next));
    assert_eq!(other.get("/jwks").await.body, issuer.get("/jwks").await.body);
    issuer.clock.advance(ahead - 1);
    assert_eq!((signs(&issuer).await, signs(&other).await), (next.clone(), next));
}

/// A rotation that is repeated by an impatient hand would publish more and more.
#[tokio::test]
async fn while_the_next_key_waits_there_is_no_other() {
    let issuer = TestIssuer::start().await;
    let keys = issuer.server.keys();
    let next = keys.rotate(ES256, 600).await.expect("rotates").kid;
    issuer.clock.advance(100);

    let refused = keys.rotate(ES256, 600).await.expect_err("it waits").to_string();

    assert!(refused.contains(&next) && refused.contains("in 500 seconds"), "{refused}");
    assert_eq!(head(&issuer, ES256).await.kid, next);
}

/// Whoever is in front of a page when the sealing key is exchanged goes on, with the old key or the new.
#[tokio::test]
async fn a_request_in_progress_outlives_the_sealing_key() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    let before = head(&issuer, KeyPurpose::Seal).await.kid;

    let next = issuer.server.keys().rotate(KeyPurpose::Seal, 60).await.expect("rotates").kid;
    issuer.clock.advance(61);
    let late = browser.tab().open(&authorize_url("web", WEB, &[("state", "late")])).await;
    let fields = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
    let reply = browser.submit(&page, "sign-in", &fields).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    assert!(response_of(&reply).code.is_some(), "sealed before");

    // The new key seals: without it, nothing of this opens.
    issuer.server.keys().revoke(&next).await.expect("revoked");
    issuer.clock.advance(1);
    browser.submit(&late, "sign-in", &fields).await.assert_page(400, "invalid_request");
    assert_ne!(before, next);
}

/// What derives would give people other identifiers if it were exchanged.
#[tokio::test]
async fn the_key_that_derives_stays() {
    let issuer = TestIssuer::start().await;
    let keys = issuer.server.keys();
    let key = head(&issuer, KeyPurpose::Derive).await;

    assert!(keys.rotate(KeyPurpose::Derive, 600).await.is_err());
    assert!(keys.revoke(&key.kid).await.is_err() && keys.retire(&key.kid).await.is_err());

    assert_eq!(head(&issuer, KeyPurpose::Derive).await, key);
}

/// OpenID Connect Core §3.1.2.1: a hint may have expired. It says who is meant as long as a session may last, also when
/// its key is not published any more.
#[tokio::test]
async fn an_old_id_token_still_says_who_is_meant() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let code = browser.code("web", WEB, &[]).await;
    let id_token = Tokens::of(&issuer.redeem("web", &code).await).id_token;
    let rs256 = KeyPurpose::Sign(SigningAlg::Rs256);
    issuer.server.keys().rotate(rs256, 0).await.expect("rotates");
    issuer.clock.advance(3600 + 120);
    assert!(!published(&issuer).await.contains(&kid_of(&id_token)));
    issuer.server.sweep().await.expect("sweeps");

    let quiet = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", &id_token)]);
    assert!(response_of(&browser.get(&quiet).await).code.is_some());

    issuer.clock.advance(14 * DAY);
    issuer.server.sweep().await.expect("sweeps");
    assert!(issuer.store.keys().await.expect("the store works").find(&kid_of(&id_token)).is_none());
    browser.get(&quiet).await.assert_sent_back(WEB, "invalid_request");
}

/// An algorithm that nobody uses any more: its key stops, and its tokens are good to their end.
#[tokio::test]
async fn a_retired_key_is_published_for_its_tokens() {
    let issuer = TestIssuer::with(ISSUER, |config| config.access_token_alg = SigningAlg::EdDsa).await;
    let old = token(&issuer).await;
    let node = issuer.another_node().await;
    assert_ne!(signs(&node).await, kid_of(&old), "this one signs by ES256");

    node.server.keys().retire(&kid_of(&old)).await.expect("retires");
    issuer.clock.advance(1);

    assert!(published(&node).await.contains(&kid_of(&old)) && node.is_active("service", &old).await);
    issuer.clock.advance(3600 + 120);
    assert!(!published(&node).await.contains(&kid_of(&old)));
}

/// While the store is away, the keys that are known sign and verify.
#[tokio::test]
async fn a_store_that_is_away_does_not_stop_signing() {
    use crate::failing_store::{Break, FailingStore};
    let (issuer, store) = FailingStore::issuer().await;
    let ahead = issuer.server.keys().schedule.publish_ahead;
    let next = issuer.server.keys().rotate(ES256, ahead).await.expect("rotates").kid;
    issuer.clock.advance(1);
    assert!(published(&issuer).await.contains(&next));

    store.fail("keys", Break::Down);
    issuer.clock.advance(ahead);
    let old = token(&issuer).await;
    assert!(issuer.is_active("service", &old).await);

    store.heal();
    issuer.clock.advance(1);
    assert_eq!(signs(&issuer).await, next);
}
