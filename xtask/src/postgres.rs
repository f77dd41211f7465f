//! A PostgreSQL server of its own for one stage: under `target/postgres`, on a free port of this machine.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::background::{self, Background};
use crate::prepare::postgres::Postgres;
use crate::process;
use crate::stage::Setting;

const INIT_LIMIT: Duration = Duration::from_secs(2 * 60);
const USER: &str = "hallpass";

/// A server that answers.
pub(crate) struct Server {
    running: Background,
    folder: PathBuf,
    url: String,
}

impl Server {
    /// Makes an empty database cluster and starts a server on it, with a password that nobody else knows.
    pub(crate) fn start(setting: &Setting, stage: &str, log: &Path) -> Result<Self, String> {
        let found = Postgres::find()?;
        let folder = setting.workspace.target.join("postgres");
        let password = password()?;
        lay_out(&folder, &password, &found)?;
        let data = folder.join("data");

        let mut initdb = as_its_user(setting, &found, &found.initdb, &folder);
        initdb.args(["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync"]);
        initdb.arg(format!("--username={USER}"));
        initdb.arg("--pgdata").arg(&data).arg("--pwfile").arg(folder.join("password"));
        if !process::run(&mut initdb, log, INIT_LIMIT)?.well() {
            let user = "the user that runs PostgreSQL must be able to reach it";
            return Err(format!("no database could be made in {} ({user})", folder.display()));
        }

        let [port] = background::free_ports()?;
        let mut server = as_its_user(setting, &found, &found.server, &folder);
        server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        let ready = || is_ready(&found.is_ready, port);
        let log = setting.log(&format!("{stage}-server"));
        let running = Background::start_until("PostgreSQL", &mut server, &log, ready)?;
        Ok(Self { running, folder, url: format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres") })
    }

    /// Where it is, for those who may use it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Stops it, and clears its folder away.
    pub(crate) fn stop(self) -> Result<(), String> {
        let status = self.running.stop("INT")?;
        if !status.success() {
            return Err(format!("PostgreSQL ended with {status}"));
        }
        remove(&self.folder)
    }
}

/// A program in the folder, run by somebody who may.
fn as_its_user(setting: &Setting, found: &Postgres, program: &Path, folder: &Path) -> Command {
    let mut command = match found.user {
        None => setting.command(program),
        Some((user, group)) => {
            let mut command = setting.command("setpriv");
            command.args([
                format!("--reuid={user}"),
                format!("--regid={group}"),
                "--clear-groups".to_owned(),
            ]);
            command.arg(program);
            command
        }
    };
    command.current_dir(folder).env("LC_ALL", "C");
    command
}

/// An empty folder with the password in a file, for the user of the server alone.
fn lay_out(folder: &Path, password: &str, found: &Postgres) -> Result<(), String> {
    remove(folder)?;
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let file = folder.join("password");
    fs::create_dir_all(folder).map_err(told)?;
    restrict(folder, 0o700).map_err(told)?;
    fs::write(&file, password).map_err(told)?;
    restrict(&file, 0o600).map_err(told)?;
    #[cfg(unix)]
    if let Some((user, group)) = found.user {
        for path in [&file, folder] {
            std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(told)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

fn password() -> Result<String, String> {
    let told = |error: std::io::Error| format!("/dev/urandom: {error}");
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom").map_err(told)?.read_exact(&mut bytes).map_err(told)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn is_ready(program: &Path, port: u16) -> bool {
    let mut ask = Command::new(program);
    ask.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
