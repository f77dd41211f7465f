//! What was used once, in SQLite.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::store::{Answer, Replay, Use};

use super::SqliteStore;
use super::column::execute;

pub(super) const INSERT: &str =
    "INSERT INTO used (digest, expires_at) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING";

impl Replay for SqliteStore {
    fn use_once(&self, id: Digest, until: Time) -> Answer<'_, Use> {
        self.write(move |db| match execute(db, INSERT, (id.as_bytes(), until.unix()))? {
            0 => Ok(Use::Again),
            _ => Ok(Use::First),
        })
    }
}
