//! `client_id` and `redirect_uri` — RFC 6749 §3.1.2.4: while these are in doubt, nothing goes back to the client.

use std::sync::Arc;

use hallpass_proto::param::Form;

use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::refusal::{Failure, Refusal};

/// The client that asks.
pub(super) async fn client(core: &Core, form: &Form<'_>) -> Result<Arc<Client>, Failure> {
    let client_id = form.require("client_id")?;
    let client = core.clients.find(core, client_id).await?.ok_or(Refusal::AuthorizeClientUnknown)?;
    match client.status {
        Status::Active => Ok(client),
        Status::Disabled => Err(Refusal::AuthorizeClientUnknown.into()),
    }
}

/// The redirect URI as it came. OpenID Connect Core §3.1.2.1 requires it; Choice: so do we of plain OAuth requests,
/// for RFC 6749 §3.1.2.3's default has confused more clients than it has helped.
pub(super) fn redirect_uri(client: &Client, form: &Form<'_>) -> Result<String, Refusal> {
    let presented = form.get("redirect_uri").ok_or(Refusal::RedirectUriMissing)?;
    if client.redirect_uris.iter().any(|registered| registered.matches(presented)) {
        Ok(presented.to_owned())
    } else {
        Err(Refusal::RedirectUriDiffers)
    }
}
