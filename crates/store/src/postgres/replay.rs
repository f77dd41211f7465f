//! What was used once, in PostgreSQL.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::store::{Answer, Replay, Use};

use super::PostgresStore;
use super::column::execute;
use super::failure::Twice;

/// Waits for another node that records the same, and then does nothing.
const INSERT: &str = "INSERT INTO used (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";

impl Replay for PostgresStore {
    /// A use whose answer was lost may have been recorded: asked again, it would pass for the second one.
    fn use_once(&self, id: Digest, until: Time) -> Answer<'_, Use> {
        self.step(Twice::Harmful, move |db| async move {
            match execute(&db, INSERT, &[&id.as_bytes().as_slice(), &until.unix()]).await? {
                0 => Ok(Use::Again),
                _ => Ok(Use::First),
            }
        })
    }
}
