//! Logout tokens that came before — OpenID Connect Back-Channel Logout 1.0 §2.6 (8). Bounded: only the issuer's own
//! tokens get this far, and each is remembered no longer than it is good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// How many are remembered.
const CAPACITY: usize = 10_000;

/// The `jti` of tokens, and until when each could come again.
#[derive(Default)]
pub(crate) struct Replays(Mutex<HashMap<Digest, Time>>);

impl Replays {
    /// Whether a token comes for the first time. It is remembered until `until`.
    pub(crate) fn is_first(&self, jti: &str, until: Time, now: Time) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let jti = Digest::of(jti.as_bytes());
        if seen.get(&jti).is_some_and(|until| now < *until) {
            return false;
        }
        if seen.len() >= CAPACITY {
            seen.retain(|_, until| now < *until);
        }
        if seen.len() >= CAPACITY
            && let Some(next) = seen.iter().min_by_key(|(_, until)| **until).map(|(jti, _)| *jti)
        {
            seen.remove(&next);
        }
        seen.insert(jti, until);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_once_while_it_is_good() {
        let (replays, at) = (Replays::default(), Time::from_unix);
        assert!(replays.is_first("a", at(100), at(0)));
        assert!(!replays.is_first("a", at(100), at(99)));
        assert!(replays.is_first("b", at(100), at(99)));
        assert!(replays.is_first("a", at(200), at(100)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (replays, at) = (Replays::default(), Time::from_unix);
        for n in 0..=CAPACITY {
            let until = at(1000 + i64::try_from(n).expect("small"));
            assert!(replays.is_first(&n.to_string(), until, at(0)));
        }
        assert_eq!(replays.0.lock().expect("whole").len(), CAPACITY);
        assert!(!replays.is_first("1", at(2000), at(0)), "the one that ends first went");
    }
}
