//! Slows down the guessing of one person's password, however it is spelled and whichever door is tried.
//!
//! After [`FREE_FAILURES`] failures in a row each further one doubles the wait, up to [`LONGEST_WAIT`]: a stranger can
//! delay a person's sign-in for minutes, never lock them out. Counts are kept per node, in bounded memory, under the
//! digest of the login, for logins that exist and for those that do not alike.

use std::collections::HashMap;
use std::sync::Mutex;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// Failures before the first wait.
pub(crate) const FREE_FAILURES: u32 = 5;
/// The longest wait, in seconds.
pub(crate) const LONGEST_WAIT: i64 = 300;
/// How long a failure counts, in seconds.
const REMEMBERED: i64 = 900;
/// How many logins are counted at once.
const CAPACITY: usize = 100_000;

#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Digest, Count>>);

#[derive(Clone, Copy)]
struct Count {
    failures: u32,
    last: Time,
}

impl Count {
    fn wait(self, now: Time) -> i64 {
        if self.failures < FREE_FAILURES {
            return 0;
        }
        let doublings = (self.failures - FREE_FAILURES).min(9);
        let wait = (1_i64 << doublings).saturating_mul(2).min(LONGEST_WAIT);
        (wait - now.since(self.last)).max(0)
    }
}

impl Throttle {
    /// How many seconds `login` (in its normal form) must wait before the next try. The try is counted as a failure
    /// at once, so that tries in parallel count too; [`Throttle::succeeded`] takes it back.
    pub(crate) fn attempt(&self, login: &str, now: Time) -> Result<(), i64> {
        let mut counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if counts.len() >= CAPACITY {
            counts.retain(|_, count| now.since(count.last) < REMEMBERED);
        }
        if counts.len() >= CAPACITY {
            counts.clear();
        }
        let count = counts.entry(Digest::of(login.as_bytes())).or_insert(Count { failures: 0, last: now });
        if now.since(count.last) >= REMEMBERED {
            count.failures = 0;
        }
        match count.wait(now) {
            0 => {
                count.failures = count.failures.saturating_add(1);
                count.last = now;
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// The password was right: nothing is held against the person any more.
    pub(crate) fn succeeded(&self, login: &str) {
        let mut counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counts.remove(&Digest::of(login.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end_with_success() {
        let throttle = Throttle::default();
        let mut now = Time::from_unix(1_000_000);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.attempt("ada", now), Ok(()));
        }
        assert_eq!(throttle.attempt("ada", now), Err(2));
        assert_eq!(throttle.attempt("grace", now), Ok(()));
        now = now + 2;
        assert_eq!(throttle.attempt("ada", now), Ok(()));
        assert_eq!(throttle.attempt("ada", now), Err(4));
        throttle.succeeded("ada");
        assert_eq!(throttle.attempt("ada", now), Ok(()));
    }

    #[test]
    fn the_wait_has_a_bound_and_failures_are_forgotten() {
        let throttle = Throttle::default();
        let mut now = Time::from_unix(1_000_000);
        for _ in 0..40 {
            now = now + LONGEST_WAIT;
            assert_eq!(throttle.attempt("ada", now), Ok(()));
        }
        assert_eq!(throttle.attempt("ada", now), Err(LONGEST_WAIT));
        now = now + REMEMBERED;
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.attempt("ada", now), Ok(()));
        }
    }
}
