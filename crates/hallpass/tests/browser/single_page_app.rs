//! `/spa`: a public client in the browser — RFC 6749 §4.2, OpenID Connect Core §3.2, and code with PKCE.

use crate::browser::{Browser, visit};
use crate::person::{LOGIN, PASSWORD};

impl Browser {
    /// Runs a flow of the page to its end. A public client on this machine is asked about each time.
    async fn run_in_page(&self, button: &str, answer: &str) -> Vec<String> {
        self.open_app("/spa").await;
        self.follow(button).await;
        if self.has("#sign-in").await {
            self.enter_password(LOGIN, PASSWORD).await;
        }
        self.arrives_at_issuer("/consent").await;
        assert_eq!(self.text("#client-name").await, "Demo single-page app");
        self.follow(answer).await;
        self.arrives_at_app("/spa/callback").await;
        let ended = async || self.has("#run-result[data-outcome=good], #run-result[data-outcome=bad]").await;
        assert!(self.eventually(ended).await, "the run does not end");
        self.texts("#run-result .checks li").await
    }

    /// What the address bar shows, and the script sees.
    async fn address_is_clear(&self) {
        assert_eq!(self.url().await, format!("{}/spa/callback", self.places.app));
        assert_eq!(self.script("return location.hash + location.search").await, "");
    }

    async fn outcome(&self) -> String {
        self.attribute("#run-result", "data-outcome").await
    }
}

fn has(checks: &[String], start: &str) -> bool {
    checks.iter().any(|check| check.starts_with(start))
}

#[tokio::test]
async fn id_token_and_token_come_in_the_fragment_and_are_checked() {
    visit(async |browser| {
        let checks = browser.run_in_page("#start-id-token-token", "#allow").await;

        assert_eq!(browser.outcome().await, "good", "{checks:?}");
        browser.address_is_clear().await;
        assert!(browser.text("#steps").await.contains("The answer is in the fragment"));
        for check in ["state is", "iss is", "signature", "aud", "exp", "nonce", "at_hash", "typ"] {
            assert!(has(&checks, check), "{check} is among {checks:?}");
        }
        assert!(has(&checks, "GET /items answered 200"), "{checks:?}");
        assert!(browser.text("#steps").await.contains("\"sub\""), "the claims are shown");
    })
    .await;
}

#[tokio::test]
async fn token_alone_is_enough_for_the_api() {
    visit(async |browser| {
        let checks = browser.run_in_page("#start-token", "#allow").await;

        assert_eq!(browser.outcome().await, "good", "{checks:?}");
        browser.address_is_clear().await;
        assert!(has(&checks, "GET /items answered 200") && !has(&checks, "nonce"), "{checks:?}");
    })
    .await;
}

#[tokio::test]
async fn id_token_alone_says_who_it_is() {
    visit(async |browser| {
        let checks = browser.run_in_page("#start-id-token", "#allow").await;

        assert_eq!(browser.outcome().await, "good", "{checks:?}");
        browser.address_is_clear().await;
        assert!(has(&checks, "nonce") && !has(&checks, "GET /items"), "{checks:?}");
    })
    .await;
}

#[tokio::test]
async fn code_with_pkce_is_exchanged_by_the_page_itself() {
    visit(async |browser| {
        let checks = browser.run_in_page("#start-code", "#allow").await;

        assert_eq!(browser.outcome().await, "good", "{checks:?}");
        browser.address_is_clear().await;
        assert!(browser.text("#steps").await.contains("The answer is in the query"));
        assert!(has(&checks, "answer 200") && has(&checks, "GET /items answered 200"), "{checks:?}");

        // again in the same tab, and a reload: nothing is left over
        browser.run_in_page("#start-code", "#allow").await;
        assert_eq!(browser.outcome().await, "good");
        browser.client.refresh().await.expect("the page loads again");
        assert!(!browser.find("#run-result").await.is_displayed().await.expect("an element"));
    })
    .await;
}

#[tokio::test]
async fn no_is_told_and_nothing_is_shared() {
    visit(async |browser| {
        let checks = browser.run_in_page("#start-id-token-token", "#deny").await;

        assert_eq!(browser.outcome().await, "bad");
        browser.address_is_clear().await;
        assert!(has(&checks, "error access_denied"), "{checks:?}");
        assert!(!browser.text("#steps").await.contains("Look into"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_another_tab_is_refused() {
    visit(async |browser| {
        let forged = "/spa/callback#access_token=forged&token_type=Bearer&state=another";

        browser.open_app(forged).await;

        assert_eq!(browser.outcome().await, "bad");
        browser.address_is_clear().await;
        let failed = browser.texts("#run-result .checks .fail").await;
        assert!(has(&failed, "state is not of a request of this tab"), "{failed:?}");
    })
    .await;
}
