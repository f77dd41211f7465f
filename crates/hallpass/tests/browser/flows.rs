//! The web app's page for each flow: it runs, shows its steps, and keeps its secrets.

use crate::browser::{Browser, visit};
use crate::person::{LOGIN, PASSWORD};

impl Browser {
    /// The run that the page shows: how it ended, and the titles of its steps.
    async fn run(&self) -> (String, Vec<String>) {
        let outcome = self.attribute("#run-result", "data-outcome").await;
        (outcome, self.texts("#run-result .steps h3").await)
    }

    /// No secret of a client or person, and no token that would work, is on the page.
    async fn shows_no_secret(&self) {
        let page = self.text("#run-result").await;
        for secret in ["demo-web-secret", "demo-service-secret", "demo-legacy-secret", PASSWORD] {
            assert!(!page.contains(secret), "{secret} is on the page:\n{page}");
        }
        let encoded = |word: &&str| word.starts_with("eyJ") && word.len() > 20;
        let words = page.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        assert_eq!(words.clone().find(encoded), None, "a whole token is on the page");
        assert!(words.count() > 100, "there is something to read");
    }
}

#[tokio::test]
async fn authorization_code() {
    visit(async |browser| {
        browser.open_app("/flows/code").await;
        assert!(!browser.has("#run-result").await);
        browser.follow("#run").await;
        browser.arrives_at_issuer("/sign-in").await;
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.allow_if_asked().await;

        browser.arrives_at_app("/flows/code").await;
        let (outcome, steps) = browser.run().await;
        assert_eq!(outcome, "good");
        let expected = [
            "Send the browser to the issuer",
            "The browser comes back with a code",
            "Exchange the code for tokens",
            "Ask UserInfo for the profile",
            "Verify the ID token",
            "Call the API",
        ];
        assert_eq!(steps, expected);
        let checks = browser.texts("#run-result .checks .pass strong").await;
        for check in ["state", "iss", "signature", "aud", "exp", "nonce", "at_hash", "GET /items"] {
            assert!(checks.iter().any(|passed| passed == check), "{check} is among {checks:?}");
        }
        browser.shows_no_secret().await;
    })
    .await;
}

#[tokio::test]
async fn refresh() {
    visit(async |browser| {
        browser.open_app("/flows/refresh").await;
        browser.follow("#sign-in").await;
        browser.arrives_at_issuer("/sign-in").await;
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.allow_if_asked().await;
        browser.arrives_at_app("/flows/refresh").await;

        browser.follow("#run").await;
        let (_, steps) = browser.run().await;
        assert_eq!(steps.first().map(String::as_str), Some("Ask for a new access token"));
        let passed = browser.texts("#run-result .checks .pass").await;
        assert!(passed.iter().any(|check| check.starts_with("refresh token stays")), "{passed:?}");
        assert!(passed.iter().any(|check| check == "active yes"), "{passed:?}");
        browser.shows_no_secret().await;

        browser.follow("#revoke").await;
        let (outcome, steps) = browser.run().await;
        assert_eq!((outcome.as_str(), steps.len()), ("good", 2), "{steps:?}");
        assert!(browser.text("#run-result").await.contains("invalid_grant"));
        assert!(browser.has("#sign-in").await, "there is nothing left to refresh");
    })
    .await;
}

#[tokio::test]
async fn client_credentials() {
    visit(async |browser| {
        browser.open_app("/flows/client-credentials").await;

        browser.follow("#run").await;
        let (outcome, steps) = browser.run().await;
        assert_eq!(outcome, "good");
        assert_eq!(steps, ["Ask for a token", "Look into the tokens", "Call the API"]);
        browser.shows_no_secret().await;

        browser.fill("#scope", "items:read items:delete").await;
        browser.follow("#run").await;
        let (outcome, _) = browser.run().await;
        assert_eq!(outcome, "bad");
        assert!(browser.text("#run-result").await.contains("invalid_scope"));
    })
    .await;
}

#[tokio::test]
async fn password() {
    visit(async |browser| {
        browser.open_app("/flows/password").await;
        assert!(browser.text(".notice").await.contains("RFC 9700"));

        browser.fill("#username", LOGIN).await;
        browser.fill("#password", PASSWORD).await;
        browser.follow("#run").await;
        let (outcome, _) = browser.run().await;
        assert_eq!(outcome, "good");
        browser.shows_no_secret().await;

        browser.fill("#username", LOGIN).await;
        browser.fill("#password", "babbage").await;
        browser.follow("#run").await;
        let (outcome, _) = browser.run().await;
        assert_eq!(outcome, "bad");
        assert!(browser.text("#run-result").await.contains("invalid_grant"));
    })
    .await;
}

#[tokio::test]
async fn implicit() {
    visit(async |browser| {
        browser.open_app("/flows/implicit").await;
        assert!(browser.text(".notice").await.contains("RFC 9700"));

        browser.follow("#run").await;

        browser.arrives_at_app("/spa").await;
        assert!(browser.find("#start-id-token-token").await.is_enabled().await.expect("a button"));
    })
    .await;
}
