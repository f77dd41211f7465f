//! The back button and a reload: what people do without thinking.

use crate::browser::visit;

#[tokio::test]
async fn back_after_a_sign_in_breaks_nothing() {
    visit(async |browser| {
        browser.open_app("/").await;
        browser.sign_in_unknown_to_app().await;
        browser.open_app("/login").await;
        browser.follow("#allow").await;
        browser.arrives_at_app("/claims").await;

        browser.back().await;

        // The question has been answered: the issuer answers again, and the app knows that it is done.
        let settled = async || {
            let page = browser.page().await;
            page.starts_with(&browser.places.app) && !page.ends_with("/callback")
        };
        assert!(browser.eventually(settled).await, "the browser is at {}", browser.url().await);
        assert!(browser.text("header nav").await.contains("Ada Lovelace"), "she is still signed in");
    })
    .await;
}

#[tokio::test]
async fn back_from_a_wrong_password_is_the_form_again() {
    visit(async |browser| {
        browser.expect_in_console("status of 401");
        browser.open_app("/login").await;
        browser.enter_password("ada", "babbage").await;
        browser.find("[role=alert]").await;

        browser.back().await;

        browser.arrives_at_issuer("/sign-in").await;
        browser.enter_password(crate::person::LOGIN, crate::person::PASSWORD).await;
        browser.allow_if_asked().await;
        browser.arrives_at_app("/claims").await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_used_is_no_error_to_who_is_signed_in() {
    visit(async |browser| {
        browser.sign_in_to_app().await;
        let used =
            format!("{}/callback?code=used&state=over&iss={}", browser.places.app, browser.places.issuer);

        browser.open(&used).await;

        browser.arrives_at_app("/").await;
        assert!(browser.has("#signed-in").await);
    })
    .await;
}

#[tokio::test]
async fn an_answer_out_of_nowhere_is_a_page_with_a_way_on() {
    visit(async |browser| {
        browser.expect_in_console("status of 400");

        browser.open_app("/callback").await;

        assert!(browser.text("#error-message").await.contains("Authorization code not provided"));
        browser.follow("#retry").await;
        browser.arrives_at_issuer("/sign-in").await;
    })
    .await;
}
