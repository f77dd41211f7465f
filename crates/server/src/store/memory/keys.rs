//! The server's own keys in memory.

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::key_set::{KeyChange, KeySet};
use crate::fault::Fault;
use crate::store::{Answer, Keys, KeysChanged};

impl Keys for MemoryStore {
    fn keys(&self) -> Answer<'_, KeySet> {
        Box::pin(async move { Ok(self.tables()?.keys.clone()) })
    }

    fn change_keys<'a>(&'a self, change: &'a KeyChange) -> Answer<'a, KeysChanged> {
        Box::pin(async move { self.tables()?.change_keys(change) })
    }
}

impl Tables {
    fn change_keys(&mut self, change: &KeyChange) -> Result<KeysChanged, Fault> {
        if self.keys.generation != change.seen {
            return Ok(KeysChanged::Overtaken);
        }
        let mut keys = self.keys.keys.clone();
        let replaced = |kid: &str| change.put.iter().any(|key| key.kid == kid);
        keys.retain(|key| !change.remove.contains(&key.kid) && !replaced(&key.kid));
        keys.extend(change.put.iter().cloned());
        keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
        let set = KeySet { generation: change.seen + 1, keys };
        if set
            .keys
            .iter()
            .filter(|key| key.used_until.is_none())
            .any(|key| set.head(key.purpose) != Some(key))
        {
            return Err(Fault::Store("two keys for one purpose are both the newest".to_owned()));
        }
        self.keys = set;
        Ok(KeysChanged::Done)
    }
}
