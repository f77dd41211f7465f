//! Other people's clients against a running demo. Each check prints `ok - …` or `not ok - …` into the stage's log.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::background::{self, Background};
use crate::count::Tally;
use crate::demo::Demo;
use crate::process;
use crate::stage::{Outcome, Setting};

const LIMIT: Duration = Duration::from_secs(5 * 60);
/// Where the client `fastapi` is registered to be: unlike the demo's own app, it cannot move.
const PORT: u16 = 8100;
const APP: &str = "http://localhost:8100";

pub(super) fn fastapi(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let mut tally =
        checks(setting.command(&setting.tools.python).arg("interop/check_fastapi_tokens.py"), log)?;
    tally += with_python_app(
        setting,
        log,
        "fastapi",
        ("examples/fastapi", "main:app"),
        "interop/check_fastapi.py",
    )?;
    Ok(Outcome::Ran(tally))
}

pub(super) fn authlib(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let app = ("interop", "authlib_app:app");
    with_python_app(setting, log, "authlib", app, "interop/check_authlib.py").map(Outcome::Ran)
}

pub(super) fn openid_client(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let demo = Demo::start(setting, "openid-client", log)?;
    let mut node = setting.command("node");
    node.arg(setting.tools.npm.join("openid_client.mjs"));
    let mut tally = checks(node.env("AUTH_SERVER", demo.issuer()).env("APP", demo.app()), log)?;
    tally += demo.stop(log)?;
    Ok(Outcome::Ran(tally))
}

/// Starts the demo and a Python app that is its client, and lets a script sign in there.
fn with_python_app(
    setting: &Setting,
    log: &Path,
    stage: &str,
    (folder, app): (&str, &str),
    script: &str,
) -> Result<Tally, String> {
    background::must_be_free(PORT)?;
    let demo = Demo::start(setting, stage, log)?;
    let mut uvicorn = setting.command(&setting.tools.python);
    uvicorn.args(["-m", "uvicorn", app, "--app-dir", folder, "--port", &PORT.to_string()]);
    uvicorn.env("AUTH_SERVER", demo.issuer()).env("REDIRECT_URI", format!("{APP}/callback"));
    uvicorn.env("CLIENT_ID", "fastapi").env("CLIENT_SECRET", "fastapi-secret");
    let app_log = setting.log(&format!("{stage}-app"));
    let app = Background::start("uvicorn", &mut uvicorn, &app_log, &[(PORT, "/")])?;
    let mut check = setting.command(&setting.tools.python);
    let mut tally = checks(check.arg(script).env("AUTH_SERVER", demo.issuer()).env("APP", APP), log)?;
    app.stop("TERM")?;
    tally += demo.stop(log)?;
    Ok(tally)
}

/// Runs a script of checks and counts what it printed.
fn checks(script: &mut Command, log: &Path) -> Result<Tally, String> {
    let read = || String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    let before = read().len();
    let ended = process::run(script.env("PYTHONDONTWRITEBYTECODE", "1"), log, LIMIT)?;
    Ok(Tally::of_checks(&read().split_off(before)).believing(ended.well()))
}
