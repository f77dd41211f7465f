//! `id_token_hint` — OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2: an ID token that comes back to us and says
//! who is meant.

use hallpass_proto::id_token::IdTokenClaims;
use hallpass_proto::jose::jws::CompactJws;

use crate::core::Core;
use crate::refusal::Refusal;

/// The claims of a hint. It counts although it has expired, but not if anybody else has made it, and no other kind of
/// token stands in for it.
pub(crate) fn verify(core: &Core, hint: &str) -> Result<IdTokenClaims, Refusal> {
    let jws = CompactJws::parse(hint).map_err(|_| Refusal::IdTokenHint)?;
    if jws.header().typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(Refusal::IdTokenHint);
    }
    let payload = core.keyring.verify(&jws).ok_or(Refusal::IdTokenHint)?;
    let claims: IdTokenClaims = serde_json::from_slice(payload).map_err(|_| Refusal::IdTokenHint)?;
    if claims.iss == core.config.issuer.as_str() { Ok(claims) } else { Err(Refusal::IdTokenHint) }
}
