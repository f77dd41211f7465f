//! `prompt`, `max_age` and `id_token_hint` — OpenID Connect Core §3.1.2.1.

use serde_json::Value;

use hallpass_proto::authorize::ResponseType;
use hallpass_testkit::browser::form_of;
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::{Browser, TestIssuer};

use super::world::{Flow, REDIRECT_URI, RESPONSE_TYPES, url};

const ADA: [(&str, &str); 2] = [("username", "ada@example.com"), ("password", PASSWORD_OF_ALL)];

async fn signed_in(issuer: &TestIssuer, response_type: ResponseType) -> (Browser, Flow) {
    let browser = issuer.browser();
    let flow = Flow::run(issuer, &browser, response_type, &[]).await;
    (browser, flow)
}

/// Opens a request that must show the sign-in form, signs in, and gives what came of it.
async fn sign_in_again(issuer: &TestIssuer, browser: &Browser, url: &str) -> Flow {
    let page = browser.open(url).await;
    let form = form_of(&page, "sign-in");
    let names: Vec<&str> = form.fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["csrf", "password", "request", "username"], "the same fields as the first time");
    let reply = browser.submit(&page, "sign-in", &ADA).await;
    Flow::of(issuer, &browser.follow(reply).await).await
}

fn auth_time(flow: &Flow) -> i64 {
    flow.claim("auth_time").as_i64().expect("auth_time")
}

/// `oidcc-prompt-login`: the form again, and a later `auth_time`.
#[tokio::test]
async fn prompt_login_signs_in_again() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let (browser, first) = signed_in(&issuer, response_type).await;
        issuer.clock.advance(2);

        let again = sign_in_again(&issuer, &browser, &url(response_type, &[("prompt", "login")])).await;

        assert_eq!(auth_time(&again), auth_time(&first) + 2, "{response_type}");
        assert_eq!(again.claim("sub"), first.claim("sub"), "{response_type}");
    }
}

/// `oidcc-prompt-none-not-logged-in`.
#[tokio::test]
async fn prompt_none_without_a_session_is_login_required() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let reply = issuer.browser().get(&url(response_type, &[("prompt", "none")])).await;
        reply.assert_sent_back(REDIRECT_URI, "login_required");
    }
}

/// `oidcc-prompt-none-logged-in`: silent, the same person, the same sign-in.
#[tokio::test]
async fn prompt_none_with_a_session_is_silent() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let (browser, first) = signed_in(&issuer, response_type).await;
        issuer.clock.advance(5);

        let reply = browser.get(&url(response_type, &[("prompt", "none")])).await;

        let again = Flow::of(&issuer, &reply).await;
        assert_eq!(again.claim("sub"), first.claim("sub"), "{response_type}");
        assert_eq!(auth_time(&again), auth_time(&first), "{response_type}");
    }
}

/// `oidcc-max-age-1`: after a second too many, the form again.
#[tokio::test]
async fn max_age_1_signs_in_again() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let (browser, first) = signed_in(&issuer, response_type).await;
        issuer.clock.advance(2);

        let again = sign_in_again(&issuer, &browser, &url(response_type, &[("max_age", "1")])).await;

        assert!(auth_time(&again) > auth_time(&first), "{response_type}");
    }
}

/// `oidcc-max-age-10000`: no form, and the same `auth_time`.
#[tokio::test]
async fn max_age_10000_is_silent() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let (browser, first) = signed_in(&issuer, response_type).await;
        issuer.clock.advance(2);

        let reply = browser.get(&url(response_type, &[("max_age", "10000")])).await;

        assert_eq!(auth_time(&Flow::of(&issuer, &reply).await), auth_time(&first), "{response_type}");
    }
}

/// `oidcc-id-token-hint`: with `prompt=none`, for the person of the hint.
#[tokio::test]
async fn an_id_token_hint_is_answered_at_once() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let (browser, first) = signed_in(&issuer, response_type).await;
        let id_token = first.response.get("id_token").cloned().unwrap_or(first.tokens.id_token.clone());

        let extra = [("prompt", "none"), ("id_token_hint", id_token.as_str())];
        let reply = browser.get(&url(response_type, &extra)).await;

        let again = Flow::of(&issuer, &reply).await;
        assert_eq!(again.claim("sub"), first.claim("sub"), "{response_type}");
    }
}

/// OpenID Prompt Create 1.0 §4.1: people cannot sign up here, so the metadata does not offer it and a request for it is
/// refused.
#[tokio::test]
async fn prompt_create_is_not_offered() {
    let issuer = TestIssuer::start().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    let offered = metadata["prompt_values_supported"].as_array().cloned().unwrap_or_default();
    assert!(!offered.is_empty() && !offered.contains(&Value::from("create")), "{offered:?}");
    for response_type in RESPONSE_TYPES {
        let reply = issuer.browser().get(&url(response_type, &[("prompt", "create")])).await;
        reply.assert_sent_back(REDIRECT_URI, "invalid_request");
    }
}
