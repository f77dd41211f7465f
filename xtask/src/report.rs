//! What the run prints: a line as each stage begins and ends, a table, and the line of totals.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::count::Tally;
use crate::options::Skips;
use crate::stage::{Outcome, Stage};

const TAIL_LINES: usize = 60;

/// What came out of the stages so far.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    stage: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl Report {
    pub(crate) fn begin(&self, stage: &Stage) {
        print!("{:16} {} … ", stage.name, stage.what);
        let _ = std::io::stdout().flush();
    }

    /// Takes a stage's outcome, and shows the end of its log when it failed.
    pub(crate) fn end(&mut self, stage: &Stage, outcome: Outcome, took: Duration, log: &Path) {
        println!("{} ({:.1} s)", verdict(&outcome), took.as_secs_f64());
        if matches!(&outcome, Outcome::Ran(tally) if tally.failed > 0) {
            std::iter::once(log.to_owned()).chain(beside(log)).for_each(|log| show(&log));
            println!("---");
        }
        self.rows.push(Row { stage: stage.name, outcome, took });
    }

    /// Prints the table, what did not run, and the totals; answers the exit code.
    pub(crate) fn close(self, skips: Skips) -> ExitCode {
        let mut total = Tally::default();
        println!(
            "\n{:16} {:11} {:>8} {:>7} {:>7} {:>8}",
            "stage", "result", "seconds", "passed", "failed", "skipped"
        );
        let mut plain = Vec::new();
        for Row { stage, outcome, took } in self.rows {
            let verdict = verdict(&outcome);
            let tally = match outcome {
                Outcome::Ran(tally) => tally,
                Outcome::NotChecked(why) => {
                    plain.push(format!("not checked: {stage}: {why}"));
                    Tally::default()
                }
            };
            let (passed, failed, skipped) = (tally.passed, tally.failed, tally.skipped.len());
            let seconds = took.as_secs_f64();
            println!("{stage:16} {verdict:11} {seconds:>8.1} {passed:>7} {failed:>7} {skipped:>8}");
            total += tally;
        }
        plain.extend(total.skipped.iter().map(|skip| format!("skipped: {}: {}", skip.name, skip.why)));
        println!();
        plain.iter().for_each(|line| println!("{line}"));
        let skipped = total.skipped.len();
        if skipped > 0 && skips == Skips::Failures {
            println!("CI is set: what was skipped counts as failed");
        }
        println!("{} passed, {} failed, {skipped} skipped", total.passed, total.failed);
        match (total.failed, skipped, skips) {
            (0, 0, _) | (0, _, Skips::Tolerated) => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotChecked(_) => "not checked",
        Outcome::Ran(tally) if tally.failed > 0 => "FAILED",
        Outcome::Ran(tally) if tally.passed == 0 && !tally.skipped.is_empty() => "skipped",
        Outcome::Ran(_) => "ok",
    }
}

/// The logs of the servers that ran beside a stage: `STAGE-….log` next to `STAGE.log`.
fn beside(log: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(stage)) = (log.parent(), log.file_stem()) else { return Vec::new() };
    let start = format!("{}-", stage.to_string_lossy());
    let of_stage = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(&start) && name.ends_with(".log")
    };
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    found.retain(of_stage);
    found.sort();
    found
}

fn show(log: &Path) {
    let text = fs::read(log).unwrap_or_default();
    println!("--- the end of {}", log.display());
    for line in tail(&String::from_utf8_lossy(&text)) {
        println!("    {line}");
    }
}

/// The last lines of a log.
fn tail(text: &str) -> impl Iterator<Item = &str> {
    let beyond = text.lines().count().saturating_sub(TAIL_LINES);
    text.lines().skip(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(tally: Tally, skips: Skips) -> bool {
        let rows = vec![Row { stage: "it", outcome: Outcome::Ran(tally), took: Duration::ZERO }];
        // ExitCode has no equality of its own.
        format!("{:?}", Report { rows }.close(skips)) == format!("{:?}", ExitCode::SUCCESS)
    }

    #[test]
    fn a_failure_is_a_failure_everywhere() {
        assert!(!closed(Tally::of_one(false), Skips::Tolerated));
        assert!(!closed(Tally::of_one(false), Skips::Failures));
        assert!(closed(Tally::of_one(true), Skips::Failures));
    }

    #[test]
    fn a_skip_fails_only_where_nothing_may_be_skipped() {
        assert!(closed(Tally::of_skip("browser", "no chromium"), Skips::Tolerated));
        assert!(!closed(Tally::of_skip("browser", "no chromium"), Skips::Failures));
    }

    #[test]
    fn what_was_not_checked_is_neither() {
        let outcome = Outcome::NotChecked("no data".to_owned());
        let report = Report { rows: vec![Row { stage: "it", outcome, took: Duration::ZERO }] };
        assert_eq!(format!("{:?}", report.close(Skips::Failures)), format!("{:?}", ExitCode::SUCCESS));
    }

    #[test]
    fn the_tail_is_the_end() {
        let text: String = (0..100).map(|line| format!("{line}\n")).collect();
        let shown: Vec<_> = tail(&text).collect();
        assert_eq!((shown.first(), shown.last(), shown.len()), (Some(&"40"), Some(&"99"), 60));
    }
}
