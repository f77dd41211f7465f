//! The server's own keys: to sign tokens, to seal what browsers carry, and to derive what need not be stored.
//!
//! A key's life is written in its record, so that every node knows beforehand when it begins and ends:
//!
//! ```text
//! created_at   used_from            used_until          ends_at
//!     ├── Next ────┼───── Current ──────┼──── Retiring ────┤ Ended
//! ```

use std::fmt;
use std::str::FromStr;

use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::secret::Secret;

/// A private key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// `kid`: unique among all keys.
    pub kid: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The key itself.
    pub material: Material,
    /// When it was made.
    pub created_at: Time,
    /// From when on it signs or seals. Until then it is published alone, so that everybody knows it by then.
    pub used_from: Time,
    /// Until when; none as long as no other one is to follow. Of each purpose one key at most has none: the head.
    pub used_until: Option<Time>,
    /// Until when it is published, and what it has made is accepted. None: as long as it is there.
    pub ends_at: Option<Time>,
}

/// The bytes of a key: PKCS#8 for one that signs, 32 random bytes for any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// As they are.
    Plain(Secret<Vec<u8>>),
    /// Sealed under a master key.
    Sealed {
        /// The identifier of the master key.
        by: String,
        /// What [`MasterKeys`](crate::keys::MasterKeys) opens.
        bytes: Vec<u8>,
    },
}

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, and not used yet.
    Next,
    /// Signs or seals.
    Current,
    /// Not used any more; what it has made is still accepted.
    Retiring,
    /// Not published any more.
    Ended,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPurpose {
    /// Signs tokens.
    Sign(SigningAlg),
    /// Seals requests in progress.
    Seal,
    /// Derives what must be the same on every node and at any time, and seals what is kept: never replaced.
    Derive,
}

/// Text that is not the purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown purpose")]
pub struct UnknownPurpose;

impl KeyRecord {
    /// A key that is used from `now` on.
    pub fn new(kid: String, purpose: KeyPurpose, material: Secret<Vec<u8>>, now: Time) -> Self {
        let material = Material::Plain(material);
        Self { kid, purpose, material, created_at: now, used_from: now, used_until: None, ends_at: None }
    }

    /// Where it stands at `now`.
    pub fn state(&self, now: Time) -> KeyState {
        let is_over = |time: Option<Time>| time.is_some_and(|time| time <= now);
        if is_over(self.ends_at) {
            KeyState::Ended
        } else if is_over(self.used_until) {
            KeyState::Retiring
        } else if self.used_from > now {
            KeyState::Next
        } else {
            KeyState::Current
        }
    }

    /// The first moment after `now` at which its state is another one.
    pub fn changes_after(&self, now: Time) -> Option<Time> {
        let times = [Some(self.used_from), self.used_until, self.ends_at];
        times.into_iter().flatten().filter(|time| *time > now).min()
    }
}

impl fmt::Display for KeyState {
    /// One lower-case word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Retiring => "retiring",
            Self::Ended => "ended",
        })
    }
}

impl fmt::Display for KeyPurpose {
    /// As an engine keeps it in a column: `seal`, `derive`, or `sign` and the algorithm.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seal => f.pad("seal"),
            Self::Derive => f.pad("derive"),
            Self::Sign(alg) => f.pad(&format!("sign {alg}")),
        }
    }
}

impl FromStr for KeyPurpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        match text.split_once(' ') {
            None if text == "seal" => Ok(Self::Seal),
            None if text == "derive" => Ok(Self::Derive),
            Some(("sign", alg)) => alg.parse().map(Self::Sign).map_err(|_| UnknownPurpose),
            None | Some(_) => Err(UnknownPurpose),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_through_its_states_by_time_alone() {
        let at = Time::from_unix;
        let key = KeyRecord {
            used_from: at(10),
            used_until: Some(at(20)),
            ends_at: Some(at(30)),
            ..KeyRecord::new("k".to_owned(), KeyPurpose::Seal, Secret::new(vec![0; 32]), at(0))
        };
        for (now, state, changes) in [
            (0, KeyState::Next, Some(10)),
            (9, KeyState::Next, Some(10)),
            (10, KeyState::Current, Some(20)),
            (19, KeyState::Current, Some(20)),
            (20, KeyState::Retiring, Some(30)),
            (29, KeyState::Retiring, Some(30)),
            (30, KeyState::Ended, None),
        ] {
            assert_eq!((key.state(at(now)), key.changes_after(at(now))), (state, changes.map(at)), "{now}");
        }
    }

    #[test]
    fn a_purpose_is_read_as_it_is_written() {
        for purpose in [KeyPurpose::Seal, KeyPurpose::Derive, KeyPurpose::Sign(SigningAlg::Ps384)] {
            assert_eq!(purpose.to_string().parse(), Ok(purpose));
        }
        for text in ["", "sign", "sign none", "seal x", "Seal"] {
            assert_eq!(text.parse::<KeyPurpose>(), Err(UnknownPurpose), "{text:?}");
        }
    }
}
