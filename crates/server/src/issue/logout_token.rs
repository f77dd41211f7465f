//! Logout tokens — OpenID Connect Back-Channel Logout 1.0 §2.4.

use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwt::{Audience, sign_claims};
use hallpass_proto::logout_token::{LIFETIME, LogoutTokenClaims, TYP};
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::logout::LogoutNotice;
use crate::fault::Fault;
use crate::issue::subject::subject;

/// The logout token of one attempt to tell a client. Each attempt has a token of its own: a client that did what the
/// last one asked, and whose answer was lost, need not take this one for a replay.
pub(crate) fn sign(core: &Core, client: &Client, notice: &LogoutNotice, now: Time) -> Result<Secret, Fault> {
    // §2.4: "A Logout Token MUST be signed", also where the client takes ID tokens that are not.
    let alg = client.id_token_signed_response_alg.signed().unwrap_or(SigningAlg::Rs256);
    let key = core.keyring.signing(alg)?;
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
    sign_claims(&key, Some(TYP), &claims).map(Secret::new).map_err(|e| Fault::Key(e.to_string()))
}
