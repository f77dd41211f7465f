//! A data directory, and the demo run on free ports over it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What nobody waits longer for.
const DEADLINE: Duration = Duration::from_secs(60);

/// A data directory of its own, gone at the end.
pub(crate) struct World {
    data: PathBuf,
}

/// How the program ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A demo that is up.
pub(crate) struct Demo {
    child: Child,
    welcome: String,
    log: Option<JoinHandle<String>>,
    pub(crate) issuer: String,
    pub(crate) app: String,
    pub(crate) api: String,
}

impl World {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("hallpass-demo-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { data: std::env::temp_dir().join(name) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.arg("demo").arg("--data").arg(&self.data).args(arguments);
        for name in ["HALLPASS_LOG", "HALLPASS_LOG_FORMAT", "HALLPASS_DEMO_DATA"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to an end that comes by itself.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    /// The same with variables, on free ports unless the arguments say otherwise.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let ports = if arguments.is_empty() { port_arguments() } else { Vec::new() };
        let mut command = self.command(arguments);
        let output = command.args(ports).envs(variables.iter().copied()).output().expect("runs");
        Ended { code: output.status.code(), stderr: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Starts it on free ports and waits until it is up.
    pub(crate) fn start(&self) -> Demo {
        let mut child = self.command(&[]).args(port_arguments()).spawn().expect("starts");
        let mut stderr = child.stderr.take().expect("a pipe");
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut welcome = String::new();
        while !welcome.contains("Ctrl-C") {
            let line = lines.next().expect("it says that it is up").expect("text");
            welcome.push_str(&line);
            welcome.push('\n');
        }
        let url = |role: &str| {
            let line = welcome
                .lines()
                .find(|line| line.trim_start().starts_with(role))
                .expect("a line for each role");
            line.split_whitespace().find(|word| word.starts_with("http://")).expect("a URL").to_owned()
        };
        let (app, issuer, api) = (url("Web app"), url("Issuer"), url("API"));
        Demo { child, welcome, log: Some(log), issuer, app, api }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Demo {
    pub(crate) fn welcome(&self) -> &str {
        &self.welcome
    }

    pub(crate) fn get(&self, origin: &str, path: &str, accept: &str) -> Answer {
        send(origin, &format!("GET {path} HTTP/1.1\r\nAccept: {accept}\r\n"), "")
    }

    fn post(&self, body: &str) -> Answer {
        // demo-legacy:demo-legacy-secret
        let head = "POST /token HTTP/1.1\r\nAuthorization: Basic ZGVtby1sZWdhY3k6ZGVtby1sZWdhY3ktc2VjcmV0\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n";
        send(&self.issuer, head, body)
    }

    /// Tokens by the password grant.
    pub(crate) fn password_token(&self) -> Answer {
        let answer =
            self.post("grant_type=password&username=ada@example.com&password=lovelace&scope=openid+profile");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    pub(crate) fn wrong_password(&self) -> Answer {
        self.post("grant_type=password&username=ada@example.com&password=a+wrong+password")
    }

    /// New tokens for those.
    pub(crate) fn refresh(&self, tokens: &Answer) -> Answer {
        self.post(&format!(
            "grant_type=refresh_token&refresh_token={}",
            member(&tokens.body, "refresh_token")
        ))
    }

    /// Ctrl-C. The exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        self.stop()
    }

    pub(crate) fn stop_and_read_log(mut self) -> String {
        assert_eq!(self.stop(), Some(0));
        self.log.take().and_then(|log| log.join().ok()).expect("the log")
    }

    fn stop(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill is there");
        assert!(sent.success());
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("its own child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not stop");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A member of a JSON body that is text.
pub(crate) fn member(body: &str, name: &str) -> String {
    let json: Value = serde_json::from_str(body).expect("JSON");
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
}

/// The `sub` of an access token, which nobody needs to verify here.
pub(crate) fn subject(tokens: &Answer) -> String {
    use base64::Engine as _;
    let token = member(&tokens.body, "access_token");
    let payload = token.split('.').nth(1).expect("a payload");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    member(&String::from_utf8(json).expect("text"), "sub")
}

fn port_arguments() -> Vec<String> {
    // Held together, so that they differ; free again when the program asks for them.
    let held: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let ports = held.iter().map(|listener| listener.local_addr().expect("an address").port().to_string());
    ["--issuer-port", "--app-port", "--api-port"]
        .into_iter()
        .zip(ports)
        .flat_map(|(flag, port)| [flag.to_owned(), port])
        .collect()
}

fn send(origin: &str, head: &str, body: &str) -> Answer {
    let address = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time limit");
    let length = body.len();
    let request =
        format!("{head}Host: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a body");
    Answer { status, body }
}
