//! What is remembered of verified tokens: enough not to check a signature twice, and never more than was true.

use std::sync::Arc;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use http::StatusCode;
use serde_json::json;

use crate::world::{NOW, World, claims, claims_with};

/// A verification makes a new `Token`; the same one again means that there was no second verification.
#[tokio::test]
async fn a_token_is_verified_once() {
    let world = World::new();
    let token = world.sign(&claims());
    let first = world.verify(&token).await.expect("accepted");
    let second = world.verify(&token).await.expect("accepted");
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(world.protect.remembered(), 1);
}

#[tokio::test]
async fn with_no_memory_it_is_verified_each_time() {
    let world = World::with(|builder| builder.remember(0));
    let token = world.sign(&claims());
    let first = world.verify(&token).await.expect("accepted");
    let second = world.verify(&token).await.expect("accepted");
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(world.protect.remembered(), 0);
}

/// The answer is the same whether a token is remembered or not, to the second.
#[tokio::test]
async fn a_remembered_token_expires_when_it_expires() {
    let world = World::with(|builder| builder.exp_leeway(5));
    let forgetful = World::with(|builder| builder.exp_leeway(5).remember(0));
    let (token, other) = (world.sign(&claims()), forgetful.sign(&claims()));
    for _ in 0..700 {
        let outcome = world.verify(&token).await.map_err(|refused| refused.status()).map(|token| token.exp);
        let expected =
            forgetful.verify(&other).await.map_err(|refused| refused.status()).map(|token| token.exp);
        assert_eq!(outcome, expected);
        world.clock.turn(1);
        forgetful.clock.turn(1);
    }
    assert_eq!(world.verify(&token).await.expect_err("expired").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(world.protect.remembered(), 0, "what has expired is forgotten");
}

/// A key that the issuer takes back because it leaked takes back what was verified with it.
#[tokio::test]
async fn a_withdrawn_key_ends_what_it_signed() {
    let world = World::new();
    let token = world.sign(&claims());
    world.verify(&token).await.expect("accepted");
    world.published.withdraw_all();
    assert_eq!(world.verify(&token).await.expect_err("refused").status(), StatusCode::UNAUTHORIZED);
}

/// The same key published again, as after each fetch, costs one more verification.
#[tokio::test]
async fn a_key_that_was_fetched_again_goes_on() {
    let world = World::new();
    let token = world.sign(&claims());
    let first = world.verify(&token).await.expect("accepted");
    world.published.withdraw_all();
    world.published.publish(&world.key);
    let second = world.verify(&token).await.expect("accepted");
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&second, &world.verify(&token).await.expect("accepted")));
}

/// Another key under the same name is another key.
#[tokio::test]
async fn a_replaced_key_ends_what_the_old_one_signed() {
    let world = World::new();
    let token = world.sign(&claims());
    world.verify(&token).await.expect("accepted");
    world.published.withdraw_all();
    let other = SigningKey::generate(SigningAlg::Es256).expect("a key").with_kid(world.key.kid());
    world.published.publish(&other);
    assert_eq!(world.verify(&token).await.expect_err("refused").status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn memory_is_bounded_however_many_tokens_there_are() {
    let world = World::with(|builder| builder.remember(64));
    for _ in 0..500 {
        world.verify(&world.sign(&claims())).await.expect("accepted");
        assert!(world.protect.remembered() <= 64);
    }
    assert!(world.protect.remembered() > 16, "it is used, too");
}

#[tokio::test]
async fn a_token_in_use_is_kept_while_others_come_and_go() {
    let world = World::with(|builder| builder.remember(320));
    let token = world.sign(&claims());
    let first = world.verify(&token).await.expect("accepted");
    for _ in 0..1000 {
        world.verify(&world.sign(&claims())).await.expect("accepted");
        let again = world.verify(&token).await.expect("accepted");
        assert!(Arc::ptr_eq(&first, &again));
    }
}

/// Ten thousand tokens of the longest kind would be half a gigabyte.
#[tokio::test]
async fn an_unusually_long_token_is_accepted_and_not_remembered() {
    let world = World::new();
    let token = world.sign(&claims_with("groups", json!("x".repeat(10_000))));
    world.verify(&token).await.expect("accepted");
    assert_eq!(world.protect.remembered(), 0);
}

/// A flood of bad tokens takes no memory.
#[tokio::test]
async fn what_is_refused_is_not_remembered() {
    let world = World::new();
    let good = world.sign(&claims());
    for i in 0..200 {
        let _ = world.verify(&format!("{good}{i}")).await.expect_err("refused");
        let _ = world.verify(&world.sign(&claims_with("exp", json!(NOW - 1000)))).await.expect_err("refused");
    }
    assert_eq!(world.protect.remembered(), 0);
}
