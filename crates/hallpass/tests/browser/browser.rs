//! A browser, and what can be done and seen in it.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::Value;

use crate::chromium::{self, Scripts};
use crate::places::Places;

/// How long a page may take to show what it must show.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// All tests are the same person at the same issuer, whose answers are remembered: one at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A browser with a profile of its own.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    pub(crate) places: Places,
    /// Lines of the console that the test has asked for, as parts of them.
    expected: Arc<Mutex<Vec<String>>>,
}

/// Lets a person do something in a fresh browser; the console must have nothing to complain about in the end.
pub(crate) async fn visit<F: Future<Output = ()> + 'static>(act: impl FnOnce(Browser) -> F) {
    visit_with(Scripts::Allowed, act).await;
}

/// The same, with or without JavaScript.
pub(crate) async fn visit_with<F: Future<Output = ()> + 'static>(
    scripts: Scripts,
    act: impl FnOnce(Browser) -> F,
) {
    let Some(places) = Places::find() else { return };
    let _turn = TURN.lock().await;
    let client = chromium::start(&places, scripts).await;
    let browser = Browser { client, places, expected: Arc::default() };
    // A task of its own, so that the browser is closed even if an assertion fails.
    let acting = tokio::task::LocalSet::new();
    let act = acting.spawn_local(act(browser.clone()));
    let outcome = acting.run_until(act).await;
    if outcome.is_err() {
        browser.tell_where_it_stopped().await;
    }
    let complaints = browser.complaints().await;
    browser.client.close().await.expect("the browser closes");
    if let Err(error) = outcome {
        std::panic::resume_unwind(error.into_panic());
    }
    assert!(complaints.is_empty(), "the console says:\n{}", complaints.join("\n"));
}

impl Browser {
    /// Opens an address.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} opens: {error}"));
    }

    /// Opens an address of the web app.
    pub(crate) async fn open_app(&self, path: &str) {
        self.open(&format!("{}{path}", self.places.app)).await;
    }

    /// Opens an address of the issuer.
    pub(crate) async fn open_issuer(&self, path: &str) {
        self.open(&format!("{}{path}", self.places.issuer)).await;
    }

    /// The address bar.
    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.expect("a page has an address").to_string()
    }

    /// The address without what follows the path.
    pub(crate) async fn page(&self) -> String {
        let url = self.url().await;
        url.split(['?', '#']).next().unwrap_or_default().to_owned()
    }

    /// Waits for a page of the web app.
    pub(crate) async fn arrives_at_app(&self, path: &str) {
        self.arrives_at(&format!("{}{path}", self.places.app)).await;
    }

    /// Waits for a page of the issuer.
    pub(crate) async fn arrives_at_issuer(&self, path: &str) {
        self.arrives_at(&format!("{}{path}", self.places.issuer)).await;
    }

    async fn arrives_at(&self, page: &str) {
        let arrived = self.eventually(async || self.page().await == page).await;
        assert!(arrived, "the browser is at {} and not at {page}", self.url().await);
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let waiting = self.client.wait().at_most(PATIENCE).every(GLANCE);
        match waiting.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css} at {}: {error}", self.url().await),
        }
    }

    /// Waits for an element and clicks it.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.unwrap_or_else(|error| panic!("{css} can be clicked: {error}"));
    }

    /// Clicks what leads to another page, and waits until that is there.
    pub(crate) async fn follow(&self, css: &str) {
        let before = self.client.find(Locator::Css("html")).await.expect("a page is a document");
        self.click(css).await;
        // Of the old page nothing can be asked any more.
        let left = async || before.tag_name().await.is_err();
        assert!(self.eventually(left).await, "{css} leads away from {}", self.url().await);
        self.find("h1").await;
    }

    /// Replaces what stands in a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        element.clear().await.unwrap_or_else(|error| panic!("{css} can be cleared: {error}"));
        element.send_keys(text).await.unwrap_or_else(|error| panic!("{css} can be filled in: {error}"));
    }

    /// Waits for an element and reads it.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap_or_else(|error| panic!("{css} can be read: {error}"))
    }

    /// Reads all elements that are there now.
    pub(crate) async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.expect("elements are looked for") {
            texts.push(element.text().await.expect("an element can be read"));
        }
        texts
    }

    /// How many there are now.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.expect("elements are looked for").len()
    }

    /// Whether there is one now.
    pub(crate) async fn has(&self, css: &str) -> bool {
        self.count(css).await > 0
    }

    /// The heading of the page.
    pub(crate) async fn heading(&self) -> String {
        self.text("h1").await
    }

    /// An attribute of an element, empty if it has none.
    pub(crate) async fn attribute(&self, css: &str, name: &str) -> String {
        let value = self.find(css).await.attr(name).await.expect("an attribute can be read");
        value.unwrap_or_default()
    }

    /// The value of a script: `return …`.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Back to the page before.
    pub(crate) async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// Lets a line of the console pass that has this in it, such as the status of a page that is a refusal.
    pub(crate) fn expect_in_console(&self, part: &str) {
        self.expected.lock().expect("no test panics here").push(part.to_owned());
    }

    /// Looks until something holds, and says whether it came to that.
    pub(crate) async fn eventually(&self, holds: impl AsyncFn() -> bool) -> bool {
        let looked = tokio::time::timeout(PATIENCE, async {
            while !holds().await {
                tokio::time::sleep(GLANCE).await;
            }
        });
        looked.await.is_ok()
    }

    async fn complaints(&self) -> Vec<String> {
        let mut lines = chromium::complaints(&self.client).await.expect("the console can be read");
        let expected = self.expected.lock().expect("no test panics here");
        lines.retain(|line| !expected.iter().any(|part| line.contains(part)));
        lines
    }

    async fn tell_where_it_stopped(&self) {
        let said: Result<_, CmdError> = async {
            let text = self.client.find(Locator::Css("body")).await?.text().await?;
            Ok(format!("{}\n{text}", self.client.current_url().await?))
        }
        .await;
        eprintln!("the test stopped at {}", said.unwrap_or_else(|error| error.to_string()));
    }
}
