//! The dependencies, as `deny.toml` wants them.

use std::path::Path;
use std::time::Duration;

use crate::count::Tally;
use crate::options::Installs;
use crate::process;
use crate::stage::{Outcome, Setting};

const LIMIT: Duration = Duration::from_secs(5 * 60);
/// What cargo-deny says when it has no advisories to check against, online and offline.
const NO_DATA: [&str; 2] = ["failed to fetch advisory database", "failed to get 'FETCH_HEAD' metadata"];

pub(super) fn graph(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let ended = deny(setting, log, &["check", "licenses", "bans", "sources"])?;
    Ok(Outcome::Ran(Tally::of_one(ended)))
}

/// Against today's advisories where they can be had, else against those that this machine already holds.
pub(super) fn advisories(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let check = ["check", "--hide-inclusion-graph", "advisories"];
    let ways: &[&[&str]] = match setting.network {
        Installs::Allowed => &[&[], &["--offline"]],
        Installs::Offline => &[&["--offline"]],
    };
    for way in ways {
        let before = read(log).len();
        let held = deny(setting, log, &[way, &check[..]].concat())?;
        let said = read(log).split_off(before);
        if held || !NO_DATA.iter().any(|words| said.contains(words)) {
            return Ok(Outcome::Ran(Tally::of_one(held)));
        }
    }
    Ok(Outcome::NotChecked("no advisory data here".to_owned()))
}

fn deny(setting: &Setting, log: &Path, arguments: &[&str]) -> Result<bool, String> {
    let mut command = setting.command(&setting.tools.cargo_deny);
    command.args(["--color", "never"]).args(arguments);
    Ok(process::run(&mut command, log, LIMIT)?.well())
}

fn read(log: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned()
}
