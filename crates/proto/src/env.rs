//! The outside world in one value: time and randomness. Nothing else in Hallpass reads either.
//!
//! Tests build an [`Env`] from a clock they turn and a generator they seed; programs use [`Env::system`].

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A point in time: whole seconds since 1970-01-01T00:00:00Z (a `NumericDate` of RFC 7519 §2, without fraction).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    /// The moment `seconds` after the epoch.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Seconds from `earlier` to `self`; negative when `earlier` is later.
    pub const fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<i64> for Time {
    type Output = Time;

    fn add(self, seconds: i64) -> Time {
        Time(self.0.saturating_add(seconds))
    }
}

impl Sub<i64> for Time {
    type Output = Time;

    fn sub(self, seconds: i64) -> Time {
        Time(self.0.saturating_sub(seconds))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Time;
}

/// Gives unpredictable bytes.
pub trait Rng: Send + Sync {
    /// Fills `buf` with random bytes.
    fn fill(&self, buf: &mut [u8]);
}

/// Time and randomness, as the rest of Hallpass sees them. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Env {
    /// The machine's clock and the cryptographic generator of the operating system (through aws-lc).
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) }
    }

    /// Any clock and any generator.
    pub fn new(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { clock, rng }
    }

    /// The present moment. Read it once per request and hand it down.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buf = [0; N];
        self.rng.fill(&mut buf);
        buf
    }

    /// 256 random bits as 43 characters of base64url: codes, tokens, `state`, `nonce`, verifiers.
    pub fn token(&self) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(self.bytes::<32>()))
    }

    /// 128 random bits as 22 characters of base64url: identifiers that need not stay secret (`jti`, grant ids).
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<16>())
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place that reads the machine's clock
    fn now(&self) -> Time {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
    }
}

struct SystemRng;

impl Rng for SystemRng {
    #[allow(clippy::disallowed_methods, clippy::expect_used)] // the one place that reads the machine's entropy
    fn fill(&self, buf: &mut [u8]) {
        // A machine without entropy must not hand out tokens: there is nothing to carry on with.
        aws_lc_rs::rand::fill(buf).expect("the operating system gives random bytes");
    }
}
