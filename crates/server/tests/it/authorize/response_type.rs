//! `response_type` — RFC 6749 §3.1.1.

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::token::{AUTHORIZATION_CODE, IMPLICIT};
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;

use super::{HYBRID, SPA, WEB};

/// security.md 8: the implicit flow is for clients that are registered for it.
#[tokio::test]
async fn the_implicit_flow_is_off_unless_registered() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    for response_type in [
        "token",
        "id_token",
        "id_token token",
        "token id_token",
        "code token",
        "code id_token",
        "code id_token token",
    ] {
        let reply = browser.get(&authorize_url("web", WEB, &[("response_type", response_type)])).await;

        reply.assert_sent_back(WEB, "unauthorized_client");
        assert!(
            reply.location().starts_with(&format!("{WEB}#error=")),
            "in the fragment: {}",
            reply.location()
        );
    }
}

/// security.md 8: `response_types` and `grant_types` must both allow it (RFC 7591 §2.1).
#[tokio::test]
async fn half_a_registration_is_none() {
    for (grant_type, response_type, asked) in [
        (AUTHORIZATION_CODE, ResponseType::TOKEN, "token"),
        (IMPLICIT, ResponseType::CODE, "token"),
        (IMPLICIT, ResponseType::CODE, "code"),
        (AUTHORIZATION_CODE, ResponseType::TOKEN, "code"),
        (AUTHORIZATION_CODE, ResponseType::CODE_TOKEN, "code token"),
        (IMPLICIT, ResponseType::CODE_TOKEN, "code token"),
        (IMPLICIT, ResponseType::CODE_ID_TOKEN, "code id_token"),
    ] {
        let issuer = TestIssuer::start().await;
        issuer
            .change_client("spa", |client| {
                client.grant_types = vec![grant_type.to_owned()];
                client.response_types = vec![response_type];
            })
            .await;

        let reply = issuer.get(&authorize_url("spa", SPA, &[("response_type", asked)])).await;

        reply.assert_sent_back(SPA, "unauthorized_client");
    }
}

/// security.md 8: what is not in the metadata is not answered, although its words are known.
#[tokio::test]
async fn an_unknown_response_type_is_refused() {
    let issuer = TestIssuer::start().await;

    for asked in ["nonsense", "none", "CODE", "code code", "code  token", "code token none", "code,token"] {
        let reply = issuer.get(&authorize_url("spa", SPA, &[("response_type", asked)])).await;

        reply.assert_sent_back(SPA, "unsupported_response_type");
    }
    let missing = issuer.get(&authorize_url("spa", SPA, &[("response_type", "")])).await;
    missing.assert_sent_back(SPA, "invalid_request");
}

/// OpenID Connect Core §3.2.2.1: an ID token in the response needs `openid` and a `nonce`.
#[tokio::test]
async fn an_id_token_in_the_response_needs_openid_and_a_nonce() {
    let issuer = TestIssuer::start().await;

    for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let url = |extra| authorize_url("hybrid", HYBRID, &[("response_type", response_type), extra]);

        issuer.get(&url(("nonce", ""))).await.assert_sent_back(HYBRID, "invalid_request");
        issuer.get(&url(("scope", "profile"))).await.assert_sent_back(HYBRID, "invalid_scope");
    }
}
