//! The device flow — RFC 8628 §3.1 to §3.5, against a clock that is turned.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_client::device::{Device, Poll};
use hallpass_client::error::Error;
use hallpass_proto::error::ErrorCode;
use hallpass_proto::scope::Scope;
use serde_json::{Value, json};

use crate::world::{FakeIssuer, ISSUER, metadata};

fn issuer() -> Arc<FakeIssuer> {
    let issuer = FakeIssuer::new();
    let mut document = metadata();
    document["device_authorization_endpoint"] = json!(format!("{ISSUER}/device_authorization"));
    issuer.publish(document);
    issuer.answer_json("/device_authorization", codes());
    issuer
}

fn codes() -> Value {
    json!({
        "device_code": "canary-device-code-0123456789", "user_code": "WDJB-MJHT",
        "verification_uri": "https://as.example/device", "expires_in": 600, "interval": 5,
    })
}

async fn device(issuer: &Arc<FakeIssuer>) -> Device {
    issuer.client().device(&"read".parse().expect("a scope")).await.expect("codes")
}

fn says(issuer: &FakeIssuer, error: &str) {
    issuer.answer("/token", 400, "application/json", &json!({ "error": error }).to_string());
}

async fn pause(device: &mut Device) -> u64 {
    match device.poll().await.expect("goes on") {
        Poll::Wait(pause) => pause.as_secs(),
        Poll::Done(_) => panic!("nobody has answered"),
    }
}

/// What the person is told, and what the device sends.
#[tokio::test]
async fn a_device_tells_its_code_and_gets_its_tokens() {
    let issuer = issuer();
    let mut device = device(&issuer).await;
    assert!(issuer.last_body("/device_authorization").contains("scope=read"));
    assert_eq!(device.to_string(), "Open https://as.example/device and enter the code WDJB-MJHT");
    assert_eq!((device.verification_uri_complete(), device.pause().as_secs()), (None, 5));
    assert!(!format!("{device:?}").contains("canary"));
    issuer.answer_json("/token", json!({ "access_token": "t", "token_type": "bearer" }));

    let tokens = device.wait_by(|_| async {}).await.expect("tokens");

    assert_eq!((tokens.access_token, tokens.scope.to_string()), ("t".into(), "read".to_owned()));
    let body = issuer.last_body("/token");
    assert!(
        body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=")
    );
}

/// §3.5: 5 seconds longer at each `slow_down`, for good.
#[tokio::test]
async fn a_device_that_is_told_to_slow_down_does() {
    let issuer = issuer();
    let mut device = device(&issuer).await;
    let mut pauses = Vec::new();
    for error in ["authorization_pending", "slow_down", "authorization_pending", "slow_down"] {
        says(&issuer, error);
        pauses.push(pause(&mut device).await);
    }
    assert_eq!(pauses, [5, 10, 10, 15]);
}

/// §3.5: an exponential back-off while nobody is there, and the old pace afterwards; not past the end of the codes.
#[tokio::test]
async fn a_server_that_is_away_is_waited_for() {
    let issuer = issuer();
    let mut device = device(&issuer).await;
    issuer.go_down();
    let mut pauses = Vec::new();
    for _ in 0..6 {
        pauses.push(pause(&mut device).await);
    }
    assert_eq!(pauses, [10, 20, 40, 60, 60, 60]);
    issuer.come_back();
    says(&issuer, "authorization_pending");
    assert_eq!(pause(&mut device).await, 5);

    issuer.answer("/token", 503, "text/html", "busy");
    assert_eq!(pause(&mut device).await, 10);
    issuer.clock.advance(600);
    assert!(matches!(device.poll().await, Err(Error::Unavailable { .. })), "the codes have ended");
}

/// What is final ends it, as what it is.
#[tokio::test]
async fn an_answer_that_is_final_ends_it() {
    for (error, code) in [
        ("access_denied", ErrorCode::AccessDenied),
        ("expired_token", ErrorCode::ExpiredToken),
        ("invalid_grant", ErrorCode::InvalidGrant),
    ] {
        let issuer = issuer();
        let mut device = device(&issuer).await;
        says(&issuer, error);
        let ended = device.wait_by(|_| async {}).await;
        assert!(matches!(ended, Err(Error::OAuth { body, .. }) if body.error == code), "{error}");
    }
}

/// Each poll comes after its pause; a wait that is dropped goes on where it was.
#[tokio::test]
async fn a_wait_that_is_dropped_goes_on() {
    let issuer = issuer();
    let mut device = device(&issuer).await;
    says(&issuer, "slow_down");
    assert_eq!(pause(&mut device).await, 10);
    let dropped = tokio::time::timeout(Duration::ZERO, device.wait_by(|_| std::future::pending())).await;
    assert!(dropped.is_err());
    let slept = Mutex::new(Vec::new());

    let tokens = device
        .wait_by(|pause| {
            let mut slept = slept.lock().expect("whole");
            slept.push(pause.as_secs());
            if slept.len() == 2 {
                issuer.answer_json("/token", json!({ "access_token": "t", "token_type": "bearer" }));
            }
            async {}
        })
        .await;

    assert!(tokens.is_ok());
    assert_eq!(*slept.lock().expect("whole"), [10, 15]);
}

/// A server without the flow, an answer without codes, and one that asks for no pause at all.
#[tokio::test]
async fn an_answer_that_does_not_do_is_refused() {
    let without = FakeIssuer::new();
    let refused = without.client().device(&Scope::empty()).await;
    assert!(matches!(refused, Err(Error::NotSupported { member: "device_authorization_endpoint", .. })));

    let issuer = issuer();
    for (member, value) in [("device_code", json!("")), ("user_code", json!("")), ("expires_in", json!("x"))]
    {
        let mut answer = codes();
        answer[member] = value;
        issuer.answer_json("/device_authorization", answer);
        let refused = issuer.client().device(&Scope::empty()).await;
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{member}");
    }
    let mut hasty = codes();
    hasty["interval"] = json!(-1);
    issuer.answer_json("/device_authorization", hasty);
    assert_eq!(device(&issuer).await.pause().as_secs(), 1);
}
