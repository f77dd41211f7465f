//! The server's keys as they are in use at this node: parsed once, and exchanged as a whole when they change in the store
//! or by time. Reading them never waits.

mod sealers;
mod snapshot;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::Mutex;

use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, SigningKey, VerifyingKey};

use crate::config::Config;
use crate::entity::key::KeyPurpose;
use crate::fault::Fault;
use crate::keys::{Lifecycle, MasterKeys, Schedule};
use crate::store::Store;
use sealers::Sealers;
use snapshot::Snapshot;

/// Algorithms that a client may register for its ID tokens. Access tokens may have any that is set.
pub(crate) const SIGNING_ALGS: [SigningAlg; 2] = [SigningAlg::Rs256, SigningAlg::Es256];

/// The server's keys.
pub(crate) struct Keyring {
    live: Arc<ArcSwap<Snapshot>>,
    /// Seals and derives.
    pub(crate) sealer: Sealers,
    master_keys: MasterKeys,
    schedule: Schedule,
    /// The second in which the store was last asked.
    looked: AtomicI64,
    /// Held by whoever exchanges the snapshot.
    turn: Mutex<()>,
    /// Whether the last look failed, which is told once.
    fails: AtomicBool,
}

impl Keyring {
    /// Loads the keys, and makes the ones that are missing. A master key that does not fit is found before anything is
    /// made, and an algorithm of access tokens for which there can be no key before the first client asks.
    pub(crate) async fn load(
        store: &dyn Store,
        env: &Env,
        master_keys: MasterKeys,
        config: &Config,
    ) -> Result<Self, Fault> {
        let now = env.now();
        let schedule = Schedule::of(config);
        let mut keys = store.keys().await?;
        for key in &keys.keys {
            master_keys.open(key)?;
        }
        let lifecycle = Lifecycle { store, env, master_keys: &master_keys, schedule };
        for purpose in [KeyPurpose::Seal, KeyPurpose::Derive] {
            if keys.head(purpose).is_none() {
                lifecycle.ensure(purpose).await?;
                keys = store.keys().await?;
            }
        }
        let unsealed = keys.keys.iter().filter(|key| master_keys.is_kept_otherwise(key)).count();
        if unsealed > 0 {
            let master_key = master_keys.id();
            tracing::warn!(
                unsealed,
                master_key,
                "keys are not sealed under the master key: `hallpass key rewrap`"
            );
        }
        let live = Arc::new(ArcSwap::from_pointee(Snapshot::build(&keys, None, &master_keys, now)?));
        let keyring = Self {
            sealer: Sealers::new(live.clone()),
            live,
            master_keys,
            schedule,
            looked: AtomicI64::new(now.unix()),
            turn: Mutex::default(),
            fails: AtomicBool::new(false),
        };
        for alg in SIGNING_ALGS.into_iter().chain([config.access_token_alg]) {
            keyring.ensure(store, env, alg).await?;
        }
        Ok(keyring)
    }

    /// The key that signs by `alg` at this moment.
    pub(crate) fn signing(&self, alg: SigningAlg) -> Result<Arc<SigningKey>, Fault> {
        self.live.load().signing(alg).ok_or_else(|| Fault::Key(format!("there is no {alg} key")))
    }

    /// The same. Where there is none yet, one is made, for all nodes; that may take a while.
    pub(crate) async fn ensure(
        &self,
        store: &dyn Store,
        env: &Env,
        alg: SigningAlg,
    ) -> Result<Arc<SigningKey>, Fault> {
        if let Some(key) = self.live.load().signing(alg) {
            return Ok(key);
        }
        let _turn = self.turn.lock().await;
        // Made while this one waited.
        if let Some(key) = self.live.load().signing(alg) {
            return Ok(key);
        }
        self.lifecycle(store, env).ensure(KeyPurpose::Sign(alg)).await?;
        self.exchange(store, env.now()).await?;
        self.signing(alg)
    }

    /// The key that a token names, if it is one of these and not revoked. The token is not verified by it yet.
    pub(crate) fn verifying(&self, token: &CompactJws<'_>) -> Option<Arc<VerifyingKey>> {
        self.live.load().verifying(token.header().kid.as_deref()?)
    }

    /// Whether a key is still one of these.
    pub(crate) fn is_held(&self, key: &Arc<VerifyingKey>) -> bool {
        self.live.load().holds(key)
    }

    /// The payload of a token that one of these keys has signed. Nothing is looked at but the signature.
    pub(crate) fn verify<'t>(&self, token: &'t CompactJws<'t>) -> Option<&'t [u8]> {
        token.verify(self.verifying(token)?.as_ref()).ok()
    }

    /// The public keys, as they are published.
    pub(crate) fn jwks(&self) -> Bytes {
        self.live.load().jwks()
    }

    /// Takes up what has changed in the store or with time. The first caller in each second asks; nobody waits for it.
    /// While the store does not answer, the keys stay as they are.
    pub(crate) async fn follow(&self, store: &dyn Store, now: Time) {
        if self.looked.load(Ordering::Relaxed) == now.unix() {
            return;
        }
        let Ok(_turn) = self.turn.try_lock() else { return };
        self.looked.store(now.unix(), Ordering::Relaxed);
        match self.exchange(store, now).await {
            Ok(()) => self.fails.store(false, Ordering::Relaxed),
            Err(fault) if !self.fails.swap(true, Ordering::Relaxed) => {
                tracing::error!(target: "hallpass::fault", %fault, "the keys stay as they were");
            }
            Err(_) => {}
        }
    }

    /// Lets keys be followed that are due, and removes those that are over; returns how many went.
    pub(crate) async fn tend(&self, store: &dyn Store, env: &Env) -> Result<usize, Fault> {
        let lifecycle = self.lifecycle(store, env);
        let made = lifecycle.rotate_due().await?;
        let removed = lifecycle.remove_ended().await?;
        if !made.is_empty() || removed > 0 {
            let _turn = self.turn.lock().await;
            self.exchange(store, env.now()).await?;
        }
        Ok(removed)
    }

    /// How keys are changed.
    pub(crate) fn lifecycle<'a>(&'a self, store: &'a dyn Store, env: &'a Env) -> Lifecycle<'a> {
        Lifecycle { store, env, master_keys: &self.master_keys, schedule: self.schedule }
    }

    /// Whoever calls this has the turn, so that no older snapshot takes the place of a newer one.
    async fn exchange(&self, store: &dyn Store, now: Time) -> Result<(), Fault> {
        let keys = store.keys().await?;
        let old = self.live.load_full();
        if !old.is_still_right(&keys, now) {
            self.live.store(Arc::new(Snapshot::build(&keys, Some(&old), &self.master_keys, now)?));
        }
        Ok(())
    }
}
