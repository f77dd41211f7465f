//! A sign-in that is fresh or strong enough — RFC 9470.

use hallpass_proto::bearer::Challenge;
use hallpass_proto::error::ErrorCode;
use hallpass_resource::{Acr, All, Any, MaxAge, Requirement, acr, scope};
use http::StatusCode;
use serde_json::{Value, json};

use crate::world::{NOW, World, bearer, claims};

acr! { Strong = "phr", "phrh"; Hardware = "phrh"; }
scope! { Payments = "payments", "Make payments"; Admin = "admin", "Everything"; }

type MayPay = All<(Payments, Acr<Strong>, MaxAge<300>)>;

fn token(world: &World, scope: &str, acr: Value, auth_time: Value) -> String {
    let mut claims = claims();
    claims["scope"] = scope.into();
    claims["acr"] = acr;
    claims["auth_time"] = auth_time;
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    world.sign(&claims)
}

async fn challenge<R: Requirement>(world: &World, token: &str) -> Option<(StatusCode, Challenge)> {
    let refused = world.protect.authorize::<R>(&bearer(token)).await.err()?;
    Some((refused.status(), refused.challenge().expect("a challenge").clone()))
}

#[tokio::test]
async fn a_strong_and_fresh_sign_in_passes() {
    let world = World::new();
    for acr in ["phr", "phrh"] {
        let token = token(&world, "payments", acr.into(), (NOW - 300).into());
        assert_eq!(challenge::<MayPay>(&world, &token).await, None, "{acr}");
    }
}

/// §3: "insufficient_user_authentication" with what would do, and 401: the client gets another token, not another scope.
#[tokio::test]
async fn an_old_or_weak_sign_in_is_told_what_is_needed() {
    let world = World::new();
    for (acr, auth_time) in [
        (json!("phr"), json!(NOW - 301)),
        (json!("pwd"), json!(NOW)),
        (Value::Null, json!(NOW)),
        (json!("phr"), Value::Null),
    ] {
        let token = token(&world, "payments", acr.clone(), auth_time.clone());
        let (status, challenge) = challenge::<MayPay>(&world, &token).await.expect("refused");
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{acr} {auth_time}");
        assert_eq!(challenge.error, Some(ErrorCode::InsufficientUserAuthentication));
        assert_eq!((challenge.acr_values.join(" "), challenge.max_age), ("phr phrh".to_owned(), Some(300)));
    }
}

/// Without the scope a stronger sign-in would not help.
#[tokio::test]
async fn the_scope_is_asked_for_first() {
    let world = World::new();
    let token = token(&world, "other", "pwd".into(), (NOW - 9999).into());
    let (status, challenge) = challenge::<MayPay>(&world, &token).await.expect("refused");
    assert_eq!((status, challenge.error), (StatusCode::FORBIDDEN, Some(ErrorCode::InsufficientScope)));
    assert_eq!(challenge.scope.expect("a scope").to_string(), "payments");
}

#[tokio::test]
async fn a_token_grows_old_while_it_is_good() {
    let world = World::new();
    let token = token(&world, "payments", "phr".into(), NOW.into());
    assert_eq!(challenge::<MayPay>(&world, &token).await, None);
    world.clock.turn(301);
    assert!(challenge::<MayPay>(&world, &token).await.is_some());
    assert_eq!(challenge::<Payments>(&world, &token).await, None, "and is good for what asks less");
}

#[tokio::test]
async fn another_alternative_spares_the_step_up() {
    let world = World::new();
    let token = token(&world, "admin", Value::Null, Value::Null);
    assert_eq!(challenge::<Any<(MayPay, Admin)>>(&world, &token).await, None);
}

#[test]
fn of_two_demands_the_stricter_is_asked_for() {
    let alternatives = All::<(Acr<Strong>, Acr<Hardware>, MaxAge<300>, MaxAge<60>)>::alternatives();
    let step_up = &alternatives[0].step_up;
    assert_eq!((step_up.values(), step_up.max_age), (vec!["phrh"], Some(60)));
}
