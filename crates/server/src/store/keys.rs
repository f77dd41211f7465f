//! The server's own keys.

use super::Answer;
use crate::entity::key::KeyRecord;
use crate::entity::key_set::{KeyChange, KeyRefused, KeySet};
use crate::fault::Fault;

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysChanged {
    /// It is made, whole.
    Done,
    /// The keys are not those that it was decided about any more; nothing is changed.
    Overtaken,
}

/// The server's own keys.
pub trait Keys: Sync {
    /// All keys, the oldest first, and their generation.
    fn keys(&self) -> Answer<'_, KeySet>;

    /// Makes a change if the generation is still the one that was seen, and counts it up. Of any number of callers that
    /// saw the same, one gets [`KeysChanged::Done`].
    fn change_keys<'a>(&'a self, change: &'a KeyChange) -> Answer<'a, KeysChanged>;

    /// Records a key unless there is one for the same purpose already, and returns the one that is there now: nodes that
    /// start together agree on one.
    fn ensure_key<'a>(&'a self, key: &'a KeyRecord) -> Answer<'a, KeyRecord> {
        Box::pin(async move {
            loop {
                let keys = self.keys().await?;
                if let Some(head) = keys.head(key.purpose) {
                    return Ok(head.clone());
                }
                let change = keys.add(key.clone()).map_err(|why: KeyRefused| Fault::Key(why.to_string()))?;
                if self.change_keys(&change).await? == KeysChanged::Done {
                    return Ok(key.clone());
                }
            }
        })
    }
}
