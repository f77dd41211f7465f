//! Changing the keys of a running server. Any number of nodes and commands may do it at once: each change is decided
//! about the keys as they are, and made if they still are.

use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::secret::Secret;

use super::{MasterKeys, Schedule};
use crate::entity::key::{KeyPurpose, KeyRecord, KeyState, Material};
use crate::entity::key_set::{KeyChange, KeyRefused, KeySet};
use crate::event::Event;
use crate::fault::Fault;
use crate::store::{KeysChanged, Store};

/// The keys of a store, and how they are changed.
#[derive(Clone, Copy)]
pub struct Lifecycle<'a> {
    /// Where they are.
    pub store: &'a dyn Store,
    /// The time and randomness to work with.
    pub env: &'a Env,
    /// Under which new keys are sealed.
    pub master_keys: &'a MasterKeys,
    /// How long the parts of their lives are.
    pub schedule: Schedule,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// The keys do not allow it.
    #[error(transparent)]
    Refused(#[from] KeyRefused),
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Lifecycle<'_> {
    /// The key for a purpose: the one that is there, or a new one that is used at once.
    pub async fn ensure(&self, purpose: KeyPurpose) -> Result<KeyRecord, Fault> {
        if let Some(head) = self.store.keys().await?.head(purpose) {
            return Ok(head.clone());
        }
        let key = self.make(purpose, self.env.now()).await?;
        let there = self.store.ensure_key(&key).await?;
        if there.kid == key.kid {
            self.tell(&key);
        }
        Ok(there)
    }

    /// A new key for a purpose that has none.
    pub async fn add(&self, purpose: KeyPurpose) -> Result<KeyRecord, Unchanged> {
        let key = self.make(purpose, self.env.now()).await?;
        self.change(|keys| keys.add(key.clone())).await?;
        self.tell(&key);
        Ok(key)
    }

    /// A new key that is published now and used `ahead` seconds later, when the one before begins to retire. For a
    /// purpose without any, it is used at once.
    pub async fn rotate(&self, purpose: KeyPurpose, ahead: i64) -> Result<KeyRecord, Unchanged> {
        let now = self.env.now();
        let keys = self.store.keys().await?;
        keys.may_rotate(purpose, now)?;
        let from = if keys.head(purpose).is_some() { now + ahead } else { now };
        self.follow(purpose, from).await
    }

    /// Lets every key be followed by another one that is due by the schedule, and returns the new ones. Of several nodes
    /// that do this at once, one does it.
    pub async fn rotate_due(&self) -> Result<Vec<KeyRecord>, Fault> {
        let Some(every) = self.schedule.rotate_every else { return Ok(vec![]) };
        let (now, ahead) = (self.env.now(), self.schedule.publish_ahead);
        let mut made = Vec::new();
        for key in &self.store.keys().await?.keys {
            let from = (key.used_from + every).max(now + ahead);
            let is_due = key.used_until.is_none()
                && key.purpose != KeyPurpose::Derive
                && key.state(now) == KeyState::Current
                && from <= now + ahead;
            if is_due {
                match self.follow(key.purpose, from).await {
                    Ok(key) => made.push(key),
                    // Another node was first.
                    Err(Unchanged::Refused(_)) => {}
                    Err(Unchanged::Fault(fault)) => return Err(fault),
                }
            }
        }
        Ok(made)
    }

    /// A key without a successor is used no more; what it has made is accepted as long as it may live. A key that was to
    /// be used is not.
    pub async fn retire(&self, kid: &str) -> Result<(), Unchanged> {
        let now = self.env.now();
        self.change(|keys| {
            let kept = keys.find(kid).and_then(|key| self.schedule.kept(key.purpose));
            keys.retire(kid, kept, now)
        })
        .await?;
        Event::KeyRetired { kid }.record();
        Ok(())
    }

    /// A key goes at once, with all that it has made: for one that somebody else may have. Returns the one that takes its
    /// place, if it was in use.
    pub async fn revoke(&self, kid: &str) -> Result<Option<KeyRecord>, Unchanged> {
        let now = self.env.now();
        let keys = self.store.keys().await?;
        let purpose = keys.find(kid).map(|key| key.purpose);
        let another = match purpose {
            Some(purpose) if keys.needs_another(kid, now)? => Some(self.make(purpose, now).await?),
            Some(_) | None => None,
        };
        let was_used = keys.find(kid).is_some_and(|key| key.state(now) == KeyState::Current);
        let made = self.change(|keys| keys.revoke(kid, another.clone(), now)).await?;
        Event::KeyRevoked { kid }.record();
        Ok(made.put.into_iter().find(|_| was_used))
    }

    /// Seals every key under the master key of the moment, and returns how many were not.
    pub async fn rewrap(&self) -> Result<usize, Fault> {
        let rewrapped = |key: &KeyRecord| {
            let plain = Material::Plain(self.master_keys.open(key)?);
            self.master_keys.seal(KeyRecord { material: plain, ..key.clone() }, self.env)
        };
        loop {
            let keys = self.store.keys().await?;
            let otherwise = keys.keys.iter().filter(|key| self.master_keys.is_kept_otherwise(key));
            let put: Result<_, Fault> = otherwise.map(rewrapped).collect();
            let change = KeyChange { put: put?, ..keys.unchanged() };
            if change.is_empty() || self.store.change_keys(&change).await? == KeysChanged::Done {
                return Ok(change.put.len());
            }
        }
    }

    /// Removes the keys that have ended and whose tokens nobody looks at any more, and returns how many there were.
    pub async fn remove_ended(&self) -> Result<usize, Fault> {
        let keys = self.store.keys().await?;
        let change = keys.remove_ended(self.schedule.hints_live, self.env.now());
        if change.is_empty() {
            return Ok(0);
        }
        match self.store.change_keys(&change).await? {
            KeysChanged::Done => Ok(change.remove.len()),
            // Somebody else did, or will in a minute.
            KeysChanged::Overtaken => Ok(0),
        }
    }

    async fn follow(&self, purpose: KeyPurpose, from: Time) -> Result<KeyRecord, Unchanged> {
        let now = self.env.now();
        let key = KeyRecord { used_from: from, ..self.make(purpose, now).await? };
        let kept = self.schedule.kept(purpose);
        self.change(|keys| match keys.find(&key.kid) {
            // An answer was lost on its way from the database.
            Some(_) => Ok(keys.unchanged()),
            None => keys.rotate(key.clone(), kept, now),
        })
        .await?;
        self.tell(&key);
        Ok(key)
    }

    /// Decides about the keys as they are, until nobody comes in between.
    async fn change(
        &self,
        decide: impl Fn(&KeySet) -> Result<KeyChange, KeyRefused>,
    ) -> Result<KeyChange, Unchanged> {
        loop {
            let change = decide(&self.store.keys().await?)?;
            if change.is_empty() || self.store.change_keys(&change).await? == KeysChanged::Done {
                return Ok(change);
            }
        }
    }

    async fn make(&self, purpose: KeyPurpose, now: Time) -> Result<KeyRecord, Fault> {
        let key = match purpose {
            KeyPurpose::Sign(alg) => {
                // An RSA key takes a core for a while.
                let made = tokio::task::spawn_blocking(move || generate(alg)).await;
                let (kid, material) = made.map_err(|_| Fault::Task("the making of a key"))??;
                KeyRecord::new(kid, purpose, material, now)
            }
            KeyPurpose::Seal | KeyPurpose::Derive => {
                let material = Secret::new(self.env.bytes::<32>().to_vec());
                KeyRecord::new(self.env.id(), purpose, material, now)
            }
        };
        self.master_keys.seal(key, self.env)
    }

    fn tell(&self, key: &KeyRecord) {
        let purpose = key.purpose.to_string();
        Event::KeyMade { kid: &key.kid, purpose: &purpose, used_from: key.used_from.unix() }.record();
    }
}

fn generate(alg: SigningAlg) -> Result<(String, Secret<Vec<u8>>), Fault> {
    let fault = |e: &dyn std::fmt::Display| Fault::Key(format!("a {alg} key cannot be made: {e}"));
    let key = SigningKey::generate(alg).map_err(|e| fault(&e))?;
    let material = key.to_pkcs8().map_err(|e| fault(&e))?;
    Ok((key.kid().to_owned(), material))
}
