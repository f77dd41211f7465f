//! The issuer's front page: which applications have access, and how that ends.

use crate::browser::visit;

#[tokio::test]
async fn an_application_can_be_thrown_out() {
    visit(async |browser| {
        browser.arrive_at_consent().await;
        browser.follow("#allow").await;
        browser.arrives_at_app("/claims").await;

        browser.open_issuer("/").await;
        assert_eq!(browser.heading().await, "Your account");
        assert_eq!(browser.texts(".rows h3").await, ["Demo web app"]);
        assert_eq!(browser.count(".rows li li").await, 2, "profile and email, in words");
        browser.follow(".rows form button").await;

        browser.arrives_at_issuer("/").await;
        assert!(browser.has("#no-applications").await);
        browser.open_app("/flows/refresh").await;
        browser.follow("#run").await;
        assert_eq!(browser.attribute("#run-result", "data-outcome").await, "bad");
        assert!(browser.text("#run-result").await.contains("invalid_grant"), "its refresh token has ended");
        browser.open_app("/login").await;
        browser.arrives_at_issuer("/consent").await;
    })
    .await;
}
