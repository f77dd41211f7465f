//! The npm packages under `target/npm`, at the versions and with the hashes of `interop/package-lock.json`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Missing, Place, on_path};
use crate::options::Installs;
use crate::process;
use crate::stage::Need;

const LIMIT: Duration = Duration::from_secs(5 * 60);
const OLDEST_NODE: u32 = 18;
/// What the packages are installed from, and what runs there.
const FILES: [&str; 5] = ["package.json", "package-lock.json", ".npmrc", "openid_client.mjs", "person.mjs"];

/// Whether Node.js and npm are there and new enough; else what is missing.
pub(crate) fn node_fits() -> Result<(), String> {
    let version = Command::new("node").arg("--version").output();
    let version =
        version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let major = version.strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    match major {
        None => Err("Node.js is not on this machine".to_owned()),
        Some(major) if major < OLDEST_NODE => Err(format!("Node.js {version} is older than {OLDEST_NODE}")),
        Some(_) if on_path("npm").is_none() => Err("npm is not on this machine".to_owned()),
        Some(_) => Ok(()),
    }
}

/// Lays the scripts beside their packages, and installs those unless that was done already.
pub(super) fn packages(place: &Place<'_>, folder: &Path) -> Result<(), Missing> {
    node_fits().map_err(|what| place.apt.missing(&what, Need::OpenidClient))?;
    let remedy = "cd interop && npm ci";
    let from = place.workspace.root.join("interop");
    copy(&from, folder).map_err(|what| Missing::new(what, remedy))?;
    let lock = fs::read_to_string(folder.join("package-lock.json")).unwrap_or_default();
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if place.installs == Installs::Offline {
        let what = "openid-client is not in target/npm (--offline installs nothing)";
        return Err(Missing::new(what, remedy));
    }
    println!("installing npm packages: interop/package-lock.json");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    match process::run(&mut npm, place.log, LIMIT) {
        Ok(ended) if ended.well() => fs::write(&stamp, lock)
            .map_err(|error| Missing::new(format!("{}: {error}", stamp.display()), remedy)),
        Ok(_) => Err(Missing::new(format!("npm ci failed; see {}", place.log.display()), remedy)),
        Err(why) => Err(Missing::new(why, remedy)),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for name in FILES {
        fs::copy(from.join(name), to.join(name)).map_err(|error| format!("interop/{name}: {error}"))?;
    }
    Ok(())
}
