//! Initial access tokens — RFC 7591 §3: who holds one may register clients.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// A token that an operator gives to somebody who is to register clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationToken {
    /// The digest of the token.
    pub digest: Digest,
    /// Names it where the token itself must not stand.
    pub id: String,
    /// For whom it is, in the operator's words; may be empty.
    pub label: String,
    /// How many clients may still be registered with it. None for any number.
    pub uses_left: Option<u32>,
    /// When it ends. None for never.
    pub expires_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

impl RegistrationToken {
    /// Whether a client may be registered with it at `now`.
    pub fn is_good(&self, now: Time) -> bool {
        self.uses_left != Some(0) && self.expires_at.is_none_or(|end| now < end)
    }
}
