//! A picture of every page, on a phone and on a desktop, light and dark, for people to look at.

use crate::browser::{Browser, visit};
use crate::chromium::{self, Viewport};
use crate::tour::{Look, tour};

const WINDOWS: [(&str, Viewport); 2] =
    [("phone", Viewport { width: 390, height: 844 }), ("desktop", Viewport { width: 1280, height: 800 })];
/// Less than this is no picture of a page.
const SMALLEST: usize = 4_000;

#[derive(Default)]
struct Photographer {
    pages: usize,
}

impl Look for Photographer {
    async fn look(&mut self, browser: &Browser, name: &str) {
        self.pages += 1;
        for scheme in ["light", "dark"] {
            chromium::prefer_scheme(&browser.client, scheme).await.expect("a scheme can be preferred");
            for (window, viewport) in WINDOWS {
                chromium::resize(&browser.client, viewport).await.expect("the window has a size");
                let png = chromium::picture(&browser.client, viewport).await.expect("a picture can be taken");
                assert!(png.len() > SMALLEST, "{name} is empty: {} bytes", png.len());
                let file = browser.places.screenshots.join(format!("{name}-{window}-{scheme}.png"));
                std::fs::write(&file, png).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            }
        }
    }
}

#[tokio::test]
async fn every_page_on_a_phone_and_a_desktop_light_and_dark() {
    visit(async |browser| {
        std::fs::create_dir_all(&browser.places.screenshots).expect("there is a place for pictures");
        let mut photographer = Photographer::default();

        tour(&browser, &mut photographer).await;

        assert!(photographer.pages > 30, "{} pages", photographer.pages);
    })
    .await;
}
