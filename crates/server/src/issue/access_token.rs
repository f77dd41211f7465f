//! Access tokens — RFC 9068: `at+jwt`, signed, verifiable without us.

use hallpass_proto::env::Time;
use hallpass_proto::jose::jwt::{Audience, sign_claims};
use hallpass_proto::jwt_access_token::{AccessTokenClaims, TYP};
use hallpass_proto::scope::{OPENID, Scope};
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::grant::Grant;
use crate::fault::Fault;
use crate::issue::subject::subject;

/// An access token that descends from a grant. Its `jti` starts with the grant's id, so that ending the grant ends it.
pub(crate) fn for_grant(
    core: &Core,
    client: &Client,
    grant: &Grant,
    scope: &Scope,
    now: Time,
) -> Result<Secret, Fault> {
    let mut claims = claims(core, &grant.client_id, &grant.audience, scope, now);
    claims.sub = subject(core, client, &grant.user_id);
    claims.exp = now + expires_in(core, grant, now);
    claims.jti = format!("{}.{}", grant.id, claims.jti);
    claims.auth_time = Some(grant.auth_time);
    claims.acr = grant.acr.clone();
    claims.amr = grant.amr.clone();
    sign(core, &claims)
}

/// An access token of a client that acts for itself. RFC 9068 §5: its `sub` must not be taken for a person's, and
/// people's are random, so none is ever a `client_id`.
pub(crate) fn for_client(core: &Core, client: &Client, scope: &Scope, now: Time) -> Result<Secret, Fault> {
    let mut claims = claims(core, &client.client_id, &client.audience, scope, now);
    claims.sub = client.client_id.clone();
    sign(core, &claims)
}

/// How long an access token of a grant is good from now on, in seconds: `expires_in` beside it.
pub(crate) fn expires_in(core: &Core, grant: &Grant, now: Time) -> i64 {
    core.config.access_token_lifetime.min(grant.expires_at.since(now))
}

/// The grant's id in a `jti`, if the token descends from one.
pub(crate) fn grant_id(jti: &str) -> Option<&str> {
    jti.split_once('.').map(|(grant, _)| grant)
}

fn claims(core: &Core, client_id: &str, audience: &[String], scope: &Scope, now: Time) -> AccessTokenClaims {
    let issuer = core.config.issuer.as_str();
    let mut aud = audience.to_vec();
    // With `openid` the token opens our own UserInfo endpoint. A token always has an audience (RFC 9068 §2.2).
    if (scope.contains(OPENID) || aud.is_empty()) && !aud.iter().any(|a| a == issuer) {
        aud.push(issuer.to_owned());
    }
    AccessTokenClaims {
        iss: issuer.to_owned(),
        sub: String::new(),
        aud: Audience::from(aud),
        client_id: client_id.to_owned(),
        exp: now + core.config.access_token_lifetime,
        iat: now,
        jti: core.env.id(),
        scope: (!scope.is_empty()).then(|| scope.clone()),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        extra: serde_json::Map::new(),
    }
}

fn sign(core: &Core, claims: &AccessTokenClaims) -> Result<Secret, Fault> {
    let key = core.keyring.signing(core.config.access_token_alg)?;
    sign_claims(&key, Some(TYP), claims).map(Secret::new).map_err(|e| Fault::Key(e.to_string()))
}
