//! `acr`, `acr_values`, and what a client is registered with about sign-ins — OpenID Connect Core §3.1.2.1, §5.5.1.1,
//! OpenID Connect Registration §2.

use serde_json::{Value, json};

use hallpass_server::config::{AcrValue, PASSWORD_ACR};
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::html::forms;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, TestIssuer};

use super::WEB;

/// A server where a password is silver and bronze, and gold takes a second factor.
async fn with_levels() -> TestIssuer {
    TestIssuer::with(ISSUER, |config| {
        config.acr_values = vec![
            AcrValue::new("gold", &["pwd", "otp"]),
            AcrValue::new("silver", &["pwd"]),
            AcrValue::new("bronze", &["pwd"]),
        ];
    })
    .await
}

async fn acr(issuer: &TestIssuer, browser: &Browser, extra: &[(&str, &str)]) -> Value {
    let code = browser.code("web", WEB, extra).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    let of_id_token = issuer.verified(&tokens.id_token).await["acr"].clone();
    assert_eq!(issuer.verified(&tokens.access_token).await["acr"], of_id_token, "RFC 9068 §2.2.1");
    of_id_token
}

fn essential(values: &Value) -> String {
    json!({"id_token": {"acr": {"essential": true, "values": values}}}).to_string()
}

/// Every ID token says how well the person was authenticated, and the metadata which values there are.
#[tokio::test]
async fn a_sign_in_by_password_has_an_acr() {
    let issuer = TestIssuer::start().await;

    assert_eq!(acr(&issuer, &issuer.browser(), &[]).await, PASSWORD_ACR);

    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["acr_values_supported"], json!([PASSWORD_ACR]));
    let form = [("grant_type", "password"), ("username", "ada"), ("scope", "openid")];
    let password = ("password", hallpass_testkit::fixture::PASSWORD_OF_ALL);
    let reply = issuer.post_as("legacy", "/token", &[&form[..], &[password]].concat()).await;
    assert_eq!(issuer.verified(&Tokens::of(&reply).id_token).await["acr"], PASSWORD_ACR);
}

