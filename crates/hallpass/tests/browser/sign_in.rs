//! Signing in, and everything that can be answered at the sign-in page.

use serde_json::json;

use crate::browser::visit;
use crate::person::{LOGIN, NAME, PASSWORD};
use crate::request::authorize_url;

#[tokio::test]
async fn the_right_password_leads_to_the_verified_claims() {
    visit(async |browser| {
        browser.open_app("/").await;
        browser.follow("#sign-in").await;
        browser.arrives_at_issuer("/sign-in").await;
        assert_eq!(browser.heading().await, "Sign in");
        assert_eq!(browser.text("#client-name").await, "Demo web app");

        browser.enter_password(LOGIN, PASSWORD).await;
        browser.allow_if_asked().await;

        browser.arrives_at_app("/claims").await;
        assert_eq!(browser.heading().await, "You are signed in");
        let claims = browser.text("#claims").await;
        for claim in ["name Ada Lovelace", "email ada@example.com", "email_verified true"] {
            assert!(claims.contains(claim), "{claim} is in:\n{claims}");
        }
        assert!(claims.contains(&format!("iss {}", browser.places.issuer)), "{claims}");
        browser.open_app("/").await;
        assert!(browser.text("#signed-in").await.contains(NAME));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_said_aloud_and_can_be_mended() {
    visit(async |browser| {
        browser.expect_in_console("status of 401");
        browser.open_app("/login").await;
        browser.enter_password(LOGIN, "babbage").await;

        let alert = browser.text("[role=alert]").await;
        assert_eq!(alert, "That user name and password do not match. Please try again.");
        assert!(browser.client.title().await.expect("a title").starts_with("Problem: "));
        assert_eq!(browser.attribute("#password", "aria-describedby").await, "sign-in-problem");
        assert_eq!(browser.attribute("#password", "aria-invalid").await, "true");
        let typed =
            "return [document.querySelector('#username').value, document.querySelector('#password').value]";
        assert_eq!(browser.script(typed).await, json!([LOGIN, ""]), "the name stays, the password does not");
        let focus = browser.script("return document.activeElement.id").await;
        assert_eq!(focus, "password", "where to go on typing");

        browser.fill("#password", PASSWORD).await;
        browser.follow("#sign-in-submit").await;
        browser.allow_if_asked().await;
        browser.arrives_at_app("/claims").await;
    })
    .await;
}

#[tokio::test]
async fn whoever_cancels_is_back_at_the_app() {
    visit(async |browser| {
        browser.expect_in_console("status of 400");
        browser.open_app("/login").await;

        browser.follow("#cancel").await;

        browser.arrives_at_app("/callback").await;
        assert_eq!(browser.heading().await, "You were not signed in");
        assert_eq!(browser.text("#error-code").await, "access_denied");
        browser.follow("#home").await;
        browser.arrives_at_app("/").await;
        assert!(browser.has("#signed-out").await);
    })
    .await;
}

#[tokio::test]
async fn prompt_login_asks_somebody_who_is_signed_in_again() {
    visit(async |browser| {
        browser.sign_in_to_app().await;

        browser.open(&authorize_url(&browser.places, &[("prompt", "login")])).await;

        browser.arrives_at_issuer("/sign-in").await;
        assert_eq!(browser.heading().await, "Sign in again");
        let name = browser.script("return document.querySelector('#username').value").await;
        assert_eq!(name, LOGIN, "who it must be stands there already");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_client_is_told_to_the_person_and_not_redirected() {
    visit(async |browser| {
        browser.expect_in_console("status of 400");

        browser.open(&authorize_url(&browser.places, &[("client_id", "nobody")])).await;

        browser.arrives_at_issuer("/authorize").await;
        assert_eq!(browser.text("#error-code").await, "invalid_request");
        assert!(!browser.text("#error-message").await.is_empty());
    })
    .await;
}
