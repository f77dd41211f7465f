//! Two tabs at once: a sign-in in one must not break the one in the other.

use fantoccini::wd::WindowHandle;

use crate::browser::{Browser, visit};
use crate::person::{LOGIN, PASSWORD};

impl Browser {
    async fn tab(&self) -> WindowHandle {
        self.client.window().await.expect("a tab is open")
    }

    async fn open_tab(&self) -> WindowHandle {
        let opened = self.client.new_window(true).await.expect("a tab opens");
        self.turn_to(&opened.handle).await;
        opened.handle
    }

    async fn turn_to(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.expect("the tab is there");
    }
}

#[tokio::test]
async fn started_in_one_order_and_finished_in_the_other() {
    visit(async |browser| {
        let first = browser.tab().await;
        browser.open_app("/login").await;
        browser.arrives_at_issuer("/sign-in").await;
        browser.open_tab().await;
        browser.open_app("/login?return_to=/flows/refresh").await;
        browser.arrives_at_issuer("/sign-in").await;

        browser.enter_password(LOGIN, PASSWORD).await;
        browser.allow_if_asked().await;
        browser.arrives_at_app("/flows/refresh").await;
        browser.turn_to(&first).await;
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.allow_if_asked().await;

        browser.arrives_at_app("/claims").await;
        assert_eq!(browser.heading().await, "You are signed in");
    })
    .await;
}

#[tokio::test]
async fn step_by_step_in_turns() {
    visit(async |browser| {
        // signed in nowhere, and the issuer does not know the app
        browser.sign_in_unknown_to_app().await;
        browser.open_app("/").await;
        browser.follow("#sign-out").await;
        browser.arrives_at_app("/").await;

        let first = browser.tab().await;
        browser.open_app("/login").await;
        let second = browser.open_tab().await;
        browser.open_app("/login?return_to=/flows/code").await;
        browser.turn_to(&first).await;
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.arrives_at_issuer("/consent").await;
        browser.turn_to(&second).await;
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.arrives_at_issuer("/consent").await;
        browser.follow("#allow").await;
        browser.arrives_at_app("/flows/code").await;
        browser.turn_to(&first).await;
        browser.follow("#allow").await;

        browser.arrives_at_app("/claims").await;
    })
    .await;
}
