//! Without JavaScript everything works but the single-page app, which says so.

use crate::browser::visit_with;
use crate::chromium::Scripts;
use crate::person::{LOGIN, PASSWORD};
use crate::request::authorize_url;

#[tokio::test]
async fn sign_in_consent_and_sign_out() {
    visit_with(Scripts::Blocked, async |browser| {
        browser.open_app("/spa").await;
        assert!(browser.text("noscript").await.contains("does not work without JavaScript"));

        browser.arrive_at_consent().await;
        browser.follow("#allow").await;
        browser.arrives_at_app("/claims").await;
        assert_eq!(browser.heading().await, "You are signed in");
        browser.follow("#sign-out").await;
        browser.arrives_at_app("/").await;
        assert!(browser.has("#signed-out").await);
    })
    .await;
}

#[tokio::test]
async fn a_flow_page() {
    visit_with(Scripts::Blocked, async |browser| {
        browser.open_app("/flows/client-credentials").await;
        browser.follow("#run").await;
        assert_eq!(browser.attribute("#run-result", "data-outcome").await, "good");
    })
    .await;
}

#[tokio::test]
async fn an_answer_by_form_post_has_a_button() {
    visit_with(Scripts::Blocked, async |browser| {
        browser.open(&authorize_url(&browser.places, &[("response_mode", "form_post")])).await;
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.find("#allow, #form-post-submit").await;
        if browser.has("#allow").await {
            browser.follow("#allow").await;
        }

        assert_eq!(browser.text("#form-post-submit").await, "Continue");
        assert_eq!(
            browser.attribute("#form-post", "action").await,
            format!("{}/callback", browser.places.app)
        );
    })
    .await;
}
