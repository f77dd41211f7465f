//! What was used once, in memory.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use crate::store::{Answer, Replay, Use};

impl Replay for MemoryStore {
    fn use_once(&self, id: Digest, until: Time) -> Answer<'_, Use> {
        Box::pin(async move { Ok(self.tables()?.use_once(id, until)) })
    }
}
