//! The `claims` parameter — OpenID Connect Core §5.5.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, response_of};

use super::WEB;

/// security.md 22: an essential `acr` that cannot be had is refused, never answered by less.
#[tokio::test]
async fn an_essential_acr_is_never_silently_downgraded() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["phrh"]}}}"#;

    for prompt in ["", "none", "login"] {
        let reply =
            browser.get(&authorize_url("web", WEB, &[("claims", essential), ("prompt", prompt)])).await;

        reply.assert_sent_back(WEB, "unmet_authentication_requirements");
    }
}

/// Everything else in it is a wish, and is ignored as the metadata says.
#[tokio::test]
async fn other_claims_are_wishes() {
    let issuer = TestIssuer::start().await;

    for claims in [
        r#"{"id_token":{"acr":{"values":["phrh"]}}}"#,
        r#"{"id_token":{"acr":{"essential":false,"values":["phrh"]}}}"#,
        r#"{"userinfo":{"email":{"essential":true}}}"#,
        r#"{"id_token":null}"#,
        "nonsense",
        "[]",
    ] {
        let extra = [("claims", claims), ("acr_values", "phrh")];
        let reply = issuer.browser().complete(&authorize_url("web", WEB, &extra)).await;

        assert!(response_of(&reply).code.is_some(), "{claims}");
    }
    assert_eq!(
        issuer.get("/.well-known/openid-configuration").await.json()["claims_parameter_supported"],
        false
    );
}
