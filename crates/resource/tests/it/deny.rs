//! Tokens that are refused although they are valid.

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_proto::error::ErrorCode;
use hallpass_resource::{Denied, Reason};

use crate::world::{ISSUER, NOW, World, claims_with};

#[tokio::test]
async fn a_denied_token_is_refused_though_it_was_seen_before() {
    let world = World::new();
    let list = Arc::new(Denied::new());
    let protect = world.protect.deny(list.clone());
    let (one, other) = (world.sign(&claims_with("jti", "one".into())), world.token("items:read"));
    let verify = async |token: &str| protect.verify(Some(&format!("Bearer {token}"))).await;
    assert!(verify(&one).await.is_ok());

    list.jti(ISSUER, "one", Time::from_unix(NOW + 600));

    let refused = verify(&one).await.expect_err("denied");
    assert_eq!(*refused.reason(), Reason::Denied);
    assert_eq!(refused.challenge().expect("a challenge").error, Some(ErrorCode::InvalidToken));
    assert!(verify(&other).await.is_ok());
    assert!(world.verify(&one).await.is_ok(), "what has no list knows nothing of it");
}

#[tokio::test]
async fn a_session_that_ended_takes_all_its_tokens_with_it() {
    let world = World::new();
    let list = Arc::new(Denied::new());
    let protect = world.protect.deny(list.clone());
    let (mine, theirs) =
        (world.sign(&claims_with("sid", "s1".into())), world.sign(&claims_with("sid", "s2".into())));

    list.sid(ISSUER, "s1", Time::from_unix(NOW + 600));
    list.sid("https://other.example", "s2", Time::from_unix(NOW + 600));

    assert!(protect.verify(Some(&format!("Bearer {mine}"))).await.is_err());
    assert!(protect.verify(Some(&format!("Bearer {theirs}"))).await.is_ok(), "sid is the issuer's own");
}

#[test]
fn an_entry_lasts_as_long_as_it_must_and_no_longer() {
    let list = Denied::new();
    list.jti(ISSUER, "one", Time::from_unix(NOW + 60));
    list.jti(ISSUER, "one", Time::from_unix(NOW + 10));
    list.sweep(Time::from_unix(NOW + 59));
    assert_eq!(list.len(), 1, "the later end counts");
    list.sweep(Time::from_unix(NOW + 60));
    assert!(list.is_empty());
}
