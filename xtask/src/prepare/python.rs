//! The virtual environment `target/python`, with packages at the versions that `interop/` names.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Missing, Place, succeeds};
use crate::options::Installs;
use crate::process;
use crate::stage::Need;

const LIMIT: Duration = Duration::from_secs(10 * 60);
/// FastAPI asks for it.
const FITS: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/// Whether a Python is there that can make virtual environments and is new enough.
pub(crate) fn interpreter_fits() -> bool {
    succeeds(Command::new("python3").args(["-c", FITS]))
}

/// Makes the environment and installs the packages of one requirements file, unless that was done already.
pub(super) fn packages(place: &Place<'_>, python: &Path, requirements: &str) -> Result<(), Missing> {
    let root = &place.workspace.root;
    let file = root.join("interop").join(requirements);
    let environment = place.workspace.target.join("python");
    let stamp = environment.join(format!("{requirements}.installed"));
    let wanted = stamp_text(root, &file).map_err(|why| Missing::new(why, "git checkout interop"))?;
    let works = succeeds(Command::new(python).args(["-c", ""]));
    if works && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let need = if requirements == "tools.txt" { Need::CargoDeny } else { Need::Python };
    if !interpreter_fits() {
        let what = "Python 3.11 or newer with its venv module is not on this machine";
        return Err(place.apt.missing(what, need));
    }
    let remedy =
        format!("python3 -m venv target/python && target/python/bin/pip install -r interop/{requirements}");
    if place.installs == Installs::Offline {
        let what = format!(
            "the packages of interop/{requirements} are not in target/python (--offline installs nothing)"
        );
        return Err(Missing::new(what, remedy));
    }
    println!("installing Python packages: interop/{requirements}");
    let steps = || -> Result<bool, String> {
        if !works {
            let made = process::run(
                Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment),
                place.log,
                LIMIT,
            )?;
            if !made.well() {
                return Ok(false);
            }
        }
        let mut pip = Command::new(python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "--only-binary",
            ":all:",
            "-r",
        ]);
        let installed = process::run(pip.arg(&file), place.log, LIMIT)?;
        if installed.well() {
            std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
        }
        Ok(installed.well())
    };
    match steps() {
        Ok(true) => Ok(()),
        Ok(false) => {
            let what = format!("interop/{requirements} could not be installed; see {}", place.log.display());
            Err(Missing::new(what, remedy))
        }
        Err(why) => Err(Missing::new(why, remedy)),
    }
}

/// What the stamp holds: the file, and the files that it includes.
fn stamp_text(root: &Path, file: &Path) -> Result<String, String> {
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut text = read(file)?;
    let included: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("-r ")).map(|path| path.trim().to_owned()).collect();
    for path in included {
        text += &read(&root.join("interop").join(path))?;
    }
    Ok(text)
}
