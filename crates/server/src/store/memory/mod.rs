//! The engine that keeps everything in memory: for tests, for trying things out, and as the model that durable
//! engines are compared with. Nothing survives the process.
//!
//! One lock around plain maps. Every step is whole because it holds the lock, and short because each look-up has
//! an index (`tables.rs`).

mod clients;
mod devices;
mod grants;
mod keys;
mod logout;
mod registrations;
mod replay;
mod sessions;
mod tables;
mod users;

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use hallpass_proto::env::Time;

use super::{Answer, Store};
use crate::fault::Fault;
use tables::Tables;

/// A store in memory.
#[derive(Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic inside a step may have left half of it behind: from then on there are no answers.
    fn tables(&self) -> Result<MutexGuard<'_, Tables>, Fault> {
        self.tables.lock().map_err(|_| Fault::Store("a step in memory was broken off".to_owned()))
    }
}

impl Store for MemoryStore {
    fn sweep(&self, limit: usize, now: Time) -> Answer<'_, usize> {
        Box::pin(async move { Ok(self.tables()?.sweep(limit, now)) })
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.tables().map(drop) })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
