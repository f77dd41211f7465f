//! Token introspection — RFC 7662.

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_proto::introspection::{IntrospectionResponse, TokenTypeHint};
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_proto::jwt_access_token::{AccessTokenClaims, TYP};
use hallpass_proto::param::Form;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;

use crate::accounts;
use crate::client_auth;
use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::{Client, SubjectType};
use crate::entity::grant::Grant;
use crate::entity::user::User;
use crate::fault::Fault;
use crate::issue::access_token;
use crate::issue::subject::subject;
use crate::refusal::Failure;
use crate::store::AccessTokenId;

/// Says what a token is good for, to a client that it was issued to or that is in its audience. Everybody else is
/// told `active: false`, as for a token that does not exist.
pub(crate) async fn introspect(
    core: &Core,
    authorization: Option<&str>,
    form: &Form<'_>,
    now: Time,
) -> Result<IntrospectionResponse, Failure> {
    let client = client_auth::authenticate_confidential(core, authorization, form, now).await?;
    let token = Secret::from(form.require("token")?);
    let hint = form.get("token_type_hint").and_then(TokenTypeHint::parse);
    let response = match hint {
        Some(TokenTypeHint::RefreshToken) => match refresh_token(core, &client, &token, now).await? {
            Some(response) => Some(response),
            None => access_token(core, &client, &token, now).await?,
        },
        Some(TokenTypeHint::AccessToken) | None => match access_token(core, &client, &token, now).await? {
            Some(response) => Some(response),
            None => refresh_token(core, &client, &token, now).await?,
        },
    };
    Ok(response.unwrap_or_else(IntrospectionResponse::inactive))
}

async fn access_token(
    core: &Core,
    client: &Client,
    token: &Secret,
    now: Time,
) -> Result<Option<IntrospectionResponse>, Fault> {
    let Some(claims) = verify_access_token(core, token, now) else { return Ok(None) };
    let issued_to_caller = claims.client_id == client.client_id;
    if !issued_to_caller && !claims.aud.contains(&client.client_id) {
        return Ok(None);
    }
    let Some(grant) = live_access_token(core, &claims, now).await? else { return Ok(None) };
    let issued_to = core.clients.find(core, &claims.client_id).await?;
    let clients = [Some(client), issued_to.as_deref()];
    let user = grant.as_ref().map(|(_, user)| user);
    Ok(Some(IntrospectionResponse {
        active: true,
        scope: claims.scope.clone(),
        client_id: Some(claims.client_id.clone()),
        username: user.and_then(|user| username(user, claims.scope.as_ref(), clients)),
        token_type: Some("Bearer".to_owned()),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        sub: Some(claims.sub.clone()),
        aud: Some(claims.aud.clone()),
        iss: Some(claims.iss.clone()),
        jti: Some(claims.jti.clone()),
        ..IntrospectionResponse::default()
    }))
}

async fn refresh_token(
    core: &Core,
    client: &Client,
    token: &Secret,
    now: Time,
) -> Result<Option<IntrospectionResponse>, Fault> {
    let Some((record, grant, user)) = core.store.refresh_token(token.digest(), now).await? else {
        return Ok(None);
    };
    if grant.client_id != client.client_id {
        return Ok(None);
    }
    let Some(user) = accounts::current(core, user).await? else { return Ok(None) };
    let username = username(&user, Some(&grant.scope), [Some(client), None]);
    Ok(Some(IntrospectionResponse {
        active: true,
        scope: Some(grant.scope).filter(|scope| !scope.is_empty()),
        client_id: Some(grant.client_id),
        username,
        token_type: None,
        exp: Some(record.expires_at.min(grant.expires_at)),
        iat: Some(record.issued_at),
        sub: Some(subject(core, client, &grant.user_id)),
        iss: Some(core.config.issuer.as_str().to_owned()),
        ..IntrospectionResponse::default()
    }))
}

/// The login of a person, for whoever may know it: it names them everywhere, so it is told with a scope that lets the
/// client know who they are, and not where a client is to know a person under a `sub` of its own (OpenID Connect Core §8.1).
fn username(user: &User, scope: Option<&Scope>, clients: [Option<&Client>; 2]) -> Option<String> {
    let names = scope.is_some_and(|scope| scope.contains("profile") || scope.contains("email"));
    let pairwise = clients.into_iter().flatten().any(|client| client.subject_type == SubjectType::Pairwise);
    user.login().filter(|_| names && !pairwise).map(str::to_owned)
}

/// What an access token of these claims descends from, when nothing that it stands on has ended: neither it nor its
/// grant was revoked, and neither the person nor the client is disabled.
pub(crate) async fn live_access_token(
    core: &Core,
    claims: &AccessTokenClaims,
    now: Time,
) -> Result<Option<Option<(Grant, User)>>, Fault> {
    let client = core.clients.find(core, &claims.client_id).await?;
    if client.is_none_or(|client| client.status == Status::Disabled) {
        return Ok(None);
    }
    let id = AccessTokenId { grant_id: access_token::grant_id(&claims.jti), jti: &claims.jti };
    match core.store.access_token(id, now).await? {
        Some(Some((grant, user))) => Ok(accounts::current(core, user).await?.map(|user| Some((grant, user)))),
        without_person => Ok(without_person),
    }
}

/// The claims of an access token that this server has signed, and that has not ended. The signature of a token is
/// checked once: what was good is remembered, for as long as the key may verify.
pub(crate) fn verify_access_token(core: &Core, token: &Secret, now: Time) -> Option<Arc<AccessTokenClaims>> {
    let digest = token.digest();
    let known = core.verified.get(&digest).filter(|known| core.keyring.is_held(&known.key));
    let verified = match known {
        Some(verified) => verified,
        None => {
            let verified = check_access_token(core, token)?;
            if token.expose().len() <= LONGEST_REMEMBERED {
                core.verified.insert(digest, verified.clone());
            }
            verified
        }
    };
    (now < verified.claims.exp).then_some(verified.claims)
}

/// An access token whose signature was good, and the key that said so.
#[derive(Clone)]
pub(crate) struct Verified {
    claims: Arc<AccessTokenClaims>,
    key: Arc<VerifyingKey>,
}

/// Longer tokens are verified each time: the memory is bounded in bytes as well as in tokens.
const LONGEST_REMEMBERED: usize = 4 * 1024;

fn check_access_token(core: &Core, token: &Secret) -> Option<Verified> {
    let jws = CompactJws::parse(token.expose()).ok()?;
    if jws.header().typ.as_deref() != Some(TYP) {
        return None;
    }
    let key = core.keyring.verifying(&jws)?;
    let claims: AccessTokenClaims = serde_json::from_slice(jws.verify(&key).ok()?).ok()?;
    (claims.iss == core.config.issuer.as_str()).then(|| Verified { claims: Arc::new(claims), key })
}
