//! Tokens that were verified before: a token's signature is checked once, not once a request.
//!
//! Only tokens that were accepted are kept, under the SHA-256 of their text, so that neither a flood of bad tokens
//! nor a copy of the memory is worth anything. The size is bounded: two generations, of which the older is dropped
//! when the younger is full; a token in use moves to the younger one.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::VerifyingKey;
use hallpass_proto::secret::Digest;

use crate::token::Token;

/// Locks for independent parts, so that requests do not wait for each other.
const SHARDS: usize = 16;

pub(crate) struct VerifiedTokens {
    shards: [Mutex<Generations>; SHARDS],
    /// Of one generation of one shard.
    capacity: usize,
}

/// What was verified, and with which key: when the issuer withdraws the key, the entry is worth nothing.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) token: Arc<Token>,
    pub(crate) kid: Option<Arc<str>>,
    pub(crate) alg: SigningAlg,
    pub(crate) key: Arc<VerifyingKey>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Digest, Entry>,
    old: HashMap<Digest, Entry>,
}

impl VerifiedTokens {
    /// A cache of at most `max` tokens, rounded up to a multiple of 32; of none when `max` is zero.
    pub(crate) fn new(max: usize) -> Self {
        Self { shards: Default::default(), capacity: max.div_ceil(2 * SHARDS) }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Entry> {
        let mut shard = self.shard(digest);
        if let Some(entry) = shard.young.get(digest) {
            return Some(entry.clone());
        }
        let entry = shard.old.remove(digest)?;
        self.put(&mut shard, *digest, entry.clone());
        Some(entry)
    }

    pub(crate) fn insert(&self, digest: Digest, entry: Entry) {
        let mut shard = self.shard(&digest);
        shard.old.remove(&digest);
        self.put(&mut shard, digest, entry);
    }

    pub(crate) fn remove(&self, digest: &Digest) {
        let mut shard = self.shard(digest);
        shard.young.remove(digest);
        shard.old.remove(digest);
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard)).map(|shard| shard.young.len() + shard.old.len()).sum()
    }

    fn put(&self, shard: &mut Generations, digest: Digest, entry: Entry) {
        if self.capacity == 0 {
            return;
        }
        if shard.young.len() >= self.capacity && !shard.young.contains_key(&digest) {
            shard.old = mem::take(&mut shard.young);
        }
        shard.young.insert(digest, entry);
    }

    fn shard(&self, digest: &Digest) -> MutexGuard<'_, Generations> {
        lock(&self.shards[usize::from(digest.as_bytes()[0]) % SHARDS])
    }
}

/// No code that can panic runs while a shard is half changed, so a poisoned lock still guards a sound map.
fn lock(shard: &Mutex<Generations>) -> MutexGuard<'_, Generations> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
