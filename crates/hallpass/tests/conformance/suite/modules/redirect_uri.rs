//! Redirect URIs that are not the registered one: a page, and the browser goes nowhere.

use crate::suite::browser::assert_error_page;
use crate::suite::{CALLBACK, Suite};

/// `oidcc-ensure-registered-redirect-uri`
pub(crate) async fn unregistered(suite: Suite) {
    get_a_page(suite, "https://suite.example/somewhere-else").await;
}

/// `oidcc-redirect-uri-query-added`
pub(crate) async fn query_added(suite: Suite) {
    get_a_page(suite, &format!("{CALLBACK}?foo=bar")).await;
}

async fn get_a_page(suite: Suite, redirect_uri: &str) {
    let client = suite.client().await;
    let request = suite.request(&client).with("redirect_uri", redirect_uri);
    assert_error_page(&suite.browser().open(&suite.url(&request)).await);
}
