//! Processes of a measurement: each on its own core, ended with it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::told;

/// The core of the server that is measured.
pub(crate) const OF_SERVER: usize = 0;
/// The core of everything else: the load, a database server.
pub(crate) const OF_LOAD: usize = 1;

/// A server that runs. It ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Process {
    /// Starts a part of this program that says its port.
    pub(crate) fn start(core: usize, arguments: &[&str]) -> Result<Self, String> {
        let mut child = pinned(core, &this()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("taskset (Debian package util-linux): {e}"))?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no standard output")?;
        BufReader::new(stdout).read_line(&mut line).map_err(told)?;
        let port = line.trim().parse().map_err(|_| format!("{} did not start", arguments.join(" ")))?;
        Ok(Self { child, stdin, port })
    }

    /// Takes over a child that listens on a port.
    pub(crate) fn of(child: Child, port: u16) -> Self {
        Self { child, stdin: None, port }
    }

    /// The processor time that it has taken.
    pub(crate) fn processor_time(&self) -> Result<Duration, String> {
        let stat = self.proc("stat")?;
        // The name, in parentheses, may hold anything; utime and stime are the 12th and 13th after it.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks: Vec<u64> = rest.split(' ').skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
        // USER_HZ is 100 on every architecture that Linux runs Rust on.
        Ok(Duration::from_millis(ticks.iter().sum::<u64>() * 10))
    }

    /// The memory that it holds, in MB.
    pub(crate) fn resident(&self) -> Result<f64, String> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().map_err(told)?;
        Ok(kilobytes / 1024.0)
    }

    fn proc(&self, file: &str) -> Result<String, String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).map_err(told)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command on one core.
pub(crate) fn pinned(core: usize, program: &std::path::Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

/// This program.
pub(crate) fn this() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(told)
}

/// A directory of its own for files, gone at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        // Beside the program, since /tmp may be memory, which fsync costs nothing.
        let beside = this()?.parent().map(PathBuf::from).unwrap_or_default();
        let path = beside.join(format!("bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(told)?;
        Ok(Self(path))
    }

    /// The path of a file in it, as text.
    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
