//! The tests that `cargo test` runs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::count::Tally;
use crate::process;
use crate::stage::{Outcome, Setting};

const LIMIT: Duration = Duration::from_secs(40 * 60);
/// The integration test that wants a browser: a stage of its own.
pub(super) const BROWSER: &str = "browser";
/// Those that want a PostgreSQL server, of the engine and of the program: likewise.
pub(super) const POSTGRES: [&str; 2] = ["postgres", "serve_postgres"];

pub(super) fn all(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let mut cargo = setting.cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    cargo.args(["--lib", "--bins", "--examples"]);
    let elsewhere = |test: &str| test == BROWSER || POSTGRES.contains(&test);
    for test in setting.workspace.tests.iter().filter(|test| !elsewhere(test)) {
        cargo.args(["--test", test]);
    }
    counted(&mut cargo, setting, log)
}

pub(super) fn docs(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    counted(
        &mut setting.cargo(&["test", "--workspace", "--all-features", "--no-fail-fast", "--doc"]),
        setting,
        log,
    )
}

/// Runs `cargo test` and counts; tests that cannot run say so in the file that `HALLPASS_SKIP_LOG` names.
pub(super) fn counted(cargo: &mut Command, setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let skips = setting.logs.join("skipped.txt");
    let _ = std::fs::remove_file(&skips);
    let ended = process::run(cargo.env("HALLPASS_SKIP_LOG", &skips), log, LIMIT)?;
    let output = std::fs::read(log).map_err(|error| format!("{}: {error}", log.display()))?;
    let skipped = std::fs::read_to_string(&skips).unwrap_or_default();
    let tally = Tally::of_cargo_test(&String::from_utf8_lossy(&output), &skipped);
    Ok(Outcome::Ran(tally.believing(ended.well())))
}
