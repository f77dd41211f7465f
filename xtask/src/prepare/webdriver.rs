//! A browser that tests can drive, and its driver.

use std::path::{Path, PathBuf};

use super::on_path;

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVERS: [&str; 2] = ["chromedriver", "chromium.chromedriver"];
const FONTS: &str = "/usr/share/fonts";

/// Where both programs are.
pub(crate) struct Browser {
    pub(crate) program: PathBuf,
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// Looks for both, and for a font: without one, pages have no text to see.
    pub(crate) fn find() -> Result<Self, String> {
        let program =
            BROWSERS.iter().find_map(|name| on_path(name)).ok_or("Chromium is not on this machine")?;
        let driver =
            DRIVERS.iter().find_map(|name| on_path(name)).ok_or("ChromeDriver is not on this machine")?;
        if !holds_font(Path::new(FONTS)) {
            return Err("there is no font on this machine".to_owned());
        }
        Ok(Self { program, driver })
    }
}

fn holds_font(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        let font = path.extension().is_some_and(|end| end == "ttf" || end == "otf" || end == "ttc");
        font || (path.is_dir() && holds_font(&path))
    })
}
