//! What was found, in the order that it was looked at.

use std::fmt;

/// Everything that was found.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

struct Finding {
    grade: Grade,
    what: String,
    /// What to do; empty when nothing.
    remedy: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Good,
    Worth,
    Bad,
}

impl Findings {
    /// As it should be.
    pub(super) fn good(&mut self, what: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Good, what: what.into(), remedy: String::new() });
    }

    /// Works, and could be better.
    pub(super) fn worth(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Worth, what: what.into(), remedy: remedy.into() });
    }

    /// Must be mended.
    pub(super) fn bad(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Bad, what: what.into(), remedy: remedy.into() });
    }

    /// Good or bad, by what was seen.
    pub(super) fn must(&mut self, holds: bool, good: &str, bad: &str, remedy: &str) {
        if holds { self.good(good) } else { self.bad(bad, remedy) }
    }

    /// Good or worth a thought, by what was seen.
    pub(super) fn should(&mut self, holds: bool, good: &str, other: &str, remedy: &str) {
        if holds { self.good(good) } else { self.worth(other, remedy) }
    }

    /// How many must be mended.
    pub(super) fn bad_count(&self) -> usize {
        self.0.iter().filter(|finding| finding.grade == Grade::Bad).count()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { grade, what, remedy } in &self.0 {
            let mark = match grade {
                Grade::Good => "ok  ",
                Grade::Worth => "note",
                Grade::Bad => "BAD ",
            };
            writeln!(f, "{mark}  {what}")?;
            if !remedy.is_empty() {
                writeln!(f, "      {remedy}")?;
            }
        }
        Ok(())
    }
}
