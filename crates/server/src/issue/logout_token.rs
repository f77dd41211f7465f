//! Logout tokens — OpenID Connect Back-Channel Logout 1.0 §2.4.

use hallpass_proto::env::Time;
use hallpass_proto::jose::jwt::Audience;
use hallpass_proto::logout_token::{LIFETIME, LogoutTokenClaims, TYP};
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::logout::LogoutNotice;
use crate::issue::protection::Protection;
use crate::issue::subject::subject;
use crate::refusal::Failure;

/// The logout token of one attempt to tell a client. Each attempt has a token of its own: a client that did what the
/// last one asked, and whose answer was lost, need not take this one for a replay.
pub(crate) async fn issue(
    core: &Core,
    client: &Client,
    notice: &LogoutNotice,
    now: Time,
) -> Result<Secret, Failure> {
    let protection = Protection::of_logout_tokens(core, client).await?;
    let claims = LogoutTokenClaims {
        iss: core.config.issuer.as_str().to_owned(),
        sub: Some(subject(core, client, &notice.user_id)),
        aud: Audience::from(vec![client.client_id.clone()]),
        iat: now,
        exp: now + LIFETIME,
        jti: core.env.id(),
        events: LogoutTokenClaims::events(),
        sid: Some(notice.sid.clone()),
    };
    Ok(protection.protect_as(core, TYP, &claims)?)
}
