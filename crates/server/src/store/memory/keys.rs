//! The server's own keys in memory.

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::key::KeyRecord;
use crate::fault::Fault;
use crate::store::{Answer, Keys};

impl Keys for MemoryStore {
    fn keys(&self) -> Answer<'_, Vec<KeyRecord>> {
        Box::pin(async move {
            let mut keys = self.tables()?.keys.clone();
            keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
            Ok(keys)
        })
    }

    fn ensure_key<'a>(&'a self, key: &'a KeyRecord) -> Answer<'a, KeyRecord> {
        Box::pin(async move { self.tables()?.ensure_key(key) })
    }
}

impl Tables {
    fn ensure_key(&mut self, key: &KeyRecord) -> Result<KeyRecord, Fault> {
        if let Some(there) = self.keys.iter().find(|k| k.purpose == key.purpose) {
            return Ok(there.clone());
        }
        if self.keys.iter().any(|k| k.kid == key.kid) {
            return Err(Fault::Store("a key with this kid is there for another purpose".to_owned()));
        }
        self.keys.push(key.clone());
        Ok(key.clone())
    }
}
