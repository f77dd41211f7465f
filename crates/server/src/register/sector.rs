//! Sector identifiers — OpenID Connect Registration §5: the document that says which redirect URIs belong together.

use bytes::Bytes;
use http::Request;

use super::rule::{Rule, Wrong, shown};
use crate::core::Core;
use crate::entity::client::Client;

/// The largest document, in bytes.
const LARGEST: usize = 64 * 1024;

/// Sees that every redirect URI of the client is in its sector document.
///
/// §5: the document is "a single JSON array of redirect_uri values", and "the values registered in redirect_uris MUST
/// be included in the elements of the array".
pub(crate) async fn check(core: &Core, client: &Client) -> Result<(), Wrong> {
    let Some(uri) = &client.sector_identifier_uri else { return Ok(()) };
    let wrong = |rule| Wrong { member: "sector_identifier_uri", at: 0, rule };
    let unreachable = |why: String| {
        tracing::info!(%uri, why, "a sector document cannot be had");
        wrong(Rule::SectorUnreachable(shown(uri)))
    };
    let request = Request::get(uri.as_str()).header("accept", "application/json").body(Bytes::new());
    let request = request.map_err(|error| unreachable(error.to_string()))?;
    let answer =
        core.outbound.send(request, LARGEST).await.map_err(|error| unreachable(error.to_string()))?;
    if answer.status() != 200 {
        return Err(unreachable(format!("the answer is {}", answer.status())));
    }
    let listed: Vec<String> = serde_json::from_slice(answer.body())
        .map_err(|_| unreachable("it is not a JSON array of strings".to_owned()))?;
    for redirect_uri in &client.redirect_uris {
        if !listed.iter().any(|listed| listed == redirect_uri.as_str()) {
            return Err(wrong(Rule::SectorWithout(shown(redirect_uri.as_str()))));
        }
    }
    Ok(())
}
