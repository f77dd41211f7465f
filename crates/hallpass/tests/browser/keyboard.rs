//! No mouse: Tab, Enter, and seeing where one is.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;

use crate::browser::{Browser, visit};
use crate::person::{LOGIN, PASSWORD};

impl Browser {
    /// Types as on a keyboard, into whatever has the focus.
    async fn press(&self, keys: &str) {
        let mut typing = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            typing = typing.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(typing).await.expect("keys can be pressed");
    }

    async fn press_key(&self, key: Key) {
        self.press(&char::from(key).to_string()).await;
    }

    /// What has the focus.
    async fn focus(&self) -> String {
        let id = self.script("return document.activeElement.id").await;
        id.as_str().unwrap_or_default().to_owned()
    }

    /// Presses Tab until something has the focus, and sees at each stop where that is.
    async fn tab_to(&self, id: &str) {
        for _ in 0..20 {
            self.press_key(Key::Tab).await;
            self.sees_focus().await;
            if self.focus().await == id {
                return;
            }
        }
        panic!("Tab does not lead to {id}");
    }

    async fn sees_focus(&self) {
        let ring = "const it = document.activeElement, style = getComputedStyle(it);
            return it.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2";
        assert_eq!(self.script(ring).await, true, "{} shows that it has the focus", self.focus().await);
    }
}

#[tokio::test]
async fn sign_in_and_consent() {
    visit(async |browser| {
        browser.sign_in_unknown_to_app().await;
        browser.follow("#sign-out-submit").await;
        browser.arrives_at_issuer("/signed-out").await;
        browser.open_app("/login").await;
        browser.find("#sign-in").await;

        assert_eq!(browser.focus().await, "username", "typing can start at once");
        browser.press(LOGIN).await;
        browser.press_key(Key::Tab).await;
        browser.sees_focus().await;
        browser.press(PASSWORD).await;
        browser.press_key(Key::Enter).await;
        browser.arrives_at_issuer("/consent").await;
        browser.tab_to("allow").await;
        browser.press_key(Key::Enter).await;

        browser.arrives_at_app("/claims").await;
    })
    .await;
}

#[tokio::test]
async fn a_flow_and_the_sign_out() {
    visit(async |browser| {
        browser.open_app("/flows/password").await;
        browser.tab_to("username").await;
        browser.press(LOGIN).await;
        browser.tab_to("password").await;
        browser.press(PASSWORD).await;
        browser.tab_to("run").await;
        browser.press_key(Key::Enter).await;
        assert_eq!(browser.attribute("#run-result", "data-outcome").await, "good");

        browser.sign_in_to_app().await;
        browser.tab_to("sign-out").await;
        browser.press_key(Key::Enter).await;
        browser.arrives_at_app("/").await;
        assert!(browser.has("#signed-out").await);
    })
    .await;
}
