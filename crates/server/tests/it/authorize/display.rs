//! `display`, `ui_locales` and `claims_locales` — OpenID Connect Core §3.1.2.1, §5.2: wishes, never an error.

use std::sync::Arc;

use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::interact::pages::{Pages, SignIn};
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{Browser, authorize_url, response_of};

use super::WEB;

/// Whatever they say, the sign-in goes on.
#[tokio::test]
async fn wishes_about_pages_are_no_errors() {
    let issuer = TestIssuer::start().await;
    let long = "de ".repeat(3000);

    for (name, value) in [
        ("display", "page"),
        ("display", "popup"),
        ("display", "touch"),
        ("display", "wap"),
        ("display", "hologram"),
        ("ui_locales", "fr-CA fr en"),
        ("ui_locales", "<script> not_a_tag"),
        ("ui_locales", &long),
        ("claims_locales", "fr-CA fr en"),
    ] {
        let reply = issuer.browser().complete(&authorize_url("web", WEB, &[(name, value)])).await;
        assert!(response_of(&reply).code.is_some(), "{name}={value}");
    }
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["display_values_supported"], serde_json::json!(["page", "popup", "touch", "wap"]));
    assert_eq!(metadata["ui_locales_supported"], serde_json::json!(["en"]));
}

/// Pages in two languages.
struct Bilingual;

impl Pages for Bilingual {
    fn locales(&self) -> &[&str] {
        &["en", "de"]
    }

    fn sign_in(&self, view: &SignIn<'_>) -> String {
        let layout = view.layout;
        format!("{} {} {:?}", layout.lang, layout.display.as_str(), layout.ui_locales)
    }
}

/// Pages of one's own are given the wishes, and the best of the languages that they say they are written in.
#[tokio::test]
async fn pages_get_the_wishes() {
    let issuer = TestIssuer::start().await;
    let config = Config::new(issuer.issuer.clone());
    let server = Server::builder(config, issuer.env.clone(), issuer.store.clone())
        .pages(Arc::new(Bilingual))
        .build()
        .await
        .expect("starts");
    let browser = Browser::new(server.router(), issuer.issuer.clone());

    for (extra, shown) in [
        ([("ui_locales", "fr de-CH"), ("display", "popup")], r#"de popup ["fr", "de-CH"]"#),
        ([("ui_locales", ""), ("display", "")], "en page []"),
        ([("ui_locales", "it"), ("display", "hologram")], r#"en page ["it"]"#),
    ] {
        assert_eq!(browser.open(&authorize_url("web", WEB, &extra)).await.body, shown);
    }
    let metadata = browser.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["ui_locales_supported"], serde_json::json!(["en", "de"]));
}
