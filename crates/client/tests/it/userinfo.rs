//! UserInfo and sign-out — OpenID Connect Core §5.3.2, RP-Initiated Logout §2.

use hallpass_client::error::{Error, Recovery};
use serde_json::json;

use crate::world::{CLIENT, FakeIssuer, metadata, parameter};

/// security.md 75: "sub equal in userinfo".
#[tokio::test]
async fn claims_about_another_person_are_refused() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    issuer.answer_json("/userinfo", json!({ "sub": "ada", "email": "ada@example.com" }));
    let info = client.userinfo(&"t".into(), "ada").await.expect("about ada");
    assert_eq!(info.claims.text("email"), Some("ada@example.com"));
    for sub in ["grace", "Ada", "ada ", ""] {
        issuer.answer_json("/userinfo", json!({ "sub": sub, "email": "evil@example.com" }));
        let error = client.userinfo(&"t".into(), "ada").await.expect_err("about somebody else");
        assert!(matches!(error, Error::SubjectDiffers { .. }), "{sub:?}: {error:?}");
    }
    issuer.answer_json("/userinfo", json!({ "email": "evil@example.com" }));
    assert!(
        matches!(client.userinfo(&"t".into(), "ada").await, Err(Error::Malformed { .. })),
        "about nobody"
    );
}

#[tokio::test]
async fn a_token_that_is_over_says_so_in_a_header() {
    let issuer = FakeIssuer::new();
    issuer.answer_with("/userinfo", |_| {
        let response = http::Response::builder()
            .status(401)
            .header("www-authenticate", r#"Bearer error="invalid_token""#);
        response.body(bytes::Bytes::new()).expect("a response")
    });
    let error = issuer.client().userinfo(&"t".into(), "ada").await.expect_err("refused");
    assert_eq!(error.recovery(), Recovery::Reauthenticate);
}

#[tokio::test]
async fn the_way_out() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let url =
        client.end_session_url(Some(&"hint".into()), Some("https://app.example/")).await.expect("metadata");
    let url = url.expect("offered");
    assert!(url.starts_with("https://as.example/end-session?"), "{url}");
    assert_eq!(parameter(&url, "id_token_hint"), "hint");
    assert_eq!(parameter(&url, "client_id"), CLIENT);
    assert_eq!(parameter(&url, "post_logout_redirect_uri"), "https://app.example/");
    let without = FakeIssuer::new();
    let mut bare = metadata();
    bare.as_object_mut().expect("an object").remove("end_session_endpoint");
    without.publish(bare);
    assert_eq!(without.client().end_session_url(None, None).await.expect("metadata"), None);
}
