//! Bounds the guessing of user codes — RFC 8628 §5.1: "the code is short, so the server SHOULD rate-limit".
//!
//! Of the wrong codes of the last minute only so many may come from one [`Source`] (a browser, a person, a network), and
//! [`OF_STRANGERS`] from everybody who is not signed in, on each node. Beyond that, whoever signs in goes on: nobody can
//! lock everybody out. [`OF_PEOPLE`] bounds what is kept.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// Wrong codes in a minute of one browser, person, IPv4 address, or /64 of IPv6.
const PER_SOURCE: usize = 5;
/// Wrong codes in a minute of a /48 of IPv6: one site that has 65536 networks, or the customers of a provider.
const PER_SITE: usize = 30;
/// Wrong codes in a minute of all who are not signed in: with codes that live ten minutes, a chance of one in some
/// millions to meet a given one.
const OF_STRANGERS: usize = 300;
/// Wrong codes in a minute of all who are signed in: each of them has the bound of a source as well.
const OF_PEOPLE: usize = 3000;
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
    guesser: Guesser,
    sources: Vec<Source>,
}

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guesser {
    /// Nobody is signed in.
    Stranger,
    /// Somebody is, and is one of the sources.
    Person,
}

/// Where a try comes from: what counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    name: Digest,
    most: usize,
}

impl Source {
    /// A browser, a person, or the network of one household or machine.
    pub(crate) fn narrow(name: &str) -> Self {
        Self { name: Digest::of(name.as_bytes()), most: PER_SOURCE }
    }

    /// A site with many networks.
    pub(crate) fn site(name: &str) -> Self {
        Self { name: Digest::of(name.as_bytes()), most: PER_SITE }
    }
}

/// A try that counts as wrong until it is known better.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Try(u64);

/// A try that may not be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// By the bound of a source or of all people: the next one may come in so many seconds.
    For(i64),
    /// By the bound of all strangers: whoever signs in need not wait.
    ForStrangers,
}

impl UserCodeTries {
    /// Lets a try pass, or says what holds it. It counts at once, so that tries in parallel count too;
    /// [`UserCodeTries::was_not_wrong`] takes it back.
    pub(crate) fn attempt(&self, guesser: Guesser, sources: Vec<Source>, now: Time) -> Result<Try, Held> {
        let mut tries = self.tries();
        tries.recent.retain(|entry| (0..REMEMBERED).contains(&now.since(entry.at)));
        let of_sources = sources.iter().map(|s| tries.wait(|entry| entry.sources.contains(s), s.most, now));
        let most = match guesser {
            Guesser::Stranger => OF_STRANGERS,
            Guesser::Person => OF_PEOPLE,
        };
        let (of_sources, of_all) =
            (of_sources.max().unwrap_or_default(), tries.wait(|entry| entry.guesser == guesser, most, now));
        match guesser {
            _ if of_sources > 0 => return Err(Held::For(of_sources)),
            Guesser::Stranger if of_all > 0 => return Err(Held::ForStrangers),
            Guesser::Person if of_all > 0 => return Err(Held::For(of_all)),
            Guesser::Stranger | Guesser::Person => {}
        }
        tries.taken += 1;
        let id = tries.taken;
        tries.recent.push_back(Entry { id, at: now, guesser, sources });
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
    /// Seconds until fewer than `most` of the tries that count are left.
    fn wait(&self, counts: impl Fn(&Entry) -> bool, most: usize, now: Time) -> i64 {
        let of_them: Vec<Time> = self.recent.iter().filter(|e| counts(e)).map(|entry| entry.at).collect();
        let first_to_go = of_them.len().checked_sub(most).and_then(|at| of_them.get(at));
        first_to_go.map_or(0, |at| (REMEMBERED - now.since(*at)).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Guesser::{Person, Stranger};
    use super::*;

    fn source(name: &str) -> Vec<Source> {
        vec![Source::narrow(name)]
    }

    #[test]
    fn the_sixth_wrong_code_of_a_minute_waits() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for i in 0..5 {
            assert!(tries.attempt(Stranger, source("a"), now + i).is_ok());
        }
        let wait = |sources, at| tries.attempt(Stranger, sources, at).err();
        assert_eq!(wait(source("a"), now + 10), Some(Held::For(50)));
        assert_eq!(wait(source("b"), now + 10), None, "nobody else waits");
        assert_eq!(wait([source("c"), source("a")].concat(), now + 59), Some(Held::For(1)));
        assert_eq!(wait(source("a"), now + 60), None);
        assert_eq!(wait(source("a"), now + 60), Some(Held::For(1)));
    }

    #[test]
    fn a_site_has_a_bound_over_all_its_networks() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        let network = |i: usize| vec![Source::narrow(&i.to_string()), Source::site("a")];
        for i in 0..PER_SITE {
            assert!(tries.attempt(Stranger, network(i), now).is_ok());
        }
        assert_eq!(tries.attempt(Stranger, network(PER_SITE), now).err(), Some(Held::For(60)));
    }

    #[test]
    fn right_codes_do_not_count() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for _ in 0..50 {
            let right = tries.attempt(Stranger, source("a"), now).expect("passes");
            tries.was_not_wrong(right);
        }
        assert!(tries.tries().recent.is_empty());
    }

    #[test]
    fn strangers_lock_nobody_out_who_is_signed_in_and_the_memory_has_a_bound() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for i in 0..OF_STRANGERS {
            assert!(tries.attempt(Stranger, source(&i.to_string()), now).is_ok());
        }
        assert_eq!(tries.attempt(Stranger, source("one more"), now).err(), Some(Held::ForStrangers));
        for i in 0..OF_PEOPLE {
            assert!(tries.attempt(Person, source(&format!("person {i}")), now).is_ok());
        }
        assert_eq!(tries.attempt(Person, source("one more"), now).err(), Some(Held::For(60)));
        assert_eq!(tries.tries().recent.len(), OF_STRANGERS + OF_PEOPLE);
        assert!(tries.attempt(Stranger, source("one more"), now + 60).is_ok());
        assert_eq!(tries.tries().recent.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let tries = UserCodeTries::default();
        let now = Time::from_unix(1_000_000);
        for _ in 0..5 {
            assert!(tries.attempt(Stranger, source("a"), now).is_ok());
        }
        assert!(tries.attempt(Stranger, source("a"), now - 3600).is_ok());
    }
}
