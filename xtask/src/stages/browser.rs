//! The tests that drive a real browser: `crates/hallpass/tests/browser`.

use std::path::Path;

use super::tests::{BROWSER, counted};
use crate::background::{self, Background};
use crate::demo::Demo;
use crate::prepare::webdriver::Browser;
use crate::stage::{Outcome, Setting};

/// Starts a demo and ChromeDriver, and tells the tests where everything is: `WEBDRIVER_URL`, the demo's three
/// addresses, and where screenshots go.
pub(super) fn browser(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let found = Browser::find()?;
    let demo = Demo::start(setting, BROWSER, log)?;
    let [port] = background::free_ports()?;
    let driver_log = setting.log("browser-driver");
    let mut driver = setting.command(&found.driver);
    driver.arg(format!("--port={port}"));
    let driver = Background::start("chromedriver", &mut driver, &driver_log, &[(port, "/status")])?;

    let screenshots = setting.workspace.target.join("screenshots");
    std::fs::create_dir_all(&screenshots).map_err(|error| format!("{}: {error}", screenshots.display()))?;
    let mut cargo = setting.cargo(&["test", "--workspace", "--all-features", "--test", BROWSER]);
    cargo.env("WEBDRIVER_URL", format!("http://localhost:{port}"));
    cargo.env("HALLPASS_CHROMEDRIVER", &found.driver).env("HALLPASS_CHROMIUM", &found.program);
    cargo.env("HALLPASS_SCREENSHOTS", &screenshots);
    demo.tell(&mut cargo);
    let outcome = counted(&mut cargo, setting, log)?;
    driver.stop("TERM")?;
    let stopped = demo.stop(log)?;
    Ok(match outcome {
        Outcome::Ran(mut tally) => {
            tally += stopped;
            Outcome::Ran(tally)
        }
        Outcome::NotChecked(_) => outcome,
    })
}
