//! Bounds the guessing of user codes — RFC 8628 §5.1: "the code is short, so the server SHOULD rate-limit".
//!
//! Of the wrong codes of the last minute at most [`PER_SOURCE`] may come from one source (a browser, a person, a network
//! address) and [`IN_ALL`] from everybody, on each node. That is all that is kept.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// Wrong codes of one source in a minute.
const PER_SOURCE: usize = 5;
/// Wrong codes of everybody in a minute: with codes that live ten minutes, a chance of one in some millions to meet a
/// given one.
const IN_ALL: usize = 300;
/// How long a wrong code counts, in seconds.
const REMEMBERED: i64 = 60;

#[derive(Default)]
pub(crate) struct UserCodeTries(Mutex<Tries>);

#[derive(Default)]
struct Tries {
    recent: VecDeque<Entry>,
    taken: u64,
}

struct Entry {
    id: u64,
    at: Time,
    sources: Vec<Digest>,
}

/// A try that counts as wrong until it is known better.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Try(u64);

impl UserCodeTries {
    /// Lets a try pass, or says how many seconds the next one must wait. It counts at once, so that tries in parallel
    /// count too; [`UserCodeTries::was_not_wrong`] takes it back.
    pub(crate) fn attempt(&self, sources: Vec<Digest>, now: Time) -> Result<Try, i64> {
        let mut tries = self.tries();
        tries.recent.retain(|entry| (0..REMEMBERED).contains(&now.since(entry.at)));
        let bounds = sources.iter().map(|source| tries.wait(Some(source), PER_SOURCE, now));
        let wait = bounds.chain([tries.wait(None, IN_ALL, now)]).max().unwrap_or_default();
        if wait > 0 {
            return Err(wait);
        }
        tries.taken += 1;
        let id = tries.taken;
        tries.recent.push_back(Entry { id, at: now, sources });
        Ok(Try(id))
    }

    /// The code was right, or was not looked at.
    pub(crate) fn was_not_wrong(&self, Try(id): Try) {
        self.tries().recent.retain(|entry| entry.id != id);
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tries {
    /// Seconds until fewer than `most` tries of `source` count, or of everybody where there is none.
    fn wait(&self, source: Option<&Digest>, most: usize, now: Time) -> i64 {
        let counts = |entry: &&Entry| source.is_none_or(|source| entry.sources.contains(source));
        let of_source: Vec<Time> = self.recent.iter().filter(counts).map(|entry| entry.at).collect();
        let first_to_go = of_source.len().checked_sub(most).and_then(|at| of_source.get(at));
        first_to_go.map_or(0, |at| (REMEMBERED - now.since(*at)).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> Vec<Digest> {
        vec![Digest::of(name.as_bytes())]
    }

    #[test]
    fn the_sixth_wrong_code_of_a_minute_waits() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for i in 0..5 {
            assert!(tries.attempt(source("a"), now + i).is_ok());
        }
        assert_eq!(tries.attempt(source("a"), now + 10).err(), Some(50));
        assert!(tries.attempt(source("b"), now + 10).is_ok(), "nobody else waits");
        assert_eq!(tries.attempt([source("c"), source("a")].concat(), now + 59).err(), Some(1));
        assert!(tries.attempt(source("a"), now + 60).is_ok());
        assert_eq!(tries.attempt(source("a"), now + 60).err(), Some(1));
    }

    #[test]
    fn right_codes_do_not_count() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for _ in 0..50 {
            let right = tries.attempt(source("a"), now).expect("passes");
            tries.was_not_wrong(right);
        }
        assert!(tries.tries().recent.is_empty());
    }

    #[test]
    fn everybody_together_has_a_bound_and_so_has_the_memory() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for i in 0..IN_ALL {
            assert!(tries.attempt(source(&i.to_string()), now).is_ok());
        }
        assert_eq!(tries.attempt(source("one more"), now).err(), Some(60));
        assert_eq!(tries.tries().recent.len(), IN_ALL);
        assert!(tries.attempt(source("one more"), now + 60).is_ok());
        assert_eq!(tries.tries().recent.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for _ in 0..5 {
            assert!(tries.attempt(source("a"), now).is_ok());
        }
        assert!(tries.attempt(source("a"), now - 3600).is_ok());
    }
}
