//! Other people's clients against a running demo, and against `hallpass serve` over https. Each check prints `ok - …` or `not ok - …` into the stage's log.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::apache::Apache;
use crate::background::{self, Background};
use crate::count::Tally;
use crate::demo::Demo;
use crate::process;
use crate::serve::Serve;
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

/// Against the demo, and against `hallpass serve` over https.
pub(super) fn authlib(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let app = ("interop", "authlib_app:app");
    let mut tally = with_python_app(setting, log, "authlib", app, "interop/check_authlib.py")?;
    let issuer = Serve::start(setting, "authlib", APP, log)?;
    let places = Places { stage: "authlib", app, script: "interop/check_authlib.py" };
    tally += python_app(setting, log, &places, &Issuer::Serve(&issuer))?;
    tally += issuer.stop(log)?;
    Ok(Outcome::Ran(tally))
}

/// Against the demo, and against `hallpass serve` over https.
pub(super) fn openid_client(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let script = |issuer: &Issuer<'_>, app: &str| {
        let mut node = setting.command("node");
        node.arg(setting.tools.npm.join("openid_client.mjs")).env("APP", app);
        issuer.told_to(&mut node);
        checks(&mut node, log)
    };
    let demo = Demo::start(setting, "openid-client", log)?;
    let mut tally = script(&Issuer::Demo(&demo), &demo.app())?;
    tally += demo.stop(log)?;
    let issuer = Serve::start(setting, "openid-client", APP, log)?;
    tally += script(&Issuer::Serve(&issuer), APP)?;
    tally += issuer.stop(log)?;
    Ok(Outcome::Ran(tally))
}

/// A page that Apache protects, against `hallpass serve` over https.
pub(super) fn mod_auth_openidc(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let [port] = background::free_ports()?;
    let app = format!("https://localhost:{port}");
    let issuer = Serve::start(setting, "mod-auth-openidc", &app, log)?;
    let apache = Apache::start(setting, "mod-auth-openidc", port, &issuer)?;
    let mut script = setting.command(&setting.tools.python);
    script.arg("interop/check_mod_auth_openidc.py").env("APP", &app);
    Issuer::Serve(&issuer).told_to(&mut script);
    let mut tally = checks(&mut script, log)?;
    apache.stop()?;
    tally += issuer.stop(log)?;
    Ok(Outcome::Ran(tally))
}

/// Whose client a program is.
enum Issuer<'a> {
    Demo(&'a Demo),
    Serve(&'a Serve),
}

impl Issuer<'_> {
    /// Tells a program where it is, and whom to trust.
    fn told_to(&self, command: &mut Command) {
        match self {
            Self::Demo(demo) => {
                command.env("AUTH_SERVER", demo.issuer());
            }
            Self::Serve(serve) => {
                command.env("AUTH_SERVER", serve.issuer());
                serve.trusted_by(command);
            }
        }
    }
}

/// Starts the demo and a Python app that is its client, and lets a script sign in there.
fn with_python_app(
    setting: &Setting,
    log: &Path,
    stage: &str,
    app: (&str, &str),
    script: &str,
) -> Result<Tally, String> {
    let demo = Demo::start(setting, stage, log)?;
    let mut tally = python_app(setting, log, &Places { stage, app, script }, &Issuer::Demo(&demo))?;
    tally += demo.stop(log)?;
    Ok(tally)
}

/// A Python app, and the script that signs in there.
struct Places<'a> {
    stage: &'a str,
    /// Its folder, and what uvicorn calls it.
    app: (&'a str, &'a str),
    script: &'a str,
}

fn python_app(
    setting: &Setting,
    log: &Path,
    places: &Places<'_>,
    issuer: &Issuer<'_>,
) -> Result<Tally, String> {
    background::must_be_free(PORT)?;
    let (folder, app) = places.app;
    let mut uvicorn = setting.command(&setting.tools.python);
    uvicorn.args(["-m", "uvicorn", app, "--app-dir", folder, "--port", &PORT.to_string()]);
    uvicorn.env("REDIRECT_URI", format!("{APP}/callback"));
    uvicorn.env("CLIENT_ID", "fastapi").env("CLIENT_SECRET", "fastapi-secret");
    issuer.told_to(&mut uvicorn);
    let app_log = setting.log(&format!("{}-app", places.stage));
    let app = Background::start("uvicorn", &mut uvicorn, &app_log, &[(PORT, "/")])?;
    let mut check = setting.command(&setting.tools.python);
    check.arg(places.script).env("APP", APP);
    issuer.told_to(&mut check);
    let tally = checks(&mut check, log)?;
    app.stop("TERM")?;
    Ok(tally)
}

/// Runs a script of checks and counts what it printed.
fn checks(script: &mut Command, log: &Path) -> Result<Tally, String> {
    let read = || String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    let before = read().len();
    let ended = process::run(script.env("PYTHONDONTWRITEBYTECODE", "1"), log, LIMIT)?;
    Ok(Tally::of_checks(&read().split_off(before)).believing(ended.well()))
}
