//! Packages of Debian and Ubuntu, when `apt-get` is there and we are root or may become it.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::apache::Apache;
use super::postgres::Postgres;
use super::webdriver::Browser;
use super::{Missing, npm, on_path, openssl, python, succeeds};
use crate::options::Installs;
use crate::process;
use crate::stage::Need;

const UPDATE_LIMIT: Duration = Duration::from_secs(5 * 60);
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);
/// Another apt may be at work, as on a machine that has just started.
const WAIT_FOR_LOCK: &str = "DPkg::Lock::Timeout=120";

const POSTGRESQL: &str = "postgresql";
const STOP_CLUSTERS: &str =
    "pg_lsclusters -h | while read -r version name rest; do pg_ctlcluster \"$version\" \"$name\" stop; done";

/// What became of the packages.
pub(crate) enum Apt {
    /// Everything was there, or is now.
    Done,
    /// Why nothing could be installed.
    Not(String),
}

/// Installs the packages that these needs lack.
pub(crate) fn install(needs: &[Need], installs: Installs, log: &Path) -> Apt {
    let mut wanted: Vec<&str> = Vec::new();
    for package in needs.iter().filter(|need| !present(**need)).flat_map(|need| packages(*need)) {
        if !wanted.contains(package) {
            wanted.push(package);
        }
    }
    if wanted.is_empty() {
        return Apt::Done;
    }
    if installs == Installs::Offline {
        return Apt::Not("--offline installs nothing".to_owned());
    }
    if on_path("apt-get").is_none() {
        return Apt::Not("this machine has no apt-get".to_owned());
    }
    let Some(become_root) = become_root() else {
        return Apt::Not("only root may install packages, and there is no sudo".to_owned());
    };
    println!("installing Debian packages: {}", wanted.join(" "));
    let apt = |arguments: &[&str], limit| {
        let quietly = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", WAIT_FOR_LOCK];
        let words = [become_root, &quietly, arguments].concat();
        process::run(Command::new(words[0]).args(&words[1..]), log, limit)
    };
    // A failed update may leave lists that are good enough.
    let updated = apt(&["update"], UPDATE_LIMIT);
    let arguments = [&["install", "--no-install-recommends"], wanted.as_slice()].concat();
    match apt(&arguments, INSTALL_LIMIT) {
        Ok(ended) if ended.well() => {
            if wanted.contains(&POSTGRESQL) {
                stop_clusters(become_root, log);
            }
            Apt::Done
        }
        Ok(_) if !updated.is_ok_and(|ended| ended.well()) => {
            Apt::Not(format!("apt-get could not update its lists; see {}", log.display()))
        }
        Ok(_) => Apt::Not(format!("apt-get install failed; see {}", log.display())),
        Err(why) => Apt::Not(why),
    }
}

/// Debian starts a database server with the package. It was not there before, and nothing here uses it.
fn stop_clusters(become_root: &[&str], log: &Path) {
    let words = [become_root, &["sh", "-c", STOP_CLUSTERS]].concat();
    // One that was not started cannot be stopped.
    let _ = process::run(Command::new(words[0]).args(&words[1..]), log, INSTALL_LIMIT);
}

impl Apt {
    /// Says that a need's packages are missing, and the command that brings them.
    pub(crate) fn missing(&self, what: &str, need: Need) -> Missing {
        let what = match self {
            Self::Done => what.to_owned(),
            Self::Not(why) => format!("{what} ({why})"),
        };
        Missing::new(what, format!("apt-get install {}", packages(need).join(" ")))
    }
}

fn present(need: Need) -> bool {
    match need {
        Need::Rustfmt | Need::Clippy => true,
        Need::Python | Need::CargoDeny => python::interpreter_fits(),
        Need::OpenidClient => npm::node_fits().is_ok(),
        Need::Postgres => Postgres::find().is_ok(),
        Need::Browser => Browser::find().is_ok(),
        Need::Openssl => openssl().is_some(),
        Need::Apache => Apache::find().is_ok(),
    }
}

fn packages(need: Need) -> &'static [&'static str] {
    match need {
        Need::Rustfmt | Need::Clippy => &[],
        Need::Python | Need::CargoDeny => &["python3", "python3-venv"],
        Need::OpenidClient => &["nodejs", "npm"],
        Need::Postgres => &[POSTGRESQL],
        Need::Openssl => &["openssl"],
        // The program without the service that would start with the machine.
        Need::Apache => &["apache2-bin", "libapache2-mod-auth-openidc"],
        // Ubuntu has the same two programs under names of its own.
        Need::Browser if on_ubuntu() => &["chromium-browser", "chromium-chromedriver", "fonts-dejavu-core"],
        Need::Browser => &["chromium", "chromium-driver", "fonts-dejavu-core"],
    }
}

fn on_ubuntu() -> bool {
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

/// The words to put before a command that only root may run.
fn become_root() -> Option<&'static [&'static str]> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout.trim_ascii() == b"0" {
        return Some(&[]);
    }
    if succeeds(Command::new("sudo").args(["-n", "true"])) {
        return Some(&["sudo", "-n"]);
    }
    // Somebody at a terminal can be asked for the password once; sudo then remembers it.
    let asked =
        std::io::stdin().is_terminal() && Command::new("sudo").arg("-v").status().is_ok_and(|s| s.success());
    asked.then_some(&["sudo", "-n"] as &[&str])
}
