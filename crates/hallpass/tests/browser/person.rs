//! The demo's person, and what she does on the issuer's pages.

use crate::browser::Browser;

pub(crate) const LOGIN: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "lovelace";
pub(crate) const NAME: &str = "Ada Lovelace";

impl Browser {
    /// Fills in the sign-in form, and sends it.
    pub(crate) async fn enter_password(&self, login: &str, password: &str) {
        self.fill("#username", login).await;
        self.fill("#password", password).await;
        self.follow("#sign-in-submit").await;
    }

    /// Starts at the app, and signs in at the issuer. What follows is the consent page, or the app.
    pub(crate) async fn enter_from_app(&self) {
        self.open_app("/login").await;
        self.arrives_at_issuer("/sign-in").await;
        self.enter_password(LOGIN, PASSWORD).await;
    }

    /// Says yes where that is asked, until the browser is back at the app.
    pub(crate) async fn allow_if_asked(&self) {
        let answered =
            async || !self.page().await.starts_with(&self.places.issuer) || self.has("#allow").await;
        assert!(self.eventually(answered).await, "the issuer neither asks nor answers: {}", self.url().await);
        if self.page().await.starts_with(&self.places.issuer) {
            self.follow("#allow").await;
        }
    }

    /// Signs in at the app, allowing what it asks for.
    pub(crate) async fn sign_in_to_app(&self) {
        self.enter_from_app().await;
        self.allow_if_asked().await;
        self.arrives_at_app("/claims").await;
    }

    /// Signs in, and takes back whatever was allowed before: the issuer does not know the app any more.
    pub(crate) async fn sign_in_unknown_to_app(&self) {
        self.sign_in_to_app().await;
        self.open_issuer("/").await;
        while self.has(".rows form button").await {
            self.follow(".rows form button").await;
            self.arrives_at_issuer("/").await;
        }
        assert!(self.has("#no-applications").await, "the list is empty");
    }

    /// Waits at the consent page, with nothing allowed so far.
    pub(crate) async fn arrive_at_consent(&self) {
        self.sign_in_unknown_to_app().await;
        self.open_app("/login").await;
        self.arrives_at_issuer("/consent").await;
    }
}
