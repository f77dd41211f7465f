//! Brings in what the chosen stages need, and says exactly what is missing where it cannot.

pub(crate) mod apache;
mod debian;
mod npm;
pub(crate) mod postgres;
mod python;
pub(crate) mod webdriver;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::options::Installs;
use crate::stage::{Need, Stage};
use crate::workspace::{Workspace, cargo};

/// What is there, and what is not.
pub(crate) struct Tools {
    /// The interpreter of the virtual environment.
    pub(crate) python: PathBuf,
    pub(crate) cargo_deny: PathBuf,
    /// Where the npm packages are.
    pub(crate) npm: PathBuf,
    missing: Vec<(Need, Missing)>,
}

/// Something that could not be brought in.
#[derive(Debug)]
pub(crate) struct Missing {
    /// One line: what is not there, and why.
    pub(crate) what: String,
    /// What a person can do about it.
    pub(crate) remedy: String,
}

impl Missing {
    fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl Tools {
    /// Why a need is not met.
    pub(crate) fn missing(&self, need: Need) -> Option<&str> {
        self.missing.iter().find(|(other, _)| *other == need).map(|(_, missing)| missing.what.as_str())
    }
}

/// Installs for the needs of these stages alone.
pub(crate) fn prepare(
    workspace: &Workspace,
    logs: &Path,
    stages: &[&Stage],
    installs: Installs,
) -> Result<Tools, String> {
    let log = logs.join("prepare.log");
    let _ = std::fs::remove_file(&log);
    let mut needs: Vec<Need> = Vec::new();
    for need in stages.iter().flat_map(|stage| stage.needs) {
        if !needs.contains(need) {
            needs.push(*need);
        }
    }
    let apt = debian::install(&needs, installs, &log);
    let place = Place { workspace, log: &log, installs, apt: &apt };
    let mut tools = Tools {
        python: workspace.target.join("python/bin/python"),
        cargo_deny: workspace.target.join("python/bin/cargo-deny"),
        npm: workspace.target.join("npm"),
        missing: Vec::new(),
    };
    for need in needs {
        if let Err(missing) = meet(need, &place, &tools) {
            println!("missing: {}\n    to have it: {}", missing.what, missing.remedy);
            let without = stages.iter().filter(|stage| stage.needs.contains(&need)).map(|stage| stage.name);
            println!("    skipped without it: {}", without.collect::<Vec<_>>().join(", "));
            tools.missing.push((need, missing));
        }
    }
    Ok(tools)
}

/// Where things are brought to, and how.
struct Place<'a> {
    workspace: &'a Workspace,
    log: &'a Path,
    installs: Installs,
    apt: &'a debian::Apt,
}

fn meet(need: Need, place: &Place<'_>, tools: &Tools) -> Result<(), Missing> {
    match need {
        Need::Rustfmt => component("fmt", "rustfmt"),
        Need::Clippy => component("clippy", "clippy"),
        Need::Python => python::packages(place, &tools.python, "requirements.txt"),
        Need::CargoDeny => python::packages(place, &tools.python, "tools.txt"),
        Need::OpenidClient => npm::packages(place, &tools.npm),
        Need::Postgres => {
            postgres::Postgres::find().map(|_| ()).map_err(|what| place.apt.missing(&what, need))
        }
        Need::Openssl => {
            openssl().ok_or(()).map_err(|()| place.apt.missing("openssl is not on this machine", need))
        }
        Need::Apache => apache::Apache::find().map(|_| ()).map_err(|what| place.apt.missing(&what, need)),
        Need::Browser => {
            webdriver::Browser::find().map(|_| ()).map_err(|what| place.apt.missing(&what, need))
        }
    }
}

/// The program that makes certificates, if it is there.
fn openssl() -> Option<()> {
    on_path("openssl").map(|_| ())
}

fn component(subcommand: &str, name: &str) -> Result<(), Missing> {
    if succeeds(Command::new(cargo()).args([subcommand, "--version"])) {
        return Ok(());
    }
    let remedy = format!("rustup component add {name}");
    Err(Missing::new(format!("{name} is not part of this Rust toolchain"), remedy))
}

/// Whether a program is there and ends well.
fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Where a program of this name is.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
