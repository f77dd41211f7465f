//! Software statements — RFC 7591 §2.3: somebody else vouches for what a client says of itself.

use bytes::Bytes;
use hallpass_proto::env::Time;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_proto::jose::jwt::{ClaimsObject, JwtError};
use hallpass_proto::registration::ClientMetadata;
use http::Request;

use super::policy::{SoftwareStatements, StatementIssuer, StatementKeys};
use super::rule::{Rule, Wrong, shown};
use crate::core::Core;
use crate::refusal::{Failure, Refusal};

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;
/// The largest key set, in bytes.
const LARGEST: usize = 256 * 1024;

/// The metadata with what its software statement says in the place of what it says itself. Without a statement it is
/// as it was; §2.3: claims of a statement "MUST take precedence".
pub(crate) async fn vouched(
    core: &Core,
    mut metadata: ClientMetadata,
    now: Time,
) -> Result<ClientMetadata, Failure> {
    let policy = &core.config.registration;
    let Some(statement) = metadata.software_statement.take() else {
        return match policy.software_statement {
            SoftwareStatements::Optional => Ok(metadata),
            SoftwareStatements::Required => {
                let wrong = Wrong { member: "software_statement", at: 0, rule: Rule::StatementMissing };
                Err(Refusal::Metadata(wrong).into())
            }
        };
    };
    let jws = CompactJws::parse(&statement).map_err(Refusal::StatementInvalid)?;
    // Whoever made it says who they are; what they say counts when their key has signed it.
    let unverified = ClaimsObject::parse(jws.unverified_payload()).map_err(Refusal::StatementInvalid)?;
    let iss = unverified.required_string("iss").map_err(Refusal::StatementInvalid)?;
    let trusted = policy.statement_issuers.iter().find(|trusted| trusted.issuer == iss);
    let trusted = trusted.ok_or_else(|| Refusal::StatementUnapproved(shown(iss)))?;
    let keys = keys(core, trusted).await?;
    let payload = verify(&jws, &keys).map_err(Refusal::StatementInvalid)?;
    let claims = ClaimsObject::parse(payload).map_err(Refusal::StatementInvalid)?;
    in_time(&claims, now).map_err(Refusal::StatementInvalid)?;
    for_us(core, &claims).map_err(Refusal::StatementInvalid)?;
    let mut vouched = ClientMetadata::from_members(claims.into_map()).map_err(Refusal::Registering)?;
    // A statement about a statement is nobody's word.
    vouched.software_statement = None;
    // What it says of itself in other languages would be another thing than what is vouched for.
    let is_vouched = |member: &str| match member {
        "client_name" => vouched.client_name.is_some(),
        "client_uri" => vouched.client_uri.is_some(),
        "logo_uri" => vouched.logo_uri.is_some(),
        "policy_uri" => vouched.policy_uri.is_some(),
        "tos_uri" => vouched.tos_uri.is_some(),
        _ => false,
    };
    metadata.localized.retain(|name, _| !name.split('#').next().is_some_and(is_vouched));
    let mut metadata = metadata.overridden_by(vouched);
    metadata.software_statement = Some(statement);
    Ok(metadata)
}

async fn keys(core: &Core, trusted: &StatementIssuer) -> Result<JwkSet, Failure> {
    let uri = match &trusted.keys {
        StatementKeys::Given(keys) => return Ok(keys.clone()),
        StatementKeys::At(uri) => uri,
    };
    let unreachable = |why: String| {
        tracing::warn!(%uri, why, "the keys of an issuer of software statements cannot be had");
        Failure::from(Refusal::StatementKeysUnreachable)
    };
    let request = Request::get(uri.as_str()).header("accept", "application/json").body(Bytes::new());
    let request = request.map_err(|error| unreachable(error.to_string()))?;
    let answer =
        core.outbound.send(request, LARGEST).await.map_err(|error| unreachable(error.to_string()))?;
    if answer.status() != 200 {
        return Err(unreachable(format!("the answer is {}", answer.status())));
    }
    JwkSet::parse(answer.body()).map_err(|error| unreachable(error.to_string()))
}

/// The payload, when one of the keys has signed it: the one that is named, or any where none is.
fn verify<'a>(jws: &'a CompactJws<'_>, keys: &JwkSet) -> Result<&'a [u8], JwtError> {
    let kid = jws.header().kid.as_deref();
    let named = |key: &&hallpass_proto::jose::jwk::Jwk| kid.is_none() || key.kid.as_deref() == kid;
    let mut told = JwtError::Signature;
    for key in keys.keys.iter().filter(named) {
        let Ok(key) = VerifyingKey::from_jwk(key) else { continue };
        match jws.verify(&key) {
            Ok(payload) => return Ok(payload),
            Err(why) => told = why,
        }
    }
    Err(told)
}

/// A statement need not end; where it says that it does, or begins later, that counts.
fn in_time(claims: &ClaimsObject, now: Time) -> Result<(), JwtError> {
    if let Some(exp) = claims.date("exp")?
        && now >= exp + LEEWAY
    {
        return Err(JwtError::Expired { exp, now });
    }
    if let Some(nbf) = claims.date("nbf")?
        && nbf > now + LEEWAY
    {
        return Err(JwtError::NotYetValid { nbf, now });
    }
    Ok(())
}

/// A statement need not say for whom it is; where it does, it is for those whom it names (RFC 7519 §4.1.3).
fn for_us(core: &Core, claims: &ClaimsObject) -> Result<(), JwtError> {
    if claims.get("aud").is_none() {
        return Ok(());
    }
    let (found, expected) = (claims.audience()?, core.config.issuer.as_str());
    if found.contains(expected) {
        return Ok(());
    }
    Err(JwtError::AudienceDiffers { found, expected: expected.to_owned() })
}
