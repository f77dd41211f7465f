//! The happy path, and what must not disturb it.

use crate::suite::Suite;
use crate::suite::browser::{assert_error_page, shows};
use crate::suite::request::Request;

/// `oidcc-server`: everything about one sign-in.
pub(crate) async fn server(suite: Suite) {
    let client = suite.client().await;
    let tokens = suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
    if let Some(access_token) = &tokens.access_token {
        assert_eq!(suite.userinfo(access_token).await.json()["sub"], tokens.claims["sub"]);
    }
}

/// `oidcc-server-client-secret-post`: the same with the secret in the body.
pub(crate) async fn client_secret_post(suite: Suite) {
    let client = suite.posting_client().await;
    suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
}

/// `oidcc-response-type-missing`: an error at the client, or a page.
pub(crate) async fn response_type_missing(suite: Suite) {
    const TOLD: [&str; 2] = ["unsupported_response_type", "invalid_request"];
    let client = suite.client().await;
    let request = suite.request(&client).without("response_type");
    let reply = suite.browser().open(&suite.url(&request)).await;
    if shows(&reply, "form-post") {
        return suite.read(&reply, &request).assert_error(&TOLD);
    }
    let location = reply.header("location");
    if location.is_empty() {
        return assert_error_page(&reply);
    }
    // Without a response type nobody can say whether the query or the fragment is meant.
    let told = TOLD.iter().any(|error| location.contains(&format!("error={error}")));
    assert!(told && !location.contains("code="), "{location}");
}

/// `oidcc-ensure-request-without-nonce-{succeeds,fails}`: an ID token in the response needs a nonce.
pub(crate) async fn without_nonce(suite: Suite) {
    let client = suite.client().await;
    let request = suite.request(&client).without("nonce");
    if suite.answers_with("id_token") {
        suite.response(&suite.browser(), &request).await.assert_error(&["invalid_request"]);
    } else {
        suite.tokens(&suite.browser(), &client, &request).await;
    }
}

/// `oidcc-alternate-happy-flow`: the order of nothing matters.
pub(crate) async fn other_order(suite: Suite) {
    let client = suite.client().await;
    let request = suite.request(&client).with("scope", "email profile openid").reversed();
    suite.tokens(&suite.browser(), &client, &request).await;
}

/// `oidcc-ensure-post-request-succeeds`: the authorization request as a form that the client's page posts.
pub(crate) async fn by_post(suite: Suite) {
    let client = suite.client().await;
    let request = suite.request(&client);
    let browser = suite.browser();
    let headers = [("origin", "https://suite.example"), ("sec-fetch-site", "cross-site")];
    let reply = browser.post_with(suite.endpoint("authorization_endpoint"), &headers, &request.pairs()).await;
    let page = reply.location().to_owned();
    let response = suite.read(&browser.complete(&page).await, &request);
    suite.tokens_of(&response, &client, &request).await;
}

async fn succeeds_with(suite: Suite, change: impl FnOnce(Request) -> Request) {
    let client = suite.client().await;
    let request = change(suite.request(&client));
    suite.tokens(&suite.browser(), &client, &request).await;
}

/// `oidcc-display-page`
pub(crate) async fn display_page(suite: Suite) {
    succeeds_with(suite, |request| request.with("display", "page")).await;
}

/// `oidcc-display-popup`
pub(crate) async fn display_popup(suite: Suite) {
    succeeds_with(suite, |request| request.with("display", "popup")).await;
}

/// `oidcc-ui-locales`
pub(crate) async fn ui_locales(suite: Suite) {
    succeeds_with(suite, |request| request.with("ui_locales", "se")).await;
}

/// `oidcc-claims-locales`
pub(crate) async fn claims_locales(suite: Suite) {
    succeeds_with(suite, |request| request.with("claims_locales", "se")).await;
}

/// `oidcc-login-hint`
pub(crate) async fn login_hint(suite: Suite) {
    succeeds_with(suite, |request| request.with("login_hint", "buffy@suite.example")).await;
}

/// `oidcc-ensure-request-with-acr-values-succeeds`
pub(crate) async fn acr_values(suite: Suite) {
    let supported = suite.metadata["acr_values_supported"].as_array();
    let values: Vec<&str> = supported.into_iter().flatten().filter_map(|value| value.as_str()).collect();
    let values = if values.is_empty() { "1 2".to_owned() } else { values.join(" ") };
    succeeds_with(suite, |request| request.with("acr_values", &values)).await;
}

/// `oidcc-ensure-request-with-unknown-parameter-succeeds`
pub(crate) async fn unknown_parameter(suite: Suite) {
    succeeds_with(suite, |request| request.with("extra", "foobar")).await;
}
