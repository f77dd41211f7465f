//! A clock that tests turn, and randomness that is the same in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use hallpass_proto::env::{Clock, Env, Rng, Time};
use hallpass_proto::secret::Digest;

/// When tests begin: 2027-01-15T08:00:00Z.
pub const START: Time = Time::from_unix(1_800_000_000);

/// A clock that stands still until it is turned.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Time) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.unix())))
    }

    /// Turns it to `now`, forwards or backwards.
    pub fn set(&self, now: Time) {
        self.0.store(now.unix(), Ordering::SeqCst);
    }

    /// Turns it forward by some seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that look random and depend on the seed alone: SHA-256 of the seed and a counter.
#[derive(Debug)]
pub struct SeededRng {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRng {
    /// A generator of its own sequence for every seed.
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self { seed, drawn: AtomicU64::new(0) })
    }
}

impl Rng for SeededRng {
    fn fill(&self, buf: &mut [u8]) {
        for block in buf.chunks_mut(32) {
            let mut input = [0; 16];
            input[..8].copy_from_slice(&self.seed.to_be_bytes());
            input[8..].copy_from_slice(&self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            block.copy_from_slice(&Digest::of(&input).as_bytes()[..block.len()]);
        }
    }
}

/// A world for a test: a clock at [`START`], and the randomness of seed 0.
pub fn test_env() -> (Env, Arc<ManualClock>) {
    let clock = ManualClock::new(START);
    (Env::new(clock.clone(), SeededRng::new(0)), clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_when_it_is_turned() {
        let (env, clock) = test_env();
        assert_eq!(env.now(), START);
        clock.advance(60);
        assert_eq!(env.now(), START + 60);
        clock.set(START - 1);
        assert_eq!(env.now(), START - 1);
    }

    #[test]
    fn a_seed_gives_one_sequence_without_repetition() {
        let draw = |seed| {
            let env = Env::new(ManualClock::new(START), SeededRng::new(seed));
            (env.bytes::<40>(), env.bytes::<40>())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).0, draw(1).1);
    }
}
