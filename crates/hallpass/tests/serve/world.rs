//! A directory with a configuration, and the program run in it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;

use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};

/// What nobody waits longer for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A directory of its own, gone at the end.
pub(crate) struct World {
    pub(crate) directory: PathBuf,
}

impl World {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("hallpass-serve-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        Self { directory }
    }

    /// With a certificate, a client and a person in the file.
    pub(crate) fn with_https() -> (Self, CertificateDer<'static>) {
        let world = Self::new();
        let certificate = world.new_certificate();
        world.write("hallpass.toml", &https_config());
        (world, certificate)
    }

    /// Puts a file there.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Puts a new self-signed certificate for localhost there, in the place of the one before.
    pub(crate) fn new_certificate(&self) -> CertificateDer<'static> {
        let (certificate, key) = self_signed();
        self.write("key.pem", &key.serialize_pem());
        self.write("certificate.pem", &certificate.pem());
        certificate.der().clone()
    }

    /// The program with its arguments, run in the directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(arguments).current_dir(&self.directory);
        for name in ["HALLPASS_CONFIG", "HALLPASS_LOG", "HALLPASS_LOG_FORMAT"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("runs")
    }

    /// Runs the program to its end, with something to read.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A program that refuses before it reads has closed the pipe.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("ends")
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn serve(&self) -> Running {
        Running::start(self.command(&["serve"]))
    }

    /// Everything of an output that must have gone well.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// An issuer by TLS on any port, with a client and a person.
pub(crate) fn https_config() -> String {
    format!(
        r#"issuer = "https://localhost"
listen = "127.0.0.1:0"
database = "data/hallpass.db"

[tls]
certificate = "certificate.pem"
key = "key.pem"

[[client]]
client_id = "web"
client_secret = "{SECRET}"
redirect_uris = ["https://web.example/cb"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile offline_access"

[[user]]
logins = ["ada@example.com"]
password = "{PASSWORD_OF_ALL}"
[user.claims]
name = "Ada Lovelace"
"#
    )
}

/// A certificate for localhost and its key.
pub(crate) fn self_signed() -> (rcgen::Certificate, KeyPair) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    (cert, signing_key)
}

/// A server that runs. It is killed at the end, if it has not ended by then.
pub(crate) struct Running {
    child: Child,
    /// What it said when it had started.
    pub(crate) started: String,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("starts");
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let written = log.clone();
        let reading = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut log = written.lock().expect("whole");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut started = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut started).expect("text");
        let address = started.split_once(" on ").and_then(|(_, rest)| rest.split([',', ' ']).next());
        let address = address.and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.wait();
            let _ = reading.join();
            panic!("did not start: {started:?} {}", log.lock().expect("whole"));
        };
        child.stdout = Some(stdout.into_inner());
        Self { child, started, address, log, reading: Some(reading) }
    }

    /// What it has written to standard error.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("whole").clone()
    }

    /// Waits until the log holds something.
    pub(crate) fn wait_for_log(&self, expected: &str) {
        wait_until(&format!("{expected:?} in the log"), || self.log().contains(expected));
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().expect("runs").success(), "{line}");
    }

    /// Waits for its end, and returns the rest of what it said with the whole log.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(start.elapsed() < DEADLINE, "it does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut rest = String::new();
        self.child.stdout.take().expect("a pipe").read_to_string(&mut rest).expect("text");
        self.reading.take().expect("once").join().expect("reads");
        (status, format!("{}{rest}{}", self.started, self.log()))
    }

    /// Stops it as an operator does.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        let (status, said) = self.end();
        assert!(status.success(), "{status}: {said}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again, for a change that another process makes.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The value behind a word at the beginning of a line.
#[track_caller]
pub(crate) fn value_of(output: &str, name: &str) -> String {
    let line = output.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {output}")).trim().to_owned()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}
