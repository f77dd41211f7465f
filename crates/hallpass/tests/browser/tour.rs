//! Every page there is, one after the other.

use crate::browser::Browser;
use crate::person::{LOGIN, PASSWORD};
use crate::request::authorize_url;

/// What is done at each page of the tour; its name is also the name of its pictures.
pub(crate) trait Look {
    async fn look(&mut self, browser: &Browser, name: &str);
}

/// Leads a fresh browser through every page.
pub(crate) async fn tour(browser: &Browser, look: &mut impl Look) {
    browser.expect_in_console("the server responded with a status of 40");
    signed_out(browser, look).await;
    signing_in(browser, look).await;
    flows(browser, look).await;
    single_page_app(browser, look).await;
    account(browser, look).await;
    signing_out(browser, look).await;
}

async fn signed_out(browser: &Browser, look: &mut impl Look) {
    browser.sign_in_unknown_to_app().await;
    browser.open_app("/").await;
    browser.follow("#sign-out").await;
    browser.arrives_at_app("/").await;
    look.look(browser, "app-home").await;
    for flow in ["code", "implicit", "client-credentials", "password", "refresh"] {
        browser.open_app(&format!("/flows/{flow}")).await;
        look.look(browser, &format!("app-{flow}")).await;
    }
    browser.open_app("/spa").await;
    look.look(browser, "app-spa").await;
    browser.open_app("/callback").await;
    look.look(browser, "app-problem").await;
    browser.open_app("/nowhere").await;
    look.look(browser, "app-not-found").await;
    browser.open(&format!("{}/", browser.places.api)).await;
    look.look(browser, "api").await;
    browser.open_issuer("/").await;
    look.look(browser, "issuer-home").await;
    browser.open(&authorize_url(&browser.places, &[("client_id", "nobody")])).await;
    look.look(browser, "issuer-error-client").await;
    browser.open(&authorize_url(&browser.places, &[("redirect_uri", "https://attacker.example/")])).await;
    look.look(browser, "issuer-error-redirect").await;
}

async fn signing_in(browser: &Browser, look: &mut impl Look) {
    browser.open_app("/login").await;
    browser.find("#sign-in").await;
    look.look(browser, "issuer-sign-in").await;
    browser.enter_password(LOGIN, "babbage").await;
    browser.find("[role=alert]").await;
    look.look(browser, "issuer-sign-in-wrong").await;
    browser.enter_password(LOGIN, PASSWORD).await;
    browser.arrives_at_issuer("/consent").await;
    look.look(browser, "issuer-consent").await;
    browser.follow("#deny").await;
    browser.arrives_at_app("/callback").await;
    look.look(browser, "app-denied").await;
    browser.open(&authorize_url(&browser.places, &[("prompt", "select_account")])).await;
    browser.arrives_at_issuer("/select-account").await;
    look.look(browser, "issuer-select-account").await;
    browser.open(&authorize_url(&browser.places, &[("prompt", "login")])).await;
    look.look(browser, "issuer-sign-in-again").await;
}

async fn flows(browser: &Browser, look: &mut impl Look) {
    browser.open_app("/flows/code").await;
    browser.follow("#run").await;
    browser.arrives_at_issuer("/consent").await;
    look.look(browser, "issuer-consent-offline").await;
    browser.follow("#allow").await;
    browser.arrives_at_app("/flows/code").await;
    look.look(browser, "app-code-run").await;
    browser.open_app("/claims").await;
    look.look(browser, "app-claims").await;
    browser.open_app("/").await;
    look.look(browser, "app-home-signed-in").await;
    browser.open_app("/flows/client-credentials").await;
    browser.follow("#run").await;
    browser.find("#run-result").await;
    look.look(browser, "app-client-credentials-run").await;
    browser.fill("#scope", "items:delete").await;
    browser.follow("#run").await;
    browser.find("#run-result[data-outcome=bad]").await;
    look.look(browser, "app-client-credentials-refused").await;
    browser.open_app("/flows/password").await;
    browser.fill("#username", LOGIN).await;
    browser.fill("#password", PASSWORD).await;
    browser.follow("#run").await;
    browser.find("#run-result").await;
    look.look(browser, "app-password-run").await;
    browser.open_app("/flows/refresh").await;
    look.look(browser, "app-refresh-ready").await;
    browser.follow("#run").await;
    browser.find("#run-result").await;
    look.look(browser, "app-refresh-run").await;
    browser.follow("#revoke").await;
    browser.find("#sign-in").await;
    look.look(browser, "app-refresh-revoked").await;
}

async fn single_page_app(browser: &Browser, look: &mut impl Look) {
    for (start, name) in [("#start-id-token-token", "app-spa-implicit"), ("#start-code", "app-spa-code")] {
        browser.open_app("/spa").await;
        browser.follow(start).await;
        browser.arrives_at_issuer("/consent").await;
        browser.follow("#allow").await;
        browser.find("#run-result[data-outcome=good]").await;
        look.look(browser, name).await;
    }
}

async fn account(browser: &Browser, look: &mut impl Look) {
    browser.open_issuer("/").await;
    look.look(browser, "issuer-account").await;
    while browser.has(".rows form button").await {
        browser.follow(".rows form button").await;
    }
    look.look(browser, "issuer-account-without-applications").await;
}

async fn signing_out(browser: &Browser, look: &mut impl Look) {
    browser.open(&format!("{}/", browser.places.api)).await;
    browser.script(&format!("location.assign('{}/logout')", browser.places.app)).await;
    browser.find("#sign-out").await;
    look.look(browser, "app-sign-out").await;
    browser.open_issuer("/end-session?client_id=demo-web").await;
    browser.find("#sign-out-submit").await;
    look.look(browser, "issuer-sign-out").await;
    browser.follow("#sign-out-submit").await;
    browser.arrives_at_issuer("/signed-out").await;
    look.look(browser, "issuer-signed-out").await;
}
