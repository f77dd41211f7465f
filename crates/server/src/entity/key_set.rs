//! All keys of the server, and what may become of them. A change is decided here, about the keys as somebody has seen
//! them, and made by [`Keys::change_keys`](crate::store::Keys::change_keys) only if they are still the same.

use hallpass_proto::env::Time;

use super::key::{KeyPurpose, KeyRecord, KeyState};

/// The keys, and how often they have been changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    /// Grows by one with every change.
    pub generation: i64,
    /// The oldest first.
    pub keys: Vec<KeyRecord>,
}

/// What is to be done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The generation that it was decided about.
    pub seen: i64,
    /// `kid`s that go, before anything is put.
    pub remove: Vec<String>,
    /// Keys that come, or take the place of those with the same `kid`, in this order.
    pub put: Vec<KeyRecord>,
}

/// Why keys stay as they are. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// No key has this `kid`.
    #[error("there is no key {kid:?}: `hallpass key list` shows them")]
    Unknown {
        /// What was asked for.
        kid: String,
    },
    /// A key has this `kid`.
    #[error("there is a key {kid:?} already")]
    KidTaken {
        /// Its name.
        kid: String,
    },
    /// There is a key for the purpose.
    #[error("there is a key to {purpose} already, {kid}: rotate it")]
    Present {
        /// The purpose.
        purpose: KeyPurpose,
        /// The key.
        kid: String,
    },
    /// A key for the purpose is published and not used yet.
    #[error(
        "the next key to {purpose}, {kid}, is published and will be used in {wait} seconds: rotate after that"
    )]
    NextIsThere {
        /// The purpose.
        purpose: KeyPurpose,
        /// The key.
        kid: String,
        /// Seconds until it is used.
        wait: i64,
    },
    /// Another key follows this one already.
    #[error("the key {kid} is retiring already, or another one is to follow it")]
    Followed {
        /// Its name.
        kid: String,
    },
    /// What it derives must stay the same.
    #[error(
        "the key that derives is never replaced: what follows from it, such as pairwise subjects, must not change"
    )]
    Derives,
}

impl KeySet {
    /// The key of that name.
    pub fn find(&self, kid: &str) -> Option<&KeyRecord> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The newest key for a purpose: the one that no other is to follow.
    pub fn head(&self, purpose: KeyPurpose) -> Option<&KeyRecord> {
        self.keys.iter().find(|key| key.purpose == purpose && key.used_until.is_none())
    }

    /// No change.
    pub fn unchanged(&self) -> KeyChange {
        KeyChange { seen: self.generation, remove: vec![], put: vec![] }
    }

    /// The first key for its purpose.
    pub fn add(&self, key: KeyRecord) -> Result<KeyChange, KeyRefused> {
        if self.find(&key.kid).is_some() {
            return Err(KeyRefused::KidTaken { kid: key.kid });
        }
        if let Some(head) = self.head(key.purpose) {
            return Err(KeyRefused::Present { purpose: key.purpose, kid: head.kid.clone() });
        }
        Ok(KeyChange { put: vec![key], ..self.unchanged() })
    }

