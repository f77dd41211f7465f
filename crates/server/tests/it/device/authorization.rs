//! `/device_authorization` — RFC 8628 §3.1, §3.2, §4.

use std::collections::HashSet;

use hallpass_proto::device::UserCode;
use hallpass_proto::token::DEVICE_CODE;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::fixture::SECRET;
use hallpass_testkit::issuer::basic;

use super::codes;

/// The answer has all members, kept by nobody, and nothing else.
#[tokio::test]
async fn a_device_gets_its_two_codes() {
    let issuer = TestIssuer::start().await;

    let reply = issuer.post_as("tv", "/device_authorization", &[("scope", "openid items:read")]).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    let json = reply.json();
    let user_code = json["user_code"].as_str().expect("text");
    assert_eq!(json["verification_uri"], "https://login.example/device");
    let complete = format!("https://login.example/device?user_code={user_code}");
    assert_eq!(json["verification_uri_complete"].as_str(), Some(complete.as_str()));
    assert_eq!((json["expires_in"].as_i64(), json["interval"].as_i64()), (Some(600), Some(5)));
    assert_eq!(json.as_object().expect("an object").len(), 6);
}

/// security.md 46: a device code of 256 bits, and a user code that is read aloud and typed without mistakes: eight
/// letters, no vowels, in two halves.
#[tokio::test]
async fn codes_are_long_where_they_are_not_typed_and_readable_where_they_are() {
    let issuer = TestIssuer::start().await;
    let mut seen = HashSet::new();

    for _ in 0..50 {
        let codes = codes(&issuer, "tv", "").await;
        assert_eq!(codes.device_code.expose().len(), 43);
        let (first, second) = codes.user_code.split_once('-').expect("two halves");
        for half in [first, second] {
            assert_eq!(half.len(), 4);
            assert!(half.bytes().all(|b| b.is_ascii_uppercase() && !b"AEIOUY".contains(&b)), "{half}");
        }
        assert!(seen.insert(codes.device_code.expose().clone()) && seen.insert(codes.user_code));
    }
}

/// A copy of the database gives neither code away: the user code is too short for a plain digest.
#[tokio::test]
async fn neither_code_is_kept() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let user_code = UserCode::parse(&codes.user_code).expect("a code");

    for text in [user_code.as_str(), &codes.user_code] {
        let digest = hallpass_proto::secret::Digest::of(text.as_bytes());
        assert!(issuer.store.open_device(digest, issuer.now()).await.expect("the store works").is_none());
    }
}

/// The metadata names the endpoint and the grant.
#[tokio::test]
async fn the_metadata_offers_it() {
    let issuer = TestIssuer::start().await;

    let json = issuer.get("/.well-known/openid-configuration").await.json();

    assert_eq!(json["device_authorization_endpoint"], "https://login.example/device_authorization");
    assert!(json["grant_types_supported"].as_array().expect("a list").contains(&DEVICE_CODE.into()));
}

/// RFC 8628 §3.1: clients authenticate as at the token endpoint.
#[tokio::test]
async fn a_client_authenticates_as_it_is_registered() {
    let issuer = TestIssuer::start().await;
    let path = "/device_authorization";

    issuer.post(path, None, &[]).await.assert_refused(401, "invalid_client");
    issuer.post(path, None, &[("client_id", "nobody")]).await.assert_refused(401, "invalid_client");
    issuer.post(path, None, &[("client_id", "kiosk")]).await.assert_refused(401, "invalid_client");
    issuer.post(path, Some(&basic("kiosk", "wrong")), &[]).await.assert_refused(401, "invalid_client");
    let post = [("client_id", "kiosk"), ("client_secret", SECRET)];
    issuer.post(path, None, &post).await.assert_refused(401, "invalid_client");
    issuer.post(path, Some(&basic("tv", SECRET)), &[]).await.assert_refused(401, "invalid_client");
    assert_eq!(issuer.post(path, Some(&basic("kiosk", SECRET)), &[]).await.status, 200);
    assert_eq!(issuer.post(path, None, &[("client_id", "tv")]).await.status, 200);
}

/// The grant is for clients that are registered for it.
#[tokio::test]
async fn a_client_that_is_not_registered_for_it_is_refused() {
    let issuer = TestIssuer::start().await;

    for client_id in ["web", "spa", "service"] {
        let reply = issuer.post_as(client_id, "/device_authorization", &[]).await;
        reply.assert_refused(400, "unauthorized_client");
        let form = [("grant_type", DEVICE_CODE), ("device_code", "x")];
        issuer.post_as(client_id, "/token", &form).await.assert_refused(400, "unauthorized_client");
    }
}

/// The scope is held against the registration; without one, it is what the client has but for the person's data.
#[tokio::test]
async fn the_scope_is_that_of_the_client_at_most() {
    let issuer = TestIssuer::start().await;
    let path = "/device_authorization";

    for scope in ["items:write", "openid nonsense", "a\u{e4}b"] {
        issuer.post_as("tv", path, &[("scope", scope)]).await.assert_refused(400, "invalid_scope");
    }
    let reply = issuer.post_as("tv", path, &[("scope", "openid items:read")]).await;
    assert_eq!(reply.status, 200);
}

/// Parameters are read as everywhere: in a form, each once, and no secret in the query.
#[tokio::test]
async fn a_malformed_request_is_refused() {
    let issuer = TestIssuer::start().await;
    let path = "/device_authorization";

    let twice = issuer.post_raw(path, None, "client_id=tv&scope=openid&scope=openid").await;
    twice.assert_refused(400, "invalid_request");
    let in_query = issuer.post_raw(&format!("{path}?client_secret=x"), None, "client_id=tv").await;
    in_query.assert_refused(400, "invalid_request");
    issuer.post_raw(path, None, "client_id=tv&scope=%").await.assert_refused(400, "invalid_request");
    assert_eq!(issuer.get(path).await.status, 405);
}

/// What the operator sets is what the device is told, and what holds.
#[tokio::test]
async fn lifetime_and_interval_are_settings() {
    let issuer = TestIssuer::with("https://login.example/op", |config| {
        config.device_code_lifetime = 90;
        config.device_interval = 12;
    })
    .await;

    let reply = issuer.post("/op/device_authorization", None, &[("client_id", "tv")]).await;

    let json = reply.json();
    assert_eq!((json["expires_in"].as_i64(), json["interval"].as_i64()), (Some(90), Some(12)));
    assert_eq!(json["verification_uri"], "https://login.example/op/device");
}

/// security.md 46: whoever knows the `client_id` of a public client cannot fill the table: what is refused is not kept, and
/// other clients go on.
#[tokio::test]
async fn a_client_gets_so_many_codes_in_a_minute() {
    let issuer = TestIssuer::start().await;
    for i in 0..60 {
        let reply = issuer.post_as("tv", "/device_authorization", &[]).await;
        assert_eq!(reply.status, 200, "{i}: {}", reply.body);
    }

    let refused = issuer.post_as("tv", "/device_authorization", &[]).await;

    refused.assert_refused(429, "temporarily_unavailable");
    let wait: i64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    codes(&issuer, "kiosk", "").await;
    issuer.clock.advance(wait);
    codes(&issuer, "tv", "").await;
    issuer.clock.advance(24 * 60 * 60);
    assert_eq!(issuer.store.sweep(1000, issuer.now()).await.expect("the store works"), 62);
}
