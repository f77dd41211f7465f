//! `prompt`, `max_age` and `id_token_hint`.

use std::time::Instant;

use crate::suite::Suite;
use crate::suite::browser::shows;
use crate::world::DEADLINE;

/// `oidcc-prompt-login`: the form is shown again, and the time of the sign-in is a later one.
pub(crate) async fn login(suite: Suite) {
    let (client, browser) = (suite.client().await, suite.browser());
    let first = suite.tokens(&browser, &client, &suite.request(&client)).await;
    let request = suite.request(&client).with("prompt", "login");
    assert!(shows(&browser.open(&suite.url(&request)).await, "sign-in"), "nobody is asked to sign in again");
    let second = suite.tokens(&browser, &client, &request).await;
    assert_eq!(second.claims["sub"], first.claims["sub"]);
    assert!(second.claims["auth_time"].as_i64() >= first.claims["auth_time"].as_i64());
}

/// `oidcc-prompt-none-not-logged-in`
pub(crate) async fn none_not_logged_in(suite: Suite) {
    let client = suite.client().await;
    let request = suite.request(&client).with("prompt", "none");
    let reply = suite.browser().open(&suite.url(&request)).await;
    suite.read(&reply, &request).assert_error(&["login_required", "interaction_required"]);
}

/// `oidcc-prompt-none-logged-in`: silently, and nothing of it changes.
pub(crate) async fn none_logged_in(suite: Suite) {
    let (client, browser) = (suite.client().await, suite.browser());
    let first = suite.tokens(&browser, &client, &suite.request(&client)).await;
    let request = suite.request(&client).with("prompt", "none");
    let reply = browser.open(&suite.url(&request)).await;
    let second = suite.tokens_of(&suite.read(&reply, &request), &client, &request).await;
    for name in ["sub", "auth_time"] {
        assert_eq!(second.claims[name], first.claims[name], "{name}");
    }
}

/// `oidcc-max-age-1`: once a second has passed, the person signs in again, and the ID token says when.
pub(crate) async fn max_age_1(suite: Suite) {
    let (client, browser) = (suite.client().await, suite.browser());
    let first = suite.tokens(&browser, &client, &suite.request(&client)).await;
    let request = suite.request(&client).with("max_age", "1");
    let start = Instant::now();
    while !shows(&browser.open(&suite.url(&request)).await, "sign-in") {
        assert!(start.elapsed() < DEADLINE, "nobody is asked to sign in again");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let second = suite.tokens(&browser, &client, &request).await;
    assert_eq!(second.claims["sub"], first.claims["sub"]);
    let auth_time = second.claims["auth_time"].as_i64().expect("an auth_time");
    assert!(first.claims["auth_time"].as_i64().is_none_or(|before| before < auth_time));
}

/// `oidcc-max-age-10000`: nobody is asked, and the ID token says when they were.
pub(crate) async fn max_age_10000(suite: Suite) {
    let (client, browser) = (suite.client().await, suite.browser());
    let request = suite.request(&client).with("max_age", "10000");
    let first = suite.tokens(&browser, &client, &request).await;
    let reply = browser.open(&suite.url(&request)).await;
    let second = suite.tokens_of(&suite.read(&reply, &request), &client, &request).await;
    assert!(second.claims["auth_time"].is_i64(), "{}", second.claims);
    assert_eq!(second.claims["auth_time"], first.claims["auth_time"]);
}

/// `oidcc-id-token-hint`: of the person who is signed in.
pub(crate) async fn id_token_hint(suite: Suite) {
    let (client, browser) = (suite.client().await, suite.browser());
    let first = suite.tokens(&browser, &client, &suite.request(&client)).await;
    let request = suite.request(&client).with("prompt", "none").with("id_token_hint", &first.id_token);
    let reply = browser.open(&suite.url(&request)).await;
    let second = suite.tokens_of(&suite.read(&reply, &request), &client, &request).await;
    assert_eq!(second.claims["sub"], first.claims["sub"]);
}
