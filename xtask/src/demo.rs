//! `hallpass demo`, built, started on free ports with a database of its own, and stopped as Ctrl-C does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::background::{self, Background};
use crate::count::Tally;
use crate::process;
use crate::stage::Setting;

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// A demo that answers.
pub(crate) struct Demo {
    server: Background,
    data: PathBuf,
    issuer: u16,
    app: u16,
    api: u16,
}

impl Demo {
    /// Builds the program, which says to the stage's log what it does, and starts it for one stage.
    pub(crate) fn start(setting: &Setting, stage: &str, log: &Path) -> Result<Self, String> {
        let program = build(setting, log)?;
        let data = setting.workspace.target.join("xtask").join(format!("{stage}-data"));
        remove(&data)?;
        let [issuer, app, api] = background::free_ports()?;
        let mut command = setting.command(program);
        command.arg("demo").arg("--data").arg(&data);
        for (flag, port) in [("--issuer-port", issuer), ("--app-port", app), ("--api-port", api)] {
            command.args([flag, &port.to_string()]);
        }
        let demo_log = setting.log(&format!("{stage}-demo"));
        let ready = [(issuer, "/.well-known/openid-configuration"), (app, "/"), (api, "/")];
        let server = Background::start("hallpass demo", &mut command, &demo_log, &ready)?;
        Ok(Self { server, data, issuer, app, api })
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://localhost:{}", self.issuer)
    }

    pub(crate) fn app(&self) -> String {
        format!("http://localhost:{}", self.app)
    }

    /// Tells a program where the three servers are.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.env("HALLPASS_ISSUER_URL", self.issuer());
        command.env("HALLPASS_APP_URL", self.app());
        command.env("HALLPASS_API_URL", format!("http://localhost:{}", self.api));
    }

    /// Stops it; that it ends well is a check of the stage.
    pub(crate) fn stop(self, log: &Path) -> Result<Tally, String> {
        let status = self.server.stop("INT")?;
        let what = "hallpass demo stops cleanly";
        let line =
            if status.success() { format!("ok - {what}") } else { format!("not ok - {what}: {status}") };
        process::note(log, &line)?;
        remove(&self.data)?;
        Ok(Tally::of_one(status.success()))
    }
}

/// The program, with the features that the tests were built with, so that little is built twice.
pub(crate) fn build(setting: &Setting, log: &Path) -> Result<PathBuf, String> {
    let mut cargo = setting.cargo(&["build", "--workspace", "--all-features", "--bin", "hallpass"]);
    if !process::run(&mut cargo, log, BUILD_LIMIT)?.well() {
        return Err("the program `hallpass` could not be built".to_owned());
    }
    Ok(setting.workspace.target.join("debug/hallpass"))
}

/// Clears a folder away, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
