//! `id_token_hint` — OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2: an ID token that comes back to us and says
//! who is meant.

use hallpass_proto::id_token::IdTokenClaims;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};

use crate::client_secret;
use crate::core::Core;
use crate::refusal::{Failure, Refusal};

/// The claims of a hint. It counts although it has expired, but not if anybody else has made it, and no other kind of
/// token stands in for it. One that nobody has signed (`none`) could be anybody's; of one that was encrypted, what is
/// inside is the hint.
pub(crate) async fn verify(core: &Core, hint: &str) -> Result<IdTokenClaims, Failure> {
    let jws = CompactJws::parse(hint).map_err(|_| Refusal::IdTokenHint)?;
    if jws.header().typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(Refusal::IdTokenHint.into());
    }
    if jws.header().alg.is_symmetric() {
        verify_by_secret(core, &jws).await?;
    } else {
        core.keyring.verify(&jws).ok_or(Refusal::IdTokenHint)?;
    }
    let claims = read(jws.unverified_payload())?;
    if claims.iss == core.config.issuer.as_str() { Ok(claims) } else { Err(Refusal::IdTokenHint.into()) }
}

/// Whoever knows a client's secret could have made it: the client itself, for which it is, or we.
async fn verify_by_secret(core: &Core, jws: &CompactJws<'_>) -> Result<(), Failure> {
    let alg = jws.header().alg;
    let aud = read(jws.unverified_payload())?.aud;
    let client_id = aud.iter().next().ok_or(Refusal::IdTokenHint)?;
    let client = core.clients.find(core, client_id).await?.ok_or(Refusal::IdTokenHint)?;
    if client.id_token_signed_response_alg.signed() != Some(alg) {
        return Err(Refusal::IdTokenHint.into());
    }
    let secret = client_secret::open(core, &client).ok_or(Refusal::IdTokenHint)?;
    let key = VerifyingKey::hmac(alg, secret.expose().as_bytes())
        .map_err(|_| Failure::from(Refusal::IdTokenHint))?;
    jws.verify(&key).map_err(|_| Refusal::IdTokenHint)?;
    Ok(())
}

fn read(payload: &[u8]) -> Result<IdTokenClaims, Refusal> {
    serde_json::from_slice(payload).map_err(|_| Refusal::IdTokenHint)
}
