//! How many tests passed, failed and were skipped, read from what the programs print.

use std::ops::AddAssign;

/// A test that did not run, and why.
#[derive(Debug, PartialEq)]
pub(crate) struct Skip {
    pub(crate) name: String,
    pub(crate) why: String,
}

/// What came out of some tests.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: Vec<Skip>,
}

impl Tally {
    /// One check that held or did not.
    pub(crate) fn of_one(held: bool) -> Self {
        Self { passed: usize::from(held), failed: usize::from(!held), skipped: Vec::new() }
    }

    /// One check that did not run.
    pub(crate) fn of_skip(name: &str, why: &str) -> Self {
        let skip = Skip { name: name.to_owned(), why: why.to_owned() };
        Self { skipped: vec![skip], ..Self::default() }
    }

    /// The tests of `cargo test`: its `test result:` lines, its ignored tests, and the lines `SKIPPED: name: why` that
    /// tests wrote to the skip log because something they need is absent. To cargo those have passed.
    pub(crate) fn of_cargo_test(output: &str, skip_log: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            if let Some(numbers) = line.strip_prefix("test result: ") {
                tally.passed += number_before(numbers, " passed");
                tally.failed += number_before(numbers, " failed");
            } else if let Some((name, why)) = ignored(line) {
                tally.skipped.push(Skip { name: name.to_owned(), why: why.to_owned() });
            }
        }
        for line in skip_log.lines().filter_map(|line| line.strip_prefix("SKIPPED: ")) {
            let (name, why) = line.split_once(": ").unwrap_or((line, "it did not say why"));
            tally.skipped.push(Skip { name: name.to_owned(), why: why.to_owned() });
            tally.passed = tally.passed.saturating_sub(1);
        }
        tally
    }

    /// The checks of a script: lines `ok - what` and `not ok - what`.
    pub(crate) fn of_checks(output: &str) -> Self {
        let count = |start| output.lines().filter(|line| line.starts_with(start)).count();
        Self { passed: count("ok - "), failed: count("not ok - "), skipped: Vec::new() }
    }

    /// A program that ended badly without a failed test, or well without any test, has failed all the same.
    pub(crate) fn believing(mut self, ended_well: bool) -> Self {
        let ran = self.passed + self.skipped.len() > 0;
        if self.failed == 0 && !(ended_well && ran) {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }
}

/// `3` in `ok. 3 passed; 0 failed; …`.
fn number_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().filter(|before| before.len() < text.len());
    before.and_then(|before| before.rsplit([' ', ';', '.']).next()?.parse().ok()).unwrap_or(0)
}

/// The name and reason in `test NAME ... ignored, REASON`.
fn ignored(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    Some((name, rest.strip_prefix(", ").unwrap_or("ignored in its source")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test token::once ... ok
test token::never ... ignored, needs a moon
test token::twice ... FAILED
test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests hallpass_proto
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.31s; merged doctests
";

    fn skip(name: &str, why: &str) -> Skip {
        Skip { name: name.to_owned(), why: why.to_owned() }
    }

    #[test]
    fn results_of_all_test_programs_are_added_up() {
        let tally = Tally::of_cargo_test(OUTPUT, "");
        let skipped = vec![skip("token::never", "needs a moon")];
        assert_eq!(tally, Tally { passed: 13, failed: 1, skipped });
    }

    #[test]
    fn a_test_that_skipped_itself_has_not_passed() {
        let tally = Tally::of_cargo_test(OUTPUT, "SKIPPED: browser::two_tabs: no WEBDRIVER_URL\n");
        assert_eq!(tally.passed, 12);
        assert_eq!(tally.skipped[1], skip("browser::two_tabs", "no WEBDRIVER_URL"));
    }

    #[test]
    fn checks_of_scripts_are_counted() {
        let tally = Tally::of_checks("ok - one\n  because ok - no\nnot ok - two: why\nok - three\n");
        assert_eq!((tally.passed, tally.failed), (2, 1));
    }

    #[test]
    fn a_bad_end_or_no_test_at_all_is_a_failure() {
        assert_eq!(Tally::of_checks("ok - one\n").believing(false).failed, 1);
        assert_eq!(Tally::default().believing(true).failed, 1);
        assert_eq!(Tally::of_checks("ok - one\n").believing(true).failed, 0);
        assert_eq!(Tally::of_checks("not ok - one\n").believing(false).failed, 1);
        assert_eq!(Tally::of_skip("it", "absent").believing(true).failed, 0);
    }
}
