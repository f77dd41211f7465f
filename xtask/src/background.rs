//! Servers that a stage needs beside it: started, waited for, asked to stop, and never left behind.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::process;

const READY_WITHIN: Duration = Duration::from_secs(60);
/// PostgreSQL first brings thousands of files to a disk that others use too.
const STOPPED_WITHIN: Duration = Duration::from_secs(60);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_AT_MOST: u64 = 1 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A server that is running until it is stopped or dropped.
pub(crate) struct Background {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Background {
    /// Starts a server with a log of its own, and waits until each `http://localhost:PORT/PATH` answers 200.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        ready: &[(u16, &str)],
    ) -> Result<Self, String> {
        Self::start_until(name, command, log, || ready.iter().all(|(port, path)| answers(*port, path)))
    }

    /// Starts a server that is asked in a way of its own whether it is ready.
    pub(crate) fn start_until(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        ready: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let _ = std::fs::remove_file(log);
        let child = process::start(command, log)?;
        let mut server = Self { name, child, log: log.to_owned() };
        let start = Instant::now();
        while !ready() {
            if let Some(status) = server.child.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("{name} ended with {status} before it was ready; see {}", log.display()));
            }
            if start.elapsed() >= READY_WITHIN {
                let waited = READY_WITHIN.as_secs();
                return Err(format!("{name} was not ready after {waited} s; see {}", log.display()));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(server)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to stop with a signal, and tells how it ended. One that does not stop is ended, and an error.
    pub(crate) fn stop(mut self, signal: &str) -> Result<ExitStatus, String> {
        let below = process::descendants(self.child.id());
        process::signal(self.child.id(), signal);
        let ended = process::wait(&mut self.child, STOPPED_WITHIN)?;
        if ended.is_some() {
            below.into_iter().for_each(|pid| process::signal(pid, "TERM"));
        }
        ended.ok_or_else(|| {
            let waited = STOPPED_WITHIN.as_secs();
            format!("{} did not stop within {waited} s of SIG{signal}; see {}", self.name, self.log.display())
        })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            process::end(&mut self.child);
        }
    }
}

/// As many ports of this machine as asked for, all free a moment ago.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("no free port: {error}"))?;
        *port = listener.local_addr().map_err(|error| format!("no free port: {error}"))?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Says so when a port that cannot be moved is in use.
pub(crate) fn must_be_free(port: u16) -> Result<(), String> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Err(format!("port {port} is in use, and the client `fastapi` is registered for it: free it"))
        }
        Err(error) => Err(format!("port {port}: {error}")),
    }
}

fn answers(port: u16, path: &str) -> bool {
    let Ok(addresses) = ("localhost", port).to_socket_addrs() else { return false };
    addresses.into_iter().any(|address| {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN)?;
            stream.set_read_timeout(Some(ANSWER_WITHIN))?;
            write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")?;
            // To its end, as a server may log a connection that was cut; though some never close theirs.
            let mut answer = Vec::new();
            let _ = stream.take(ANSWER_AT_MOST).read_to_end(&mut answer);
            Ok(answer.starts_with(b"HTTP/1.1 200"))
        };
        ask().unwrap_or(false)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_real_and_differ() {
        let [one, other] = free_ports().unwrap();
        assert!(one > 0 && other > 0 && one != other, "{one} {other}");
    }

    #[test]
    fn a_port_in_use_is_told() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(must_be_free(port).unwrap_err().contains(&format!("port {port} is in use")));
    }

    #[test]
    fn a_server_that_ends_at_once_is_told_with_its_status() {
        let log = std::env::temp_dir().join(format!("xtask-{}-at-once.log", std::process::id()));
        let [port] = free_ports().unwrap();
        let started =
            Background::start("it", Command::new("sh").args(["-c", "exit 7"]), &log, &[(port, "/")]);
        let why = started.map(|_| ()).unwrap_err();
        assert!(why.contains("it ended with exit status: 7"), "{why}");
        std::fs::remove_file(log).unwrap();
    }
}
