//! Where everything is, as whoever started the demo says.

use std::env;
use std::io::Write as _;
use std::path::PathBuf;

/// The addresses of the demo and of ChromeDriver.
#[derive(Clone)]
pub(crate) struct Places {
    pub(crate) webdriver: String,
    pub(crate) issuer: String,
    pub(crate) app: String,
    pub(crate) api: String,
    /// The browser, where it is not the one that ChromeDriver finds by itself.
    pub(crate) chromium: Option<String>,
    /// Where pictures go.
    pub(crate) screenshots: PathBuf,
}

impl Places {
    /// None, and a word about it, where there is no browser to drive.
    pub(crate) fn find() -> Option<Self> {
        let Ok(webdriver) = env::var("WEBDRIVER_URL") else {
            skip("WEBDRIVER_URL does not say where ChromeDriver is");
            return None;
        };
        let place = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Some(Self {
            webdriver,
            issuer: place("HALLPASS_ISSUER_URL"),
            app: place("HALLPASS_APP_URL"),
            api: place("HALLPASS_API_URL"),
            chromium: env::var("HALLPASS_CHROMIUM").ok(),
            screenshots: env::var_os("HALLPASS_SCREENSHOTS").map_or_else(default_screenshots, PathBuf::from),
        })
    }
}

fn default_screenshots() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots")
}

/// Says that this test did not run: to people, and to whoever counts.
fn skip(why: &str) {
    let thread = std::thread::current();
    let line = format!("SKIPPED: browser::{}: {why}\n", thread.name().unwrap_or("a test"));
    eprint!("{line}");
    if let Some(log) = env::var_os("HALLPASS_SKIP_LOG") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the skip log can be written");
    }
}
