//! The key cache — security.md 75, T8; pains 8 to 11.

use std::sync::Arc;

use hallpass_client::keys::{KeyError, Keys, KeysConfig};
use hallpass_proto::jose::alg::SigningAlg::{Es256, Rs256};
use serde_json::json;

use crate::world::{FakeIssuer, ISSUER, jwks, keys};

fn cache(issuer: &Arc<FakeIssuer>) -> Keys {
    Keys::new(&format!("{ISSUER}/jwks"), issuer.clone(), issuer.env.clone(), KeysConfig::default())
}

/// Lets the tasks in the background run.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_known_key_is_read_without_a_fetch() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    for _ in 0..100 {
        cache.get(Some("first"), Rs256).await.expect("known");
    }
    assert_eq!(issuer.count("/jwks"), 1);
}

#[tokio::test]
async fn two_hundred_at_once_cause_one_fetch() {
    let issuer = FakeIssuer::new();
    let gate = issuer.hold_back();
    let cache = cache(&issuer);
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.get(Some("first"), Rs256).await.map(|_| ()) })
        })
        .collect();
    settle().await;
    gate.add_permits(1);
    for caller in callers {
        caller.await.expect("runs").expect("a key");
    }
    assert_eq!(issuer.count("/jwks"), 1);
}

#[tokio::test]
async fn a_flood_of_unknown_kids_causes_one_fetch_in_each_cooldown() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    cache.get(Some("first"), Rs256).await.expect("known");
    for second in 0..90 {
        for flood in 0..20 {
            let error =
                cache.get(Some(&format!("made-up-{second}-{flood}")), Rs256).await.expect_err("unknown");
            assert!(matches!(error, KeyError::Unknown { .. }), "{error:?}");
        }
        issuer.clock.advance(1);
    }
    assert_eq!(issuer.count("/jwks"), 3, "one at the start, one in each of the next cooldowns");
}

#[tokio::test]
async fn a_rotated_key_is_found() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    cache.get(Some("first"), Rs256).await.expect("known");
    issuer.answer_json("/jwks", jwks(&[&keys()[1]]));
    issuer.clock.advance(30);
    cache.get(Some("second"), Rs256).await.expect("fetched");
    assert!(cache.get(Some("first"), Rs256).await.is_err(), "what is withdrawn is gone");
}

#[tokio::test]
async fn old_keys_are_renewed_in_the_background() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    cache.get(Some("first"), Rs256).await.expect("known");
    issuer.clock.advance(600);
    let gate = issuer.hold_back();
    cache.get(Some("first"), Rs256).await.expect("does not wait");
    settle().await;
    assert_eq!(issuer.count("/jwks"), 2, "renewed on use");
    gate.add_permits(1);
    settle().await;
    cache.get(Some("first"), Rs256).await.expect("renewed");
    assert_eq!(issuer.count("/jwks"), 2);
}

#[tokio::test]
async fn kept_keys_outlive_an_outage_for_a_day() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    cache.get(Some("first"), Rs256).await.expect("known");
    issuer.go_down();
    for _ in 0..24 {
        issuer.clock.advance(3600);
        cache.get(Some("first"), Rs256).await.expect("kept");
        settle().await;
    }
    issuer.clock.advance(1);
    let error = cache.get(Some("first"), Rs256).await.expect_err("too old");
    assert!(matches!(error, KeyError::Unavailable { .. }), "{error:?}");
    issuer.come_back();
    issuer.clock.advance(5);
    cache.get(Some("first"), Rs256).await.expect("back within five seconds");
}

#[tokio::test]
async fn an_unknown_kid_during_an_outage_does_not_disturb_known_ones() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    cache.get(Some("first"), Rs256).await.expect("known");
    issuer.go_down();
    issuer.clock.advance(60);
    let error = cache.get(Some("second"), Rs256).await.expect_err("unknown");
    assert!(matches!(error, KeyError::Unknown { .. }), "{error:?}");
    cache.get(Some("first"), Rs256).await.expect("kept");
}

#[tokio::test]
async fn cold_and_down_says_nothing_about_the_token() {
    let issuer = FakeIssuer::new();
    issuer.go_down();
    let cache = cache(&issuer);
    for _ in 0..100 {
        let error = cache.get(Some("first"), Rs256).await.expect_err("no keys");
        assert!(matches!(error, KeyError::Unavailable { retry_after: 1.., .. }), "{error:?}");
    }
    assert_eq!(issuer.count("/jwks"), 1, "not one fetch for each caller");
    issuer.come_back();
    issuer.clock.advance(1);
    cache.get(Some("first"), Rs256).await.expect("back");
}

/// pain 11: the first caller goes away while it waits.
#[tokio::test]
async fn a_caller_that_goes_away_does_not_end_the_fetch() {
    let issuer = FakeIssuer::new();
    let gate = issuer.hold_back();
    let cache = cache(&issuer);
    let first = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get(Some("first"), Rs256).await.map(|_| ()) }
    });
    settle().await;
    first.abort();
    assert!(first.await.is_err(), "it is gone");
    gate.add_permits(1);
    cache.get(Some("first"), Rs256).await.expect("the same fetch serves the next");
    assert_eq!(issuer.count("/jwks"), 1);
}

#[tokio::test]
async fn garbage_does_not_replace_keys() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    cache.get(Some("first"), Rs256).await.expect("known");
    let huge = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(300_000));
    let private = json!({ "keys": [{ "kty": "oct", "k": "AAAA", "kid": "first" }] }).to_string();
    for body in ["", "<html>", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, &huge, &private] {
        issuer.answer("/jwks", 200, "application/json", body);
        issuer.clock.advance(600);
        let _ = cache.get(Some("other"), Rs256).await;
        cache.get(Some("first"), Rs256).await.expect("kept");
    }
}

#[tokio::test]
async fn a_token_without_kid_gets_the_only_key_that_fits() {
    let issuer = FakeIssuer::new();
    let first = cache(&issuer);
    first.get(None, Rs256).await.expect("one RSA key");
    first.get(None, Es256).await.expect("one elliptic key");
    issuer.answer_json("/jwks", jwks(&[&keys()[0], &keys()[1]]));
    let error = cache(&issuer).get(None, Rs256).await.expect_err("two RSA keys");
    assert!(matches!(error, KeyError::Ambiguous { .. }), "{error:?}");
}

#[tokio::test]
async fn a_key_is_found_for_its_own_algorithm_only() {
    let issuer = FakeIssuer::new();
    let cache = cache(&issuer);
    assert!(matches!(cache.get(Some("first"), Es256).await, Err(KeyError::Unknown { .. })));
    assert!(matches!(cache.get(Some("elliptic"), Rs256).await, Err(KeyError::Unknown { .. })));
}