    /// Whether a key for the purpose may be followed by another one at `now`.
    pub fn may_rotate(&self, purpose: KeyPurpose, now: Time) -> Result<(), KeyRefused> {
        if purpose == KeyPurpose::Derive {
            return Err(KeyRefused::Derives);
        }
        match self.head(purpose) {
            Some(head) if head.used_from > now => {
                let (kid, wait) = (head.kid.clone(), head.used_from.since(now));
                Err(KeyRefused::NextIsThere { purpose, kid, wait })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// `next` follows the head at its `used_from`. The head ends `kept` seconds later, or never where that is none.
    pub fn rotate(&self, next: KeyRecord, kept: Option<i64>, now: Time) -> Result<KeyChange, KeyRefused> {
        self.may_rotate(next.purpose, now)?;
        if self.find(&next.kid).is_some() {
            return Err(KeyRefused::KidTaken { kid: next.kid });
        }
        let head = self.head(next.purpose).map(|head| followed(head, next.used_from, kept));
        Ok(KeyChange { put: head.into_iter().chain([next]).collect(), ..self.unchanged() })
    }

    /// A head is used no more from `now` on, and ends `kept` seconds later, without another one that follows it.
    pub fn retire(&self, kid: &str, kept: Option<i64>, now: Time) -> Result<KeyChange, KeyRefused> {
        let key = self.known(kid)?;
        if key.purpose == KeyPurpose::Derive {
            return Err(KeyRefused::Derives);
        }
        match key.state(now) {
            KeyState::Current if key.used_until.is_none() => {
                Ok(KeyChange { put: vec![followed(key, now, kept)], ..self.unchanged() })
            }
            // It has made nothing, so nothing of it need be accepted.
            KeyState::Next => Ok(self.without(key, now)),
            KeyState::Current | KeyState::Retiring | KeyState::Ended => {
                Err(KeyRefused::Followed { kid: kid.to_owned() })
            }
        }
    }

    /// Whether revoking a key leaves its purpose without any.
    pub fn needs_another(&self, kid: &str, now: Time) -> Result<bool, KeyRefused> {
        let key = self.known(kid)?;
        if key.purpose == KeyPurpose::Derive {
            return Err(KeyRefused::Derives);
        }
        Ok(key.state(now) == KeyState::Current && key.used_until.is_none())
    }

    /// A key goes at once, with all that it has made. Where it was in use, the next one is used from `now` on, or else
    /// `another`.
    pub fn revoke(&self, kid: &str, another: Option<KeyRecord>, now: Time) -> Result<KeyChange, KeyRefused> {
        let needs_another = self.needs_another(kid, now)?;
        let key = self.known(kid)?;
        let mut change = self.without(key, now);
        if key.state(now) == KeyState::Current {
            let next = self.head(key.purpose).filter(|head| head.kid != key.kid);
            change.put.extend(next.map(|next| KeyRecord { used_from: now, ..next.clone() }));
            change.put.extend(another.filter(|_| needs_another));
        }
        Ok(change)
    }

    /// Keys go that have ended, of which nothing is looked at any more: `kept` seconds after their end.
    pub fn remove_ended(&self, kept: i64, now: Time) -> KeyChange {
        let over = |key: &&KeyRecord| match (key.purpose, key.ends_at) {
            (KeyPurpose::Sign(_), Some(end)) => end + kept <= now,
            (KeyPurpose::Seal | KeyPurpose::Derive, Some(end)) => end <= now,
            (_, None) => false,
        };
        let remove = self.keys.iter().filter(over).map(|key| key.kid.clone()).collect();
        KeyChange { remove, ..self.unchanged() }
    }

    /// Without a key. If it was to follow another one, that one goes on as if nothing had been planned.
    fn without(&self, key: &KeyRecord, now: Time) -> KeyChange {
        let mut change = KeyChange { remove: vec![key.kid.clone()], ..self.unchanged() };
        if key.state(now) == KeyState::Next {
            let before =
                |other: &&KeyRecord| other.purpose == key.purpose && other.used_until == Some(key.used_from);
            let goes_on =
                |before: &KeyRecord| KeyRecord { used_until: None, ends_at: None, ..before.clone() };
            change.put.extend(self.keys.iter().find(before).map(goes_on));
        }
        change
    }

    fn known(&self, kid: &str) -> Result<&KeyRecord, KeyRefused> {
        self.find(kid).ok_or_else(|| KeyRefused::Unknown { kid: kid.to_owned() })
    }
}

impl KeyChange {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.put.is_empty()
    }
}

fn followed(key: &KeyRecord, at: Time, kept: Option<i64>) -> KeyRecord {
    KeyRecord { used_until: Some(at), ends_at: kept.map(|kept| at + kept), ..key.clone() }
}

#[cfg(test)]
mod tests {
    use hallpass_proto::jose::alg::SigningAlg;
    use hallpass_proto::secret::Secret;

    use super::*;

    const SIGN: KeyPurpose = KeyPurpose::Sign(SigningAlg::Es256);
    const NOW: Time = Time::from_unix(1_000);

    fn key(kid: &str, purpose: KeyPurpose, from: i64) -> KeyRecord {
        KeyRecord {
            used_from: Time::from_unix(from),
            ..KeyRecord::new(kid.to_owned(), purpose, Secret::new(vec![7; 32]), NOW)
        }
    }

    fn set(keys: Vec<KeyRecord>) -> KeySet {
        KeySet { generation: 3, keys }
    }

    fn made(set: &KeySet, change: KeyChange) -> KeySet {
        assert_eq!(change.seen, set.generation);
        let gone = |key: &KeyRecord| {
            change.remove.contains(&key.kid) || change.put.iter().any(|put| put.kid == key.kid)
        };
        let kept = set.keys.iter().filter(|key| !gone(key)).cloned();
        KeySet { generation: set.generation + 1, keys: kept.chain(change.put.clone()).collect() }
    }

    fn states(set: &KeySet, now: i64) -> Vec<(&str, KeyState)> {
        let mut states: Vec<_> =
            set.keys.iter().map(|key| (key.kid.as_str(), key.state(Time::from_unix(now)))).collect();
        states.sort_by_key(|(kid, _)| *kid);
        states
    }

    #[test]
    fn a_rotation_overlaps_before_and_after() {
        let before = set(vec![key("a", SIGN, 0), key("other", KeyPurpose::Seal, 0)]);
        let after = made(&before, before.rotate(key("b", SIGN, 1_100), Some(50), NOW).unwrap());

        let other = ("other", KeyState::Current);
        assert_eq!(states(&after, 1_099), [("a", KeyState::Current), ("b", KeyState::Next), other]);
        assert_eq!(states(&after, 1_100), [("a", KeyState::Retiring), ("b", KeyState::Current), other]);
        assert_eq!(states(&after, 1_150), [("a", KeyState::Ended), ("b", KeyState::Current), other]);
        assert_eq!(after.head(SIGN).unwrap().kid, "b");
        let again = after.rotate(key("c", SIGN, 1_200), Some(50), NOW);
        assert_eq!(again, Err(KeyRefused::NextIsThere { purpose: SIGN, kid: "b".to_owned(), wait: 100 }));
    }

    #[test]
    fn the_first_key_of_a_purpose_comes_by_a_rotation_too() {
        let change = set(vec![]).rotate(key("a", SIGN, 1_000), Some(50), NOW).unwrap();
        assert_eq!((change.remove.len(), change.put), (0, vec![key("a", SIGN, 1_000)]));
    }

    #[test]
    fn a_revoked_key_is_followed_at_once_by_the_next_one() {
        let before = set(vec![key("a", SIGN, 0)]);
        let before = made(&before, before.rotate(key("b", SIGN, 1_100), Some(50), NOW).unwrap());
        assert_eq!(before.needs_another("a", NOW), Ok(false));

        let after = made(&before, before.revoke("a", Some(key("c", SIGN, 1_000)), NOW).unwrap());

        assert_eq!(states(&after, 1_000), [("b", KeyState::Current)]);
    }

    #[test]
    fn a_revoked_key_without_a_next_one_is_followed_by_another() {
        let before = set(vec![key("a", SIGN, 0)]);
        let before =
            made(&before, before.rotate(key("b", SIGN, 900), Some(500), Time::from_unix(800)).unwrap());
        assert_eq!(before.needs_another("b", NOW), Ok(true));

        let after = made(&before, before.revoke("b", Some(key("c", SIGN, 1_000)), NOW).unwrap());

        assert_eq!(states(&after, 1_000), [("a", KeyState::Retiring), ("c", KeyState::Current)]);
    }

    #[test]
    fn a_next_key_that_is_revoked_or_retired_leaves_everything_as_it_was() {
        let first = set(vec![key("a", SIGN, 0)]);
        let before = made(&first, first.rotate(key("b", SIGN, 1_100), Some(50), NOW).unwrap());

        for change in [before.revoke("b", None, NOW), before.retire("b", Some(50), NOW)] {
            assert_eq!(made(&before, change.unwrap()).keys, first.keys);
        }
    }

    #[test]
    fn a_retired_key_is_accepted_for_a_while() {
        let before = set(vec![key("a", SIGN, 0)]);

        let after = made(&before, before.retire("a", Some(50), NOW).unwrap());

        assert_eq!(states(&after, 1_049), [("a", KeyState::Retiring)]);
        assert_eq!(after.head(SIGN), None);
        assert!(after.remove_ended(10, Time::from_unix(1_059)).is_empty());
        assert_eq!(after.remove_ended(10, Time::from_unix(1_060)).remove, ["a"]);
        assert_eq!(after.retire("a", None, NOW), Err(KeyRefused::Followed { kid: "a".to_owned() }));
    }

    #[test]
    fn what_derives_stays() {
        let set = set(vec![key("d", KeyPurpose::Derive, 0)]);
        assert_eq!(set.may_rotate(KeyPurpose::Derive, NOW), Err(KeyRefused::Derives));
        assert_eq!(set.retire("d", None, NOW), Err(KeyRefused::Derives));
        assert_eq!(set.revoke("d", None, NOW), Err(KeyRefused::Derives));
    }

    #[test]
    fn a_name_is_given_once() {
        let set = set(vec![key("a", SIGN, 0)]);
        let taken = Err(KeyRefused::KidTaken { kid: "a".to_owned() });
        assert_eq!(set.add(key("a", KeyPurpose::Seal, 0)), taken);
        assert_eq!(set.rotate(key("a", SIGN, 1_100), None, NOW), taken);
        let present = KeyRefused::Present { purpose: SIGN, kid: "a".to_owned() };
        assert_eq!(set.add(key("b", SIGN, 0)), Err(present));
        assert_eq!(set.revoke("x", None, NOW), Err(KeyRefused::Unknown { kid: "x".to_owned() }));
    }
}
