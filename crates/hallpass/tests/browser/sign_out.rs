//! Signing out: of the app, of the issuer, and not by accident.

use crate::browser::visit;
use crate::person::NAME;

#[tokio::test]
async fn signing_out_of_the_app_signs_out_of_the_issuer() {
    visit(async |browser| {
        browser.sign_in_to_app().await;

        browser.follow("#sign-out").await;

        browser.arrives_at_app("/").await;
        assert!(browser.has("#signed-out").await);
        browser.open_issuer("/").await;
        assert_eq!(browser.heading().await, "This is a Hallpass issuer");
        browser.open_app("/login").await;
        browser.arrives_at_issuer("/sign-in").await;
        assert_eq!(browser.heading().await, "Sign in");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_behind_the_back_button() {
    visit(async |browser| {
        browser.sign_in_to_app().await;
        browser.open_app("/flows/refresh").await;
        browser.open_app("/").await;
        browser.follow("#sign-out").await;
        browser.arrives_at_app("/").await;

        for _ in 0..3 {
            browser.back().await;

            let page = browser.text("body").await;
            assert!(!page.contains(NAME), "at {}:\n{page}", browser.url().await);
        }
    })
    .await;
}

#[tokio::test]
async fn the_issuers_own_button_ends_with_a_page_that_says_so() {
    visit(async |browser| {
        browser.sign_in_to_app().await;
        browser.open_issuer("/").await;
        assert_eq!(browser.text("#user-name").await, NAME);

        browser.follow("#sign-out-submit").await;

        browser.arrives_at_issuer("/signed-out").await;
        assert_eq!(browser.heading().await, "You are signed out");
        browser.open_issuer("/").await;
        assert!(!browser.has("#sign-out").await);
    })
    .await;
}

#[tokio::test]
async fn a_link_from_elsewhere_only_asks() {
    visit(async |browser| {
        browser.sign_in_to_app().await;
        browser.open(&format!("{}/", browser.places.api)).await;

        browser.script(&format!("location.assign('{}/logout')", browser.places.app)).await;

        browser.arrives_at_app("/logout").await;
        assert_eq!(browser.heading().await, "Sign out?");
        browser.follow("#stay").await;
        browser.arrives_at_app("/").await;
        assert!(browser.text("#signed-in").await.contains(NAME));
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_that_names_nobody_is_asked_about_at_the_issuer() {
    visit(async |browser| {
        browser.sign_in_to_app().await;

        browser.open_issuer("/end-session").await;

        browser.arrives_at_issuer("/sign-out").await;
        assert_eq!(browser.heading().await, "Sign out?");
        browser.follow("#stay").await;
        browser.arrives_at_issuer("/").await;
        assert_eq!(browser.text("#user-name").await, NAME);
        browser.open_issuer("/end-session").await;
        browser.follow("#sign-out-submit").await;
        browser.arrives_at_issuer("/signed-out").await;
    })
    .await;
}
