//! How a token is presented, and how the answer is put — RFC 6750 §2, §3.

use hallpass_proto::error::ErrorCode;
use hallpass_resource::{Authenticated, Reason, Refused};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use proptest::prelude::*;
use serde_json::Value;

use crate::world::{World, bearer};

async fn authorize(world: &World, headers: &HeaderMap) -> Refused {
    world.protect.authorize::<Authenticated>(headers).await.expect_err("refused")
}

#[tokio::test]
async fn nothing_presented_is_401_without_an_error_code() {
    let world = World::with(|builder| builder.realm("items"));
    let refused = authorize(&world, &HeaderMap::new()).await;
    assert_eq!((refused.status(), refused.reason()), (StatusCode::UNAUTHORIZED, &Reason::NothingPresented));
    assert_eq!(refused.challenge().expect("a challenge").to_string(), r#"Bearer realm="items""#);
}

/// Another scheme is somebody else's credentials: for us, nothing was presented.
#[tokio::test]
async fn credentials_of_another_scheme() {
    let world = World::new();
    for value in ["Basic YTpi", "DPoP abc", "Digest x=y", "bearer_token", ""] {
        let refused = world.protect.verify(Some(value)).await.expect_err("refused");
        assert_eq!(refused.reason(), &Reason::NothingPresented, "{value:?}");
    }
}

#[tokio::test]
async fn malformed_credentials_are_400() {
    let world = World::new();
    let token = world.token("items:read");
    for value in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer\u{20}{token}\u{e9}"),
    ] {
        let refused = world.protect.verify(Some(&value)).await.expect_err("refused");
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{value:?}");
        assert_eq!(
            refused.challenge().expect("a challenge").error,
            Some(ErrorCode::InvalidRequest),
            "{value:?}"
        );
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_400() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff\xfe").expect("a header value"));
    assert_eq!(authorize(&World::new(), &headers).await.reason(), &Reason::Malformed);
}

/// Even when both are the same, and good: who sends two has been tampered with, or tampers.
#[tokio::test]
async fn two_authorization_headers_are_400() {
    let world = World::new();
    let mut headers = bearer(&world.token("items:read"));
    headers.append(AUTHORIZATION, headers[AUTHORIZATION].clone());
    let refused = authorize(&world, &headers).await;
    assert_eq!((refused.status(), refused.reason()), (StatusCode::BAD_REQUEST, &Reason::Repeated));
    headers = bearer(&world.token("items:read"));
    headers.append(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
    assert_eq!(authorize(&world, &headers).await.reason(), &Reason::Repeated);
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let world = World::new();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", world.token("items:read"));
        assert!(world.protect.verify(Some(&value)).await.is_ok(), "{scheme}");
    }
}

#[tokio::test]
async fn the_response_is_a_problem_with_the_members_of_oauth() {
    let world = World::new();
    let response = authorize(&world, &bearer("opaque")).await.to_response::<String>();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert!(
        response.headers()[WWW_AUTHENTICATE]
            .to_str()
            .expect("text")
            .starts_with("Bearer error=\"invalid_token\"")
    );
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    assert_eq!((&body["status"], &body["title"]), (&401.into(), &"Unauthorized".into()));
    assert_eq!(body["error"], "invalid_token");
    assert_eq!(body["error_description"], body["detail"]);
}

proptest! {
    /// Whatever stands in the header, the answer is 400 or 401, and never a panic.
    #[test]
    fn any_header_is_answered(text in "(Bearer |bearer |)[ -~]{0,120}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let world = World::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let status = runtime.block_on(world.protect.verify(Some(&text))).expect_err("refused").status();
        prop_assert!([400, 401].contains(&status.as_u16()));
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
            let _ = runtime.block_on(authorize(&world, &headers)).to_response::<String>();
        }
    }

    /// The same for three parts of any content, which look like a token.
    #[test]
    fn any_three_parts_are_answered(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 3)) {
        let world = World::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let token = parts.iter().map(|part| crate::world::base64url(part)).collect::<Vec<_>>().join(".");
        prop_assert_eq!(runtime.block_on(world.verify(&token)).expect_err("refused").status().as_u16(), 401);
    }
}
