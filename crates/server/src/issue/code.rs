//! Authorization codes — RFC 6749 §4.1.2: 256 random bits, of which the store keeps the digest.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;

use crate::authorize::Request;
use crate::core::Core;
use crate::entity::code::{Code, CodeState};
use crate::entity::grant::Grant;
use crate::fault::Fault;

/// Makes a code for a grant and records it.
pub(crate) async fn issue(core: &Core, request: &Request, grant: Grant, now: Time) -> Result<Secret, Fault> {
    let secret = core.env.token();
    let code = Code {
        digest: secret.digest(),
        grant,
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: now + core.config.code_lifetime,
        state: CodeState::Fresh,
    };
    core.store.issue_code(&code).await?;
    Ok(secret)
}
