//! What can be said of the code without running it.

use std::path::Path;
use std::time::Duration;

use crate::count::Tally;
use crate::process;
use crate::stage::{Outcome, Setting};

const LIMIT: Duration = Duration::from_secs(20 * 60);

pub(super) fn fmt(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    one(setting, log, &["fmt", "--all", "--check", "--", "--color", "never"], None)
}

pub(super) fn clippy(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    one(setting, log, &arguments, None)
}

/// As users see it, without private items: a public page that links to one is broken for them.
pub(super) fn docs(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let denied = Some(("RUSTDOCFLAGS", "-D warnings"));
    one(setting, log, &["doc", "--workspace", "--no-deps", "--all-features"], denied)
}

pub(super) fn features(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let mut tally = Tally::default();
    for library in setting.workspace.libraries.iter().filter(|library| !library.features.is_empty()) {
        let alone = library.features.iter().map(String::as_str);
        for features in std::iter::once("").chain(alone) {
            let package = ["clippy", "--quiet", "--package", &library.name, "--no-default-features"];
            let chosen = ["--features", features, "--", "-D", "warnings"];
            let ended = process::run(&mut setting.cargo(&[&package[..], &chosen].concat()), log, LIMIT)?;
            tally += Tally::of_one(ended.well());
        }
    }
    Ok(Outcome::Ran(tally.believing(true)))
}

fn one(
    setting: &Setting,
    log: &Path,
    arguments: &[&str],
    variable: Option<(&str, &str)>,
) -> Result<Outcome, String> {
    let mut cargo = setting.cargo(arguments);
    cargo.envs(variable);
    Ok(Outcome::Ran(Tally::of_one(process::run(&mut cargo, log, LIMIT)?.well())))
}
