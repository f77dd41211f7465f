//! One named part of the run.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::count::Tally;
use crate::options::Installs;
use crate::prepare::Tools;
use crate::process;
use crate::workspace::{Workspace, cargo};

/// A stage: what it is called, what it proves, what it needs on the machine, and how it runs.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) run: fn(&Setting, &Path) -> Result<Outcome, String>,
}

/// Something that a stage cannot run without.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Need {
    Rustfmt,
    Clippy,
    /// `target/python` with the packages of `interop/requirements.txt`.
    Python,
    /// `target/python` with the program of `interop/tools.txt`.
    CargoDeny,
    /// Node.js, and `target/npm` with the packages of `interop/package-lock.json`.
    OpenidClient,
    /// The programs of a PostgreSQL server, and a user that may run them.
    Postgres,
    /// Chromium, ChromeDriver and a font.
    Browser,
    /// The program `openssl`, which makes certificates.
    Openssl,
    /// Apache with mod_auth_openidc.
    Apache,
}

/// What came out of a stage that could run.
pub(crate) enum Outcome {
    Ran(Tally),
    /// There was nothing to check against; said plainly, and neither a success nor a failure.
    NotChecked(String),
}

/// Where the stages run.
pub(crate) struct Setting {
    pub(crate) workspace: Workspace,
    pub(crate) tools: Tools,
    pub(crate) logs: PathBuf,
    pub(crate) network: Installs,
}

impl Setting {
    /// The log of a stage, or of a server beside it.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// A program that runs at the workspace's root and prints no colours.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.workspace.root).env("CARGO_TERM_COLOR", "never").env("NO_COLOR", "1");
        command
    }

    /// `cargo` with arguments.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(cargo());
        command.args(arguments);
        command
    }
}

/// Runs a stage with a log of its own, or skips it when something it needs is missing.
pub(crate) fn run(stage: &Stage, setting: &Setting, log: &Path) -> Outcome {
    let _ = std::fs::remove_file(log);
    if let Some(why) = stage.needs.iter().find_map(|need| setting.tools.missing(*need)) {
        return Outcome::Ran(Tally::of_skip(stage.name, why));
    }
    (stage.run)(setting, log).unwrap_or_else(|why| {
        // The log may be what failed: then the report has only the stage's name.
        let _ = process::note(log, &format!("xtask: {why}"));
        Outcome::Ran(Tally::of_one(false))
    })
}
