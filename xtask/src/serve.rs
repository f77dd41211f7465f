//! `hallpass serve` over https with a certificate of a private authority, for clients that check both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::background::{self, Background};
use crate::count::Tally;
use crate::demo;
use crate::process;
use crate::stage::Setting;

const LIMIT: Duration = Duration::from_secs(60);
/// What the program says when it listens.
const STARTED: &str = "listening for https on";
const EC: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/// A server that listens.
pub(crate) struct Serve {
    server: Background,
    folder: PathBuf,
    issuer: String,
}

impl Serve {
    /// Builds the program and starts it for one stage, by `interop/hallpass.toml`, with the client's program at `app`.
    pub(crate) fn start(setting: &Setting, stage: &str, app: &str, log: &Path) -> Result<Self, String> {
        let program = demo::build(setting, log)?;
        let folder = setting.workspace.target.join("xtask").join(format!("{stage}-serve"));
        demo::remove(&folder)?;
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(told)?;
        fs::copy(setting.workspace.root.join("interop/hallpass.toml"), folder.join("hallpass.toml"))
            .map_err(told)?;
        certify(setting, &folder, log)?;
        let [port] = background::free_ports()?;
        let issuer = format!("https://localhost:{port}");
        let mut command = setting.command(program);
        command.current_dir(&folder).arg("serve");
        command.env("ISSUER", &issuer).env("LISTEN", format!("localhost:{port}")).env("APP", app);
        let server_log = setting.log(&format!("{stage}-server"));
        let ready = || fs::read_to_string(&server_log).is_ok_and(|said| said.contains(STARTED));
        let server = Background::start_until("hallpass serve", &mut command, &server_log, ready)?;
        Ok(Self { server, folder, issuer })
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A file of its folder: `ca.pem` is the authority, `certificate.pem` and `key.pem` are for `localhost`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Lets a program trust the authority: one of Python (requests, httpx) or Node.js.
    pub(crate) fn trusted_by(&self, command: &mut Command) {
        for name in ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, self.file("ca.pem"));
        }
    }

    /// Stops it; that it ends well is a check of the stage.
    pub(crate) fn stop(self, log: &Path) -> Result<Tally, String> {
        let status = self.server.stop("TERM")?;
        let what = "hallpass serve stops cleanly";
        let line =
            if status.success() { format!("ok - {what}") } else { format!("not ok - {what}: {status}") };
        process::note(log, &line)?;
        demo::remove(&self.folder)?;
        Ok(Tally::of_one(status.success()))
    }
}

/// Makes a key pair for a client in a folder: `NAME.key`, and `NAME.pem` with the public half.
pub(crate) fn client_keys(setting: &Setting, folder: &Path, name: &str, log: &Path) -> Result<(), String> {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
    let made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=client"];
    let files = ["-keyout", &key, "-out", &certificate];
    openssl(setting, folder, log, &[&made[..], &files].concat())
}

/// Makes an authority, and a certificate of it for `localhost`.
fn certify(setting: &Setting, folder: &Path, log: &Path) -> Result<(), String> {
    fs::write(
        folder.join("localhost.ext"),
        "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n",
    )
    .map_err(|error| format!("{}: {error}", folder.display()))?;
    let authority = ["req", "-x509", "-days", "2", "-subj", "/CN=Authority of a test", "-out", "ca.pem"];
    let constraints = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign",
        "-keyout",
        "ca.key",
    ];
    let request = ["req", "-subj", "/CN=localhost", "-out", "localhost.csr", "-keyout", "key.pem"];
    let signed = [
        "x509",
        "-req",
        "-in",
        "localhost.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-set_serial",
        "1",
        "-days",
        "2",
        "-extfile",
        "localhost.ext",
        "-out",
        "certificate.pem",
    ];
    openssl(setting, folder, log, &[&authority[..], &EC, &constraints].concat())?;
    openssl(setting, folder, log, &[&request[..], &EC].concat())?;
    openssl(setting, folder, log, &signed)
}

fn openssl(setting: &Setting, folder: &Path, log: &Path, arguments: &[&str]) -> Result<(), String> {
    let mut openssl = setting.command("openssl");
    openssl.current_dir(folder).args(arguments);
    if process::run(&mut openssl, log, LIMIT)?.well() {
        return Ok(());
    }
    Err("openssl could not make a certificate".to_owned())
}
