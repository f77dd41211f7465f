//! The keys between two changes.

use std::sync::Arc;

use bytes::Bytes;

use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::{SigningKey, VerifyingKey};
use hallpass_proto::seal::Sealer;

use crate::entity::key::{KeyPurpose, KeyRecord, KeyState};
use crate::entity::key_set::KeySet;
use crate::fault::Fault;
use crate::keys::MasterKeys;

/// All keys, as they are from one moment to another.
pub(super) struct Snapshot {
    generation: i64,
    from: Time,
    /// Exclusive; none if time alone changes nothing any more.
    until: Option<Time>,
    keys: Vec<Parsed>,
    /// One for each algorithm.
    signing: Vec<Arc<SigningKey>>,
    jwks: Bytes,
    /// Which of the keys seals.
    seals: Arc<Sealer>,
    derives: Arc<Sealer>,
}

#[derive(Clone)]
struct Parsed {
    kid: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Sign { signing: Arc<SigningKey>, verifying: Arc<VerifyingKey> },
    Seal(Arc<Sealer>),
    Derive(Arc<Sealer>),
}

impl Snapshot {
    /// The keys at `now`. What was parsed for `old` is not parsed again.
    pub(super) fn build(
        set: &KeySet,
        old: Option<&Self>,
        master_keys: &MasterKeys,
        now: Time,
    ) -> Result<Self, Fault> {
        let parse = |record: &KeyRecord| {
            let before = old.and_then(|old| old.keys.iter().find(|parsed| parsed.kid == record.kid));
            before.cloned().map_or_else(|| Parsed::from_record(record, master_keys), Ok)
        };
        let keys: Vec<Parsed> = set.keys.iter().map(parse).collect::<Result<_, _>>()?;
        let with_record = || set.keys.iter().zip(&keys).map(|(record, parsed)| (record, &parsed.key));
        let mut published = Vec::new();
        let mut signing: Vec<(Arc<SigningKey>, KeyState)> = Vec::new();
        let (mut seals, mut derives) = (None, None);
        for (record, key) in with_record() {
            let state = record.state(now);
            match key {
                Key::Sign { signing: key, .. } => {
                    if state != KeyState::Ended {
                        published.extend(key.public_jwk().cloned());
                    }
                    choose(&mut signing, key, state);
                }
                Key::Seal(sealer) if state == KeyState::Current || seals.is_none() => seals = Some(sealer),
                Key::Seal(_) => {}
                Key::Derive(sealer) => derives = Some(sealer),
            }
        }
        let missing = |what: &str| Fault::Key(format!("there is no key to {what}"));
        let jwks = serde_json::to_vec(&JwkSet { keys: published })
            .map_err(|e| Fault::Corrupt { what: "JWKS", why: e.to_string() })?;
        Ok(Self {
            generation: set.generation,
            from: now,
            until: set.keys.iter().filter_map(|record| record.changes_after(now)).min(),
            signing: signing.into_iter().map(|(key, _)| key).collect(),
            jwks: jwks.into(),
            seals: seals.cloned().ok_or_else(|| missing("seal"))?,
            derives: derives.cloned().ok_or_else(|| missing("derive"))?,
            keys,
        })
    }

    /// Whether these are still the keys at `now`. A clock that was turned back counts as a change.
    pub(super) fn is_still_right(&self, set: &KeySet, now: Time) -> bool {
        self.generation == set.generation && self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// The key that signs by an algorithm.
    pub(super) fn signing(&self, alg: SigningAlg) -> Option<Arc<SigningKey>> {
        self.signing.iter().find(|key| key.alg() == alg).cloned()
    }

    /// The key of that name, whether it is published or ended.
    pub(super) fn verifying(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        let named = |parsed: &&Parsed| parsed.kid == kid;
        match &self.keys.iter().find(named)?.key {
            Key::Sign { verifying, .. } => Some(verifying.clone()),
            Key::Seal(_) | Key::Derive(_) => None,
        }
    }

    /// Whether this very key is among them.
    pub(super) fn holds(&self, key: &Arc<VerifyingKey>) -> bool {
        self.keys.iter().any(|parsed| match &parsed.key {
            Key::Sign { verifying, .. } => Arc::ptr_eq(verifying, key),
            Key::Seal(_) | Key::Derive(_) => false,
        })
    }

    /// The public keys that are not ended.
    pub(super) fn jwks(&self) -> Bytes {
        self.jwks.clone()
    }

    /// What seals now.
    pub(super) fn seals(&self) -> &Sealer {
        &self.seals
    }

    /// Whatever may have sealed something, the newest first. A clock that goes ahead may use the next one already.
    pub(super) fn opens(&self) -> impl Iterator<Item = &Sealer> {
        self.keys.iter().rev().filter_map(|parsed| match &parsed.key {
            Key::Seal(sealer) => Some(sealer.as_ref()),
            Key::Sign { .. } | Key::Derive(_) => None,
        })
    }

    /// What derives.
    pub(super) fn derives(&self) -> &Sealer {
        &self.derives
    }
}

/// The current key signs. Where there is none, the next one does, for who has only a retiring key has nothing to wait for.
fn choose(signing: &mut Vec<(Arc<SigningKey>, KeyState)>, key: &Arc<SigningKey>, state: KeyState) {
    match state {
        KeyState::Current | KeyState::Next => {}
        KeyState::Retiring | KeyState::Ended => return,
    }
    match signing.iter_mut().find(|(other, _)| other.alg() == key.alg()) {
        Some((_, KeyState::Current)) => {}
        Some(other) => *other = (key.clone(), state),
        None => signing.push((key.clone(), state)),
    }
}

impl Parsed {
    fn from_record(record: &KeyRecord, master_keys: &MasterKeys) -> Result<Self, Fault> {
        let unusable = |why: String| Fault::Key(format!("{}: {why}", record.kid));
        let material = master_keys.open(record)?;
        let key = match record.purpose {
            KeyPurpose::Sign(alg) => {
                let signing = SigningKey::from_pkcs8(alg, material.expose())
                    .map_err(|e| unusable(e.to_string()))?
                    .with_kid(&record.kid);
                let jwk = signing.public_jwk().ok_or_else(|| unusable("it has no public half".to_owned()))?;
                let verifying = VerifyingKey::from_jwk(jwk).map_err(|e| unusable(e.to_string()))?;
                Key::Sign { signing: Arc::new(signing), verifying: Arc::new(verifying) }
            }
            KeyPurpose::Seal => Key::Seal(Arc::new(Sealer::new(material.expose())?)),
            KeyPurpose::Derive => Key::Derive(Arc::new(Sealer::new(material.expose())?)),
        };
        Ok(Self { kid: record.kid.clone(), key })
    }
}
