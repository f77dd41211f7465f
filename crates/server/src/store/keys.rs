//! The server's own keys.

use super::Answer;
use crate::entity::key::KeyRecord;

/// The server's own keys.
pub trait Keys {
    /// All keys, the oldest first.
    fn keys(&self) -> Answer<'_, Vec<KeyRecord>>;

    /// Records a key unless there is one for the same purpose already, and returns the one that is there now:
    /// nodes that start together agree on one.
    fn ensure_key<'a>(&'a self, key: &'a KeyRecord) -> Answer<'a, KeyRecord>;
}
