//! Tokens of several issuers at one resource: each by its own rules, and no other's.

use std::sync::Arc;

use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_resource::{KeySource, Protect, ProtectError, Reason};
use serde_json::Value;

use crate::introspect::{Opaque, active};
use crate::world::{API, Published, World, claims_with, env};

const OTHER: &str = "https://other.example";

/// A second issuer with a key of its own.
fn second(world: &World) -> (Protect, SigningKey) {
    let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
    let published = Arc::new(Published::default());
    published.publish(&key);
    let issuer = Issuer::parse(OTHER).expect("an issuer");
    let builder = Protect::jwt_with_keys(issuer, published as Arc<dyn KeySource>);
    (builder.audience(API).scopes_from("scp").env(env(&world.clock)).build().expect("does"), key)
}

async fn verify(protect: &Protect, token: &str) -> Result<String, Reason> {
    let token = protect.verify(Some(&format!("Bearer {token}"))).await;
    token.map(|token| token.iss.clone()).map_err(|refused| refused.reason().clone())
}

fn of_other(key: &SigningKey) -> String {
    key.sign(Some("at+jwt"), claims_with("iss", OTHER.into()).to_string().as_bytes()).expect("signs")
}

#[tokio::test]
async fn each_issuer_by_its_own_keys() {
    let world = World::new();
    let (other, key) = second(&world);
    let protect = Protect::any([world.protect.clone(), other]).expect("two");

    assert_eq!(verify(&protect, &world.token("items:read")).await, Ok(crate::world::ISSUER.to_owned()));
    let theirs = of_other(&key);
    for _ in 0..2 {
        assert_eq!(verify(&protect, &theirs).await, Ok(OTHER.to_owned()));
    }
    assert_eq!(protect.remembered(), 2);
    assert_eq!(protect.issuers().len(), 2);

    // one issuer's key does not speak for another
    assert!(matches!(verify(&protect, &of_other(&world.key)).await, Err(Reason::KeyUnknown(_))));
    let posing =
        key.sign(Some("at+jwt"), claims_with("x", Value::Null).to_string().as_bytes()).expect("signs");
    assert!(matches!(verify(&protect, &posing).await, Err(Reason::KeyUnknown(_))));
}

#[tokio::test]
async fn what_is_of_nobody_is_refused_without_a_look_at_any_key() {
    let world = World::new();
    let (other, _) = second(&world);
    let protect = Protect::any([world.protect.clone(), other]).expect("two");
    let stranger = world.sign(&claims_with("iss", "https://evil.example".into()));
    for token in [stranger.as_str(), "opaque", "a.b.c", "..", "a.b.c.d"] {
        assert_eq!(verify(&protect, token).await, Err(Reason::IssuerUnknown), "{token}");
    }
    assert_eq!(world.published.looks.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// A JWT of a known issuer that fails is refused; it is not handed on until somebody takes it.
#[tokio::test]
async fn opaque_tokens_go_to_whom_can_be_asked() {
    let world = World::new();
    let opaque = Opaque::new(active());
    let protect = Protect::any([world.protect.clone(), opaque.protect.clone()]).expect("two");

    assert!(verify(&protect, "opaque").await.is_ok());
    let expired = world.token("items:read");
    world.clock.turn(3600);
    assert!(matches!(verify(&protect, &expired).await, Err(Reason::Token(_))));
}

#[test]
fn any_of_nothing_is_a_mistake() {
    assert_eq!(Protect::any([]).expect_err("nothing"), ProtectError::Nothing);
}
