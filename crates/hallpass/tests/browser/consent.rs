//! The question whether the app may know: who asks, what for, and the two answers.

use crate::browser::visit;
use crate::person::{LOGIN, NAME};

#[tokio::test]
async fn it_says_who_asks_where_that_is_and_for_what() {
    visit(async |browser| {
        browser.arrive_at_consent().await;

        assert_eq!(browser.heading().await, "Allow access?");
        assert_eq!(browser.text("#client-name").await, "Demo web app");
        let host = browser.places.app.trim_start_matches("http://");
        assert_eq!(browser.text("#client-host").await, host);
        assert_eq!(browser.text("#user-name").await, NAME);
        assert_eq!(browser.text("#user-login").await, LOGIN);
        let asked = browser.texts(".scopes li").await;
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(browser.has("li[data-scope=profile]").await && browser.has("li[data-scope=email]").await);
        assert!(asked.iter().all(|words| words.starts_with("See your ")), "in words: {asked:?}");
    })
    .await;
}

#[tokio::test]
async fn yes_is_remembered() {
    visit(async |browser| {
        browser.arrive_at_consent().await;
        browser.follow("#allow").await;
        browser.arrives_at_app("/claims").await;

        browser.open_app("/login").await;

        browser.arrives_at_app("/claims").await;
    })
    .await;
}

#[tokio::test]
async fn no_is_a_page_of_the_app_with_a_way_back() {
    visit(async |browser| {
        browser.expect_in_console("status of 400");
        browser.sign_in_unknown_to_app().await;
        browser.open_app("/").await;
        browser.follow("#sign-out").await;
        browser.arrives_at_app("/").await;
        browser.enter_from_app().await;
        browser.arrives_at_issuer("/consent").await;

        browser.follow("#deny").await;

        browser.arrives_at_app("/callback").await;
        assert_eq!(browser.heading().await, "You were not signed in");
        assert!(browser.text("[role=alert]").await.contains("Nothing was shared"));
        assert_eq!(browser.text("#error-code").await, "access_denied");
        browser.follow("#retry").await;
        browser.arrives_at_issuer("/consent").await;
        browser.follow("#allow").await;
        browser.arrives_at_app("/claims").await;
    })
    .await;
}

#[tokio::test]
async fn somebody_else_can_take_over() {
    visit(async |browser| {
        browser.arrive_at_consent().await;

        browser.follow("#switch-account").await;

        browser.arrives_at_issuer("/sign-in").await;
        assert_eq!(browser.text("#client-name").await, "Demo web app");
        browser.enter_password("ada", crate::person::PASSWORD).await;
        browser.arrives_at_issuer("/consent").await;
    })
    .await;
}
