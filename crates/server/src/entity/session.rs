//! A browser that is signed in at the provider.

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// A session. The cookie holds a random value; this is kept under its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The digest of the cookie's value.
    pub digest: Digest,
    /// A name for it that is no secret: `sid` in ID tokens.
    pub sid: String,
    /// Who is signed in.
    pub user_id: String,
    /// When they last proved who they are.
    pub auth_time: Time,
    /// How they did (RFC 8176): `pwd`.
    pub amr: Vec<String>,
    /// When it was last used, to the minute or so.
    pub seen_at: Time,
    /// When it ends however much it is used.
    pub expires_at: Time,
}

impl Session {
    /// Whether it is still good: not past its end, and used within the last `idle` seconds.
    pub fn is_live(&self, idle: i64, now: Time) -> bool {
        now < self.expires_at && now.since(self.seen_at) < idle
    }

    /// Whether `next` is the same person signed in again, so that what was given in this session goes on in it.
    pub fn goes_on_as(&self, next: &Session) -> bool {
        self.sid == next.sid && self.user_id == next.user_id
    }
}
