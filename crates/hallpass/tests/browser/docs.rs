//! The API's documentation: authorize there, call a route, sign out.

use fantoccini::Locator;
use fantoccini::wd::WindowHandle;

use crate::browser::{Browser, visit};
use crate::chromium::{self, Viewport};
use crate::person::{LOGIN, PASSWORD};

const LIST: &str = "#operations-default-get_items";

/// *Authorize* opens the issuer in a window whose opener it cuts off; the answer finds its way all the same.
#[tokio::test(flavor = "multi_thread")]
async fn authorize_call_a_route_and_log_out() {
    visit(async |browser: Browser| {
        browser.expect_in_console("Password field is not contained in a form");
        browser
            .expect_in_console("/items - Failed to load resource: the server responded with a status of 401");
        browser.open(&format!("{}/docs", browser.places.api)).await;
        let docs = browser.client.window().await.expect("a window");
        browser.picture_of_docs("docs").await;
        assert_eq!(browser.call_list().await, "401", "nothing was presented yet");

        browser.click(".scheme-container .authorize").await;
        browser.picture_of_docs("docs-authorize").await;
        browser.click(".auth-container .authorize").await;
        let issuer = browser.new_window(&docs).await;
        browser.client.switch_to_window(issuer.clone()).await.expect("the issuer's window is there");
        browser.arrives_at_issuer("/sign-in").await;
        let opener = browser.script("return window.opener === null").await;
        assert_eq!(opener, true, "the issuer cuts the way back off, which is what this is about");
        browser.enter_password(LOGIN, PASSWORD).await;
        browser.allow_in_window().await;
        browser.window_is_done().await;

        browser.client.switch_to_window(docs).await.expect("the documentation is there");
        assert!(
            browser
                .eventually(async || browser
                    .texts(".auth-container h6")
                    .await
                    .iter()
                    .any(|text| text == "Authorized"))
                .await,
            "the page has a token: {:?}",
            browser.texts(".auth-container").await
        );
        browser.picture_of_docs("docs-authorized").await;
        browser.click(".modal-ux .btn-done").await;
        assert_eq!(browser.call_list().await, "200");
        assert!(
            browser
                .text(&format!("{LIST} .live-responses-table tr.response .response-col_description"))
                .await
                .contains("Jacquard loom")
        );
        browser.picture_of_docs("docs-called").await;

        browser.click(".scheme-container .authorize").await;
        browser.click(".auth-container .modal-btn:not(.btn-done)").await;
        browser.click(".modal-ux .btn-done").await;
        assert_eq!(browser.call_list().await, "401", "logged out");
    })
    .await;
}

/// What the issuer refuses is said where it was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_says_no_is_told_so() {
    visit(async |browser: Browser| {
        browser.expect_in_console("Password field is not contained in a form");
        browser.sign_in_unknown_to_app().await;
        browser.open(&format!("{}/docs", browser.places.api)).await;
        let docs = browser.client.window().await.expect("a window");
        browser.click(".scheme-container .authorize").await;
        browser.click(".auth-container .authorize").await;
        let issuer = browser.new_window(&docs).await;
        browser.client.switch_to_window(issuer).await.expect("the issuer's window is there");
        browser.arrives_at_issuer("/consent").await;
        browser.click("#deny").await;
        browser.window_is_done().await;

        browser.client.switch_to_window(docs).await.expect("the documentation is there");
        let told = browser.text(".auth-container .errors").await;
        assert!(told.contains("access_denied"), "{told}");
        assert!(browser.has(".auth-container .authorize").await, "there is no token");
    })
    .await;
}

impl Browser {
    /// Calls `GET /items` from the page, and gives the status that it shows.
    async fn call_list(&self) -> String {
        if !self.has(&format!("{LIST}.is-open")).await {
            self.click(&format!("{LIST} .opblock-summary-control")).await;
            self.click(&format!("{LIST} .try-out__btn")).await;
        } else {
            self.click(&format!("{LIST} .btn-clear")).await;
        }
        self.click(&format!("{LIST} .execute")).await;
        let status =
            self.text(&format!("{LIST} .live-responses-table tr.response .response-col_status")).await;
        status.lines().next().unwrap_or_default().trim().to_owned()
    }

    /// The window that is not this one.
    async fn new_window(&self, known: &WindowHandle) -> WindowHandle {
        let others = async || -> Vec<WindowHandle> {
            let all = self.client.windows().await.expect("windows are listed");
            all.into_iter().filter(|window| window != known).collect()
        };
        assert!(self.eventually(async || !others().await.is_empty()).await, "no window opens");
        others().await.remove(0)
    }

    /// Says yes where that is asked, until the window is done: it shows that, or is closed.
    async fn allow_in_window(&self) {
        let done = async || match self.client.current_url().await {
            Err(_) => true,
            Ok(url) => url.path() == "/docs/oauth2-redirect" || self.has("#allow").await,
        };
        assert!(self.eventually(done).await, "the issuer neither asks nor answers");
        if self.client.current_url().await.is_ok_and(|url| url.path() == "/consent") {
            self.click("#allow").await;
        }
    }

    /// The window has handed its answer over: it is closed, or says so, and keeps no code in its address.
    async fn window_is_done(&self) {
        let done = async || {
            let Ok(url) = self.client.current_url().await else { return true };
            let Ok(heading) = self.client.find(Locator::Css("h1")).await else { return false };
            url.path() == "/docs/oauth2-redirect"
                && url.query().is_none()
                && heading.text().await.is_ok_and(|text| text == "Done")
        };
        assert!(self.eventually(done).await, "the window is neither done nor closed");
    }

    async fn picture_of_docs(&self, name: &str) {
        let viewport = Viewport { width: 1280, height: 800 };
        let picture = chromium::picture(&self.client, viewport).await.expect("a picture");
        std::fs::create_dir_all(&self.places.screenshots).expect("a folder for pictures");
        std::fs::write(self.places.screenshots.join(format!("{name}.png")), picture)
            .expect("a picture is kept");
    }
}
