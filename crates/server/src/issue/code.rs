//! Authorization codes — RFC 6749 §4.1.2: 256 random bits, of which the store keeps the digest.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;

use crate::authorize::Request;
use crate::core::Core;
use crate::entity::code::{Code, CodeState, GrantRecorded};
use crate::entity::grant::Grant;
use crate::fault::Fault;
use crate::store::Recorded;

/// Makes a code for a grant and records it; where tokens go out beside it (OpenID Connect Core §3.3), its grant too.
/// There is none where the person has signed out meanwhile.
pub(crate) async fn issue(
    core: &Core,
    request: &Request,
    grant: Grant,
    now: Time,
) -> Result<Option<Secret>, Fault> {
    let (secret, response_type) = (core.env.token(), request.response_type);
    let code = Code {
        digest: secret.digest(),
        grant,
        grant_recorded: if response_type.token() || response_type.id_token() {
            GrantRecorded::WithCode
        } else {
            GrantRecorded::AtRedemption
        },
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: now + core.config.code_lifetime,
        state: CodeState::Fresh,
    };
    match core.store.issue_code(&code).await? {
        Recorded::Done => Ok(Some(secret)),
        Recorded::SessionOver => Ok(None),
    }
}
