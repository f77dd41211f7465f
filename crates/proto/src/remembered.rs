//! What is known of tokens, so that each is verified once and not once a request.
//!
//! It is kept under the SHA-256 of their text, so that a copy of the memory is worth nothing. The size is bounded: two
//! generations, of which the older is dropped when the younger is full; a token in use moves to the younger one.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::secret::Digest;

/// Locks for independent parts, so that requests do not wait for each other.
const SHARDS: usize = 16;

/// What is known under digests, bounded in number. Reading and writing never wait for long: the locks are many, and
/// none is held while anything else happens.
pub struct Remembered<E> {
    shards: [Mutex<Generations<E>>; SHARDS],
    /// Of one generation of one shard.
    capacity: usize,
}

struct Generations<E> {
    young: HashMap<Digest, E>,
    old: HashMap<Digest, E>,
}

impl<E> Default for Generations<E> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<E: Clone> Remembered<E> {
    /// A cache of at most `max` tokens, rounded up to a multiple of 32; of none when `max` is zero.
    pub fn new(max: usize) -> Self {
        Self { shards: Default::default(), capacity: max.div_ceil(2 * SHARDS) }
    }

    /// What is known.
    pub fn get(&self, digest: &Digest) -> Option<E> {
        let mut shard = self.shard(digest);
        if let Some(entry) = shard.young.get(digest) {
            return Some(entry.clone());
        }
        let entry = shard.old.remove(digest)?;
        self.put(&mut shard, *digest, entry.clone());
        Some(entry)
    }

    /// Remembers it.
    pub fn insert(&self, digest: Digest, entry: E) {
        let mut shard = self.shard(&digest);
        shard.old.remove(&digest);
        self.put(&mut shard, digest, entry);
    }

    /// Forgets it.
    pub fn remove(&self, digest: &Digest) {
        let mut shard = self.shard(digest);
        shard.young.remove(digest);
        shard.old.remove(digest);
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard)).map(|shard| shard.young.len() + shard.old.len()).sum()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn put(&self, shard: &mut Generations<E>, digest: Digest, entry: E) {
        if self.capacity == 0 {
            return;
        }
        if shard.young.len() >= self.capacity && !shard.young.contains_key(&digest) {
            shard.old = mem::take(&mut shard.young);
        }
        shard.young.insert(digest, entry);
    }

    fn shard(&self, digest: &Digest) -> MutexGuard<'_, Generations<E>> {
        lock(&self.shards[usize::from(digest.as_bytes()[0]) % SHARDS])
    }
}

/// No code that can panic runs while a shard is half changed, so a poisoned lock still guards a sound map.
fn lock<E>(shard: &Mutex<Generations<E>>) -> MutexGuard<'_, Generations<E>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
