//! Token revocation — RFC 7009.

use hallpass_proto::env::Time;
use hallpass_proto::introspection::TokenTypeHint;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;

use super::introspect::verify_access_token;
use crate::client_auth;
use crate::core::Core;
use crate::entity::client::Client;
use crate::fault::Fault;
use crate::refusal::Failure;
use crate::store::{Revocation, Revoked};

/// Ends a token of the client that asks. §2.2: an unknown token is answered like one that was revoked, and so is one
/// of another client, which stays as it is.
pub(crate) async fn revoke(
    core: &Core,
    authorization: Option<&str>,
    form: &Form<'_>,
    now: Time,
) -> Result<(), Failure> {
    let client = client_auth::authenticate(core, authorization, form, now).await?;
    let token = Secret::from(form.require("token")?);
    match form.get("token_type_hint").and_then(TokenTypeHint::parse) {
        Some(TokenTypeHint::RefreshToken) => {
            if refresh_token(core, &client, &token, now).await? == Revoked::Unknown {
                access_token(core, &client, &token, now).await?;
            }
        }
        // Whether it is an access token of ours is seen without the store.
        Some(TokenTypeHint::AccessToken) | None => {
            if access_token(core, &client, &token, now).await? == Revoked::Unknown {
                refresh_token(core, &client, &token, now).await?;
            }
        }
    }
    Ok(())
}

async fn refresh_token(core: &Core, client: &Client, token: &Secret, now: Time) -> Result<Revoked, Fault> {
    core.store.revoke(Revocation::Refresh { token: token.digest(), client_id: &client.client_id }, now).await
}

async fn access_token(core: &Core, client: &Client, token: &Secret, now: Time) -> Result<Revoked, Fault> {
    match verify_access_token(core, token, now) {
        Some(claims) if claims.client_id == client.client_id => {
            core.store.revoke(Revocation::Access { jti: &claims.jti, expires_at: claims.exp }, now).await
        }
        Some(_) | None => Ok(Revoked::Unknown),
    }
}
