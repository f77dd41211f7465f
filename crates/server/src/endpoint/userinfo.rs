//! UserInfo — OpenID Connect Core §5.3.

use serde::Serialize;

use hallpass_proto::bearer::{BearerError, parse_authorization};
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::scope::OPENID;
use hallpass_proto::secret::Secret;
use hallpass_proto::userinfo::UserInfo;

use super::introspect::{live_access_token, verify_access_token};
use crate::core::Core;
use crate::entity::grant::GrantedClaims;
use crate::issue::protection::Protection;
use crate::issue::subject::subject;
use crate::refusal::{Failure, Refusal};

/// An answer, in the form that the client has registered for.
pub(crate) enum Answer {
    /// The claims, as `application/json`.
    Json(UserInfo),
    /// The claims, signed or encrypted, as `application/jwt`.
    Jwt(Secret),
}

/// What is signed or encrypted. §5.3.2: "the Claims iss (issuer) and aud (audience)" stand in it. There is no `exp`: it is
/// an answer, and no token that could be presented anywhere.
#[derive(Serialize)]
struct JwtAnswer<'a> {
    iss: &'a str,
    aud: &'a str,
    #[serde(flatten)]
    userinfo: UserInfo,
}

/// The claims about the person who gave the access token, as far as its scope reaches, and those that
/// were asked for by name.
pub(crate) async fn userinfo(
    core: &Core,
    authorization: Option<&str>,
    form: Option<&Form<'_>>,
    now: Time,
) -> Result<Answer, Failure> {
    let token = presented(authorization, form)?;
    let claims = verify_access_token(core, &token, now).ok_or(Refusal::TokenInvalid)?;
    // A token for another resource is not for us, even though we signed it.
    if !claims.aud.contains(core.config.issuer.as_str()) {
        return Err(Refusal::TokenInvalid.into());
    }
    let descends_from = live_access_token(core, &claims, now).await?.ok_or(Refusal::TokenInvalid)?;
    let scope = claims.scope.clone().unwrap_or_default();
    if !scope.contains(OPENID) {
        return Err(Refusal::TokenWithoutOpenid.into());
    }
    // A client that acts for itself is nobody.
    let (grant, user) = descends_from.ok_or(Refusal::TokenInvalid)?;
    let client = core.clients.find(core, &claims.client_id).await?.ok_or(Refusal::TokenInvalid)?;
    let claims = user.claims.for_request(&scope, &GrantedClaims::still(&grant.claims.userinfo, &client));
    let userinfo = UserInfo { claims, sub: subject(core, &client, &user.id) };
    let Some(protection) = Protection::of_userinfo(core, &client).await? else {
        return Ok(Answer::Json(userinfo));
    };
    let (iss, aud) = (core.config.issuer.as_str(), client.client_id.as_str());
    Ok(Answer::Jwt(protection.protect(core, &JwtAnswer { iss, aud, userinfo })?))
}

/// RFC 6750 §2.1 (header) or §2.2 (body), one of them.
fn presented(authorization: Option<&str>, form: Option<&Form<'_>>) -> Result<Secret, Refusal> {
    let body = form.and_then(|form| form.get("access_token"));
    match (parse_authorization(authorization), body) {
        (Ok(_) | Err(BearerError::Malformed), Some(_)) => Err(Refusal::TokenTwice),
        (Ok(token), None) => Ok(token),
        (Err(BearerError::Malformed), None) => Err(Refusal::TokenMalformed),
        (Err(BearerError::Absent), Some(token)) => Ok(token.into()),
        (Err(BearerError::Absent), None) => Err(Refusal::TokenMissing),
    }
}
