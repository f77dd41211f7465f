//! Every page: for people who listen to it, who use a keyboard or a thumb, and who have a small phone.

use serde_json::Value;

use crate::browser::{Browser, visit};
use crate::chromium::{self, Viewport};
use crate::tour::{Look, tour};

/// The narrowest phone.
const PHONE: Viewport = Viewport { width: 360, height: 740 };

/// Lists what is wrong with a page.
const INSPECT: &str = include_str!("inspect.js");

#[derive(Default)]
struct Inspector {
    pages: usize,
    wrong: Vec<String>,
}

impl Look for Inspector {
    async fn look(&mut self, browser: &Browser, name: &str) {
        self.pages += 1;
        chromium::resize(&browser.client, PHONE).await.expect("the window has a size");
        let Value::Array(wrong) = browser.script(INSPECT).await else { panic!("{name} cannot be inspected") };
        let wrong = wrong.iter().filter_map(Value::as_str);
        self.wrong.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
}

#[tokio::test]
async fn every_page_is_for_everybody() {
    visit(async |browser| {
        let mut inspector = Inspector::default();

        tour(&browser, &mut inspector).await;

        assert!(inspector.pages > 30, "{} pages", inspector.pages);
        assert!(inspector.wrong.is_empty(), "{}", inspector.wrong.join("\n"));
    })
    .await;
}
