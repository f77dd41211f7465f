//! What is good once, and named by whoever makes it: assertions and proofs.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::Answer;

/// Whether something comes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It has not come before.
    First,
    /// It has.
    Again,
}

/// What was used once.
pub trait Replay {
    /// Records the use of what `id` is the digest of, and says whether it is the first: of any number of callers exactly
    /// one is told so. It can be forgotten [`REPLAY_KEPT`](super::REPLAY_KEPT) seconds after `until`, when it is good for
    /// nothing any more.
    fn use_once(&self, id: Digest, until: Time) -> Answer<'_, Use>;
}
