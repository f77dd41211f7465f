//! Programs that run to their end: output into a log, a limit on their time, nothing of theirs left behind.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How a program ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Well,
    Badly(ExitStatus),
    /// Ended by us.
    OverLimit(Duration),
}

impl Ended {
    pub(crate) fn well(&self) -> bool {
        matches!(self, Self::Well)
    }
}

/// Runs a program to its end or to the limit, appending what it says to the log.
pub(crate) fn run(command: &mut Command, log: &Path, limit: Duration) -> Result<Ended, String> {
    let mut child = start(command, log)?;
    let ended = match wait(&mut child, limit)? {
        Some(status) if status.success() => Ended::Well,
        Some(status) => Ended::Badly(status),
        None => {
            end(&mut child);
            Ended::OverLimit(limit)
        }
    };
    match &ended {
        Ended::Well => {}
        Ended::Badly(status) => note(log, &format!("xtask: {} ended with {status}", name(command)))?,
        Ended::OverLimit(limit) => {
            note(log, &format!("xtask: {} was ended after {} s", name(command), limit.as_secs()))?;
        }
    }
    Ok(ended)
}

/// Starts a program with its output appended to the log, after a line that says what was run.
pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Child, String> {
    note(log, &format!("$ {}", words(command)))?;
    let output = append(log)?;
    let errors = output.try_clone().map_err(|error| format!("{}: {error}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|error| format!("{}: {error}", name(command)))
}

/// The status of a program that ends within the limit.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>, String> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            return Ok(None);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Ends a program and all that it started, at once.
pub(crate) fn end(child: &mut Child) {
    let below = descendants(child.id());
    // It may have ended by itself just now: then there is nothing left to end.
    let _ = child.kill();
    let _ = child.wait();
    for pid in below {
        signal(pid, "KILL");
    }
}

/// Sends a signal to one process, by the shell's own `kill`: the program of that name is not on every machine.
pub(crate) fn signal(pid: u32, signal: &str) {
    let _ = Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// The processes started by one process, and by those, as Linux tells them; elsewhere none.
pub(crate) fn descendants(of: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32)> = entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // pid (name) state parent …, and the name may hold anything
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(&above) = found.get(next) {
        found.extend(parents.iter().filter(|(_, parent)| *parent == above).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// Appends one line of our own to a log.
pub(crate) fn note(log: &Path, line: &str) -> Result<(), String> {
    writeln!(append(log)?, "{line}").map_err(|error| format!("{}: {error}", log.display()))
}

fn append(log: &Path) -> Result<File, String> {
    let opened = OpenOptions::new().create(true).append(true).open(log);
    opened.map_err(|error| format!("{}: {error}", log.display()))
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn words(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| format!(" {}", argument.to_string_lossy()));
    name(command) + &arguments.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("xtask-{}-{name}.log", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    #[test]
    fn output_and_failure_stand_in_the_log() {
        let log = log("failure");
        let ended = run(
            Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]),
            &log,
            Duration::from_secs(60),
        );
        assert!(matches!(ended, Ok(Ended::Badly(status)) if status.code() == Some(3)));
        let told = std::fs::read_to_string(&log).unwrap();
        assert_eq!(
            told,
            "$ sh -c echo out; echo err >&2; exit 3\nout\nerr\nxtask: sh ended with exit status: 3\n"
        );
        std::fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let log = log("absent");
        let why = run(&mut Command::new("hallpass-is-not-this"), &log, Duration::from_secs(1)).unwrap_err();
        assert!(why.starts_with("hallpass-is-not-this: "), "{why}");
        std::fs::remove_file(log).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn past_the_limit_a_program_ends_with_all_that_it_started() {
        let log = log("limit");
        let mut child =
            start(Command::new("sh").args(["-c", "sleep 600 & echo started; wait"]), &log).unwrap();
        while !std::fs::read_to_string(&log).unwrap().contains("\nstarted") {
            std::thread::sleep(LOOK_EVERY);
        }
        let below = descendants(child.id());
        assert_eq!(below.len(), 1);
        assert!(wait(&mut child, Duration::from_millis(1)).unwrap().is_none());
        end(&mut child);
        assert!(descendants(child.id()).is_empty());
        // The kernel ends it when it gets to it.
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", below[0]));
            stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
        };
        let start = Instant::now();
        while !gone() {
            assert!(start.elapsed() < Duration::from_secs(60), "still there");
            std::thread::sleep(LOOK_EVERY);
        }
        std::fs::remove_file(log).unwrap();
    }
}
