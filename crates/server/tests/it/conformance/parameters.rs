//! Parameters that must not stop a sign-in — OpenID Connect Core §3.1.2.1, §5.5.

use hallpass_server::config::PASSWORD_ACR;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::form_of;

use super::world::{Flow, RESPONSE_TYPES, url};

async fn assert_signs_in(extra: &[(&str, &str)]) {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    for response_type in RESPONSE_TYPES {
        let flow = Flow::run(&issuer, &browser, response_type, extra).await;
        assert_eq!(flow.claim("sub"), "user-ada", "{response_type} {extra:?}");
    }
}

/// `oidcc-display-page`.
#[tokio::test]
async fn display_page_is_accepted() {
    assert_signs_in(&[("display", "page")]).await;
}

/// `oidcc-display-popup`.
#[tokio::test]
async fn display_popup_is_accepted() {
    assert_signs_in(&[("display", "popup")]).await;
}

/// `oidcc-ui-locales`.
#[tokio::test]
async fn ui_locales_are_accepted() {
    assert_signs_in(&[("ui_locales", "se en")]).await;
}

/// `oidcc-claims-locales`.
#[tokio::test]
async fn claims_locales_are_accepted() {
    assert_signs_in(&[("claims_locales", "se")]).await;
}

/// `oidcc-ensure-request-with-unknown-parameter-succeeds`.
#[tokio::test]
async fn an_unknown_parameter_is_accepted() {
    assert_signs_in(&[("extra", "foobar")]).await;
}

/// `oidcc-login-hint`: accepted, and it stands in the form.
#[tokio::test]
async fn a_login_hint_stands_in_the_form() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let extra = [("login_hint", "ada@example.com")];
        let page = issuer.browser().open(&url(response_type, &extra)).await;
        assert_eq!(form_of(&page, "sign-in").fields["username"], "ada@example.com", "{response_type}");
    }
    assert_signs_in(&[("login_hint", "somebody@else.example")]).await;
}

/// `oidcc-ensure-request-with-acr-values-succeeds`: unknown values do not matter; a known one is in the ID token.
#[tokio::test]
async fn acr_values_are_answered() {
    assert_signs_in(&[("acr_values", "1 2")]).await;
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let values = format!("1 {PASSWORD_ACR}");
        let flow = Flow::run(&issuer, &issuer.browser(), response_type, &[("acr_values", &values)]).await;
        assert_eq!(flow.claim("acr"), PASSWORD_ACR, "{response_type}");
    }
}

/// `oidcc-claims-essential`: an essential claim of UserInfo is there.
#[tokio::test]
async fn an_essential_claim_is_given() {
    let issuer = TestIssuer::start().await;
    let claims = r#"{"userinfo":{"name":{"essential":true}}}"#;
    for response_type in RESPONSE_TYPES {
        let extra = [("claims", claims), ("scope", "openid")];
        let flow = Flow::run(&issuer, &issuer.browser(), response_type, &extra).await;
        for token in &flow.access_tokens {
            assert_eq!(issuer.userinfo(token).await.json()["name"], "Ada Lovelace", "{response_type}");
        }
    }
}

/// Requests of 16 kB are read, by GET and by POST.
#[tokio::test]
async fn a_long_request_is_read() {
    let issuer = TestIssuer::start().await;
    let padding = "p".repeat(15_700);
    for response_type in RESPONSE_TYPES {
        let url = url(response_type, &[("padding", &padding)]);
        assert!(url.len() > 15_900 && url.len() < 16_384);
        let browser = issuer.browser();
        let flow = Flow::of(&issuer, &browser.complete(&url).await).await;
        assert_eq!(flow.claim("sub"), "user-ada", "{response_type}");
        let body = url.split_once('?').expect("a query").1;
        assert_eq!(issuer.post_raw("/authorize", None, body).await.status, 303, "{response_type}");
    }
}
