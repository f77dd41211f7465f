//! Slows down the guessing of one person's password, however it is spelled and whichever door is tried.
//!
//! After [`FREE_FAILURES`] failures in a row each further one doubles the wait, up to [`LONGEST_WAIT`]: a stranger can
//! delay a person's sign-in for minutes, never lock them out. Counts are kept per node, in bounded memory: one for all
//! logins of a person, and one for each login that nobody has, so that the two cannot be told apart.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use crate::entity::user::User;

/// Failures before the first wait.
pub(crate) const FREE_FAILURES: u32 = 5;
/// The longest wait, in seconds.
pub(crate) const LONGEST_WAIT: i64 = 300;
/// How long a failure counts, in seconds.
const REMEMBERED: i64 = 900;
/// How many logins are counted at once.
const CAPACITY: usize = 100_000;

#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Target, Count>>);

/// Whose failures are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Target(Digest);

impl Target {
    /// The person who was found under `login` (in its normal form), or else the login itself.
    pub(crate) fn new(login: &str, user: Option<&User>) -> Self {
        let name = user.map_or_else(|| format!("login {login}"), |user| format!("user {}", user.id));
        Self(Digest::of(name.as_bytes()))
    }
}

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
    /// Lets a try pass, or says how many seconds the next one must wait. The try is counted as a failure at once, so
    /// that tries in parallel count too; [`Throttle::succeeded`] and [`Throttle::not_tried`] take it back.
    pub(crate) fn attempt(&self, target: Target, now: Time) -> Result<(), i64> {
        let mut counts = self.counts();
        if counts.len() >= CAPACITY && !counts.contains_key(&target) {
            make_room(&mut counts, now);
        }
        let count = counts.entry(target).or_insert(Count { failures: 0, last: now });
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
    pub(crate) fn succeeded(&self, target: Target) {
        self.counts().remove(&target);
    }

    /// The password was not looked at.
    pub(crate) fn not_tried(&self, target: Target) {
        if let Some(count) = self.counts().get_mut(&target) {
            count.failures = count.failures.saturating_sub(1);
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Target, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what no longer counts, or else the logins that need not wait: a flood of made-up ones does not free the
/// one that is being guessed.
fn make_room(counts: &mut HashMap<Target, Count>, now: Time) {
    counts.retain(|_, count| now.since(count.last) < REMEMBERED);
    if counts.len() >= CAPACITY {
        counts.retain(|_, count| count.failures >= FREE_FAILURES);
    }
    if counts.len() >= CAPACITY {
        counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(login: &str) -> Target {
        Target::new(login, None)
    }

    #[test]
    fn waits_double_and_end_with_success() {
        let throttle = Throttle::default();
        let mut now = Time::from_unix(1_000_000);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
        }
        assert_eq!(throttle.attempt(target("ada"), now), Err(2));
        assert_eq!(throttle.attempt(target("grace"), now), Ok(()));
        now = now + 2;
        assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
        assert_eq!(throttle.attempt(target("ada"), now), Err(4));
        throttle.succeeded(target("ada"));
        assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
    }

    #[test]
    fn a_flood_of_other_logins_does_not_end_a_wait() {
        let throttle = Throttle::default();
        let now = Time::from_unix(1_000_000);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
        }
        for i in 0..CAPACITY + 10 {
            assert_eq!(throttle.attempt(target(&i.to_string()), now), Ok(()));
        }
        assert_eq!(throttle.attempt(target("ada"), now), Err(2));
        assert!(throttle.counts().len() <= CAPACITY);
    }

    #[test]
    fn what_was_not_tried_does_not_count() {
        let throttle = Throttle::default();
        let now = Time::from_unix(1_000_000);
        for _ in 0..3 * FREE_FAILURES {
            assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
            throttle.not_tried(target("ada"));
        }
    }

    #[test]
    fn the_wait_has_a_bound_and_failures_are_forgotten() {
        let throttle = Throttle::default();
        let mut now = Time::from_unix(1_000_000);
        for _ in 0..40 {
            now = now + LONGEST_WAIT;
            assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
        }
        assert_eq!(throttle.attempt(target("ada"), now), Err(LONGEST_WAIT));
        now = now + REMEMBERED;
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.attempt(target("ada"), now), Ok(()));
        }
    }
}
