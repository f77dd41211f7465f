//! Front-channel logout — OpenID Connect Front-Channel Logout 1.0 §2, §3: the browser loads a page of each client.

use std::sync::Arc;

use hallpass_proto::param::Form;
use hallpass_proto::redirect_uri::with_query;

use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::entity::logout::LogoutNotice;
use crate::fault::Fault;

/// How many pages are loaded at most: each takes a place in the address of the page that loads them.
const MOST: usize = 50;

/// The clients of a session that has ended which are told by the browser.
pub(crate) async fn clients(core: &Core, notices: &[LogoutNotice]) -> Result<Vec<String>, Fault> {
    let mut clients = Vec::new();
    for notice in notices {
        if frame(core, &notice.client_id).await?.is_some() {
            clients.push(notice.client_id.clone());
        }
    }
    if clients.len() > MOST {
        tracing::warn!(clients = clients.len(), "only {MOST} clients are told of a sign-out by the browser");
        clients.truncate(MOST);
    }
    Ok(clients)
}

/// What the browser loads for these clients of a session.
pub(crate) async fn frames(core: &Core, clients: &[String], sid: &str) -> Result<Vec<String>, Fault> {
    let mut frames = Vec::with_capacity(clients.len());
    for client_id in clients {
        let Some((client, uri)) = frame(core, client_id).await? else { continue };
        frames.push(match client.frontchannel_logout_session_required {
            false => uri,
            // §3: "the OP can pass … iss … sid"; "if either is included, both MUST be".
            true => {
                let query: Form<'_> =
                    [("iss", core.config.issuer.as_str()), ("sid", sid)].into_iter().collect();
                with_query(&uri, &query.encode())
            }
        });
    }
    Ok(frames)
}

async fn frame(core: &Core, client_id: &str) -> Result<Option<(Arc<Client>, String)>, Fault> {
    let client = core.clients.find(core, client_id).await?;
    let active = client.filter(|client| client.status == Status::Active);
    Ok(active.and_then(|client| Some((client.clone(), client.frontchannel_logout_uri.clone()?))))
}
