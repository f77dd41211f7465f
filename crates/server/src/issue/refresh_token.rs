//! Refresh tokens — RFC 6749 §1.5: 256 bits, of which the store keeps the digest.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::refresh::{RefreshState, RefreshToken};

/// The first of a family.
pub(crate) fn first(core: &Core, now: Time) -> (Secret, RefreshToken) {
    let secret = core.env.token();
    let token = record(core, &secret, now);
    (secret, token)
}

/// The one that follows `presented`. It is derived, not drawn: a client that lost the answer and asks again gets
/// the same successor, so a family never has two newest members; and only the server can derive it.
pub(crate) fn successor(core: &Core, presented: &Secret, now: Time) -> (Secret, RefreshToken) {
    let secret = core.keyring.sealer.derive("refresh token successor", &[presented.expose()]);
    let token = record(core, &secret, now);
    (secret, token)
}

/// How a token is recorded. The engine sets the grant.
pub(crate) fn record(core: &Core, secret: &Secret, now: Time) -> RefreshToken {
    RefreshToken {
        digest: secret.digest(),
        grant_id: String::new(),
        issued_at: now,
        expires_at: now + core.config.refresh_token_idle,
        state: RefreshState::Current,
    }
}
