//! Sign-out at the clients: who is told that a session has ended, and how — OpenID Connect Back-Channel Logout 1.0,
//! Front-Channel Logout 1.0, Session Management 1.0.
//!
//! The step of the store that ends a session leaves a notice for each of its clients. `backchannel` sends logout tokens
//! for them, `outbox` takes what is still due, `frontchannel` has the browser load the clients' pages, and `state` is
//! what a client's own page can watch.

pub(crate) mod backchannel;
pub(crate) mod frontchannel;
mod outbox;
pub(crate) mod state;

use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::logout::SessionClient;
use crate::fault::Fault;
use crate::store::{Recorded, SessionUser};

/// Notes that a person is signed in to a client, where the client wants to hear of the end of the session.
pub(crate) async fn enter(core: &Core, signed_in: &SessionUser, client: &Client) -> Result<Recorded, Fault> {
    if client.backchannel_logout_uri.is_none() && client.frontchannel_logout_uri.is_none() {
        return Ok(Recorded::Done);
    }
    let SessionUser { session, user } = signed_in;
    let entered = SessionClient {
        sid: session.sid.clone(),
        client_id: client.client_id.clone(),
        user_id: user.id.clone(),
        expires_at: session.expires_at,
    };
    core.store.enter_session(&entered).await
}