/// A wish: the first value that can be had; without one, the strongest.
#[tokio::test]
async fn a_wish_is_granted_where_it_can_be() {
    let issuer = with_levels().await;
    let browser = issuer.browser();
    let wish = |values: Value| json!({"id_token": {"acr": {"values": values}}}).to_string();

    for (extra, got) in [
        (vec![], "silver"),
        (vec![("acr_values", "bronze silver")], "bronze"),
        (vec![("acr_values", "platinum gold  bronze")], "bronze"),
        (vec![("acr_values", "platinum")], "silver"),
        (vec![("claims", wish(json!(["bronze"])).as_str())], "bronze"),
        (vec![("claims", wish(json!(["bronze"])).as_str()), ("acr_values", "silver")], "bronze"),
        (vec![("claims", r#"{"id_token":{"acr":null}}"#), ("acr_values", "bronze")], "bronze"),
    ] {
        assert_eq!(acr(&issuer, &browser, &extra).await, got, "{extra:?}");
    }
}

/// security.md 22: an essential `acr` is met or the answer is no.
#[tokio::test]
async fn an_essential_acr_is_met_or_refused() {
    let issuer = with_levels().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    for (values, got) in [
        (json!(["bronze"]), "bronze"),
        (json!(["gold", "silver"]), "silver"),
        (json!(["platinum", "bronze"]), "bronze"),
    ] {
        let claims = essential(&values);
        assert_eq!(acr(&issuer, &browser, &[("claims", &claims)]).await, got, "{values}");
        assert_eq!(acr(&issuer, &browser, &[("claims", &claims), ("prompt", "none")]).await, got, "{values}");
    }
    let any = r#"{"id_token":{"acr":{"essential":true}}}"#;
    assert_eq!(acr(&issuer, &browser, &[("claims", any)]).await, "silver");
}

/// security.md 22: what no sign-in here can ever have is refused before anybody signs in, quietly or not.
#[tokio::test]
async fn an_essential_acr_is_never_silently_downgraded() {
    for issuer in [TestIssuer::start().await, with_levels().await] {
        let browser = issuer.browser();
        browser.code("web", WEB, &[]).await;
        let claims = essential(&json!(["phrh", 5]));
        for prompt in ["", "none", "login"] {
            let url = authorize_url("web", WEB, &[("claims", &claims), ("prompt", prompt)]);
            browser.get(&url).await.assert_sent_back(WEB, "unmet_authentication_requirements");
        }
    }
    let issuer = TestIssuer::with(ISSUER, |config| config.acr_values.clear()).await;
    let claims = r#"{"id_token":{"acr":{"essential":true}}}"#;
    let reply = issuer.get(&authorize_url("web", WEB, &[("claims", claims)])).await;
    reply.assert_sent_back(WEB, "unmet_authentication_requirements");
    assert_eq!(acr(&issuer, &issuer.browser(), &[]).await, Value::Null);
}

/// §5.5.1.1: a sign-in that is there and does not reach asks for another one; one that was made for this request and
/// does not reach is a failed one.
#[tokio::test]
async fn a_sign_in_that_does_not_reach_is_asked_for_again() {
    let issuer = with_levels().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let claims = essential(&json!("gold")).replace("\"values\":\"gold\"", "\"value\":\"gold\"");
    let url = |prompt| authorize_url("web", WEB, &[("claims", &claims), ("prompt", prompt)]);

    browser.get(&url("none")).await.assert_sent_back(WEB, "login_required");
    let page = browser.open(&url("")).await;
    assert!(forms(&page.body).iter().any(|form| form.id == "sign-in"), "{}", page.body);
    let ada = [("username", "ada"), ("password", hallpass_testkit::fixture::PASSWORD_OF_ALL)];
    let reply = browser.submit(&page, "sign-in", &ada).await;

    reply.assert_sent_back(WEB, "unmet_authentication_requirements");
}

/// Registration §2: `default_acr_values` is for requests that say nothing themselves.
#[tokio::test]
async fn the_registered_wish_is_for_requests_without_one() {
    let issuer = with_levels().await;
    issuer.change_client("web", |web| web.default_acr_values = vec!["bronze".to_owned()]).await;
    let browser = issuer.browser();

    assert_eq!(acr(&issuer, &browser, &[]).await, "bronze");
    assert_eq!(acr(&issuer, &browser, &[("acr_values", "silver")]).await, "silver");
    let claims = essential(&json!(["silver"]));
    assert_eq!(acr(&issuer, &browser, &[("claims", &claims)]).await, "silver");
}

/// Registration §2: `default_max_age` as well, and `max_age` overrides it.
#[tokio::test]
async fn the_registered_max_age_is_for_requests_without_one() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |web| web.default_max_age = Some(60)).await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let quiet = |max_age| authorize_url("web", WEB, &[("prompt", "none"), ("max_age", max_age)]);

    issuer.clock.advance(60);
    assert!(response_of(&browser.get(&quiet("")).await).code.is_some());
    issuer.clock.advance(1);
    browser.get(&quiet("")).await.assert_sent_back(WEB, "login_required");
    assert!(response_of(&browser.get(&quiet("3600")).await).code.is_some());
}

/// §2: `auth_time` is in every ID token, and so for clients that require it, or call it essential.
#[tokio::test]
async fn auth_time_is_always_there() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |web| web.require_auth_time = true).await;
    let essential = r#"{"id_token":{"auth_time":{"essential":true}}}"#;

    for extra in [("claims", essential), ("max_age", "1000"), ("x", "")] {
        let begun = issuer.now().unix();
        let tokens = issuer.tokens("web", &[extra]).await;
        assert_eq!(issuer.verified(&tokens.id_token).await["auth_time"], begun, "{extra:?}");
    }
}
