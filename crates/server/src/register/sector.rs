//! Sector identifiers — OpenID Connect Registration §5: the document that says which redirect URIs belong together.

use bytes::Bytes;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::token::{DEVICE_CODE, PASSWORD};
use http::Request;

use super::rule::{Rule, Wrong, shown};
use crate::core::Core;
use crate::entity::client::{Client, SubjectType};

/// The largest document, in bytes.
const LARGEST: usize = 64 * 1024;

/// Sees that a client that is updated goes on to see the same subjects: by an update nobody moves into the sector of
/// somebody else.
pub(crate) fn unchanged(before: &Client, after: &Client) -> Result<(), Wrong> {
    if before.subject_type != after.subject_type {
        return Err(Wrong { member: "subject_type", at: 0, rule: Rule::SubjectsChange });
    }
    let pairwise = after.subject_type == SubjectType::Pairwise;
    if pairwise && before.sector_identifier() != after.sector_identifier() {
        return Err(Wrong { member: "sector_identifier_uri", at: 0, rule: Rule::SectorChanges });
    }
    Ok(())
}

/// Sees that every redirect URI of the client is in its sector document.
///
/// §5: the document is "a single JSON array of redirect_uri values", and "the values registered in redirect_uris MUST
/// be included in the elements of the array". A redirect URI shows that a client belongs to a sector, since what it asks
/// for goes there. Choice: where tokens go elsewhere, as those of the device grant do, the client's `jwks_uri` must be in
/// the document, and it must authenticate with those keys.
pub(crate) async fn check(core: &Core, client: &Client) -> Result<(), Wrong> {
    let own_keys = own_keys(client)?;
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
    match own_keys {
        Some(keys) if !listed.iter().any(|listed| listed == keys) => {
            Err(wrong(Rule::SectorWithoutKeys(shown(keys))))
        }
        Some(_) | None => Ok(()),
    }
}

/// The keys that must be in the sector document, where redirect URIs do not show whose the client is.
fn own_keys(client: &Client) -> Result<Option<&str>, Wrong> {
    let elsewhere = client.may_use_grant(DEVICE_CODE) || client.may_use_grant(PASSWORD);
    if client.subject_type != SubjectType::Pairwise || !elsewhere {
        return Ok(None);
    }
    let by_keys = client.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt;
    match &client.jwks_uri {
        Some(keys) if by_keys && client.sector_identifier_uri.is_some() => Ok(Some(keys)),
        Some(_) | None => Err(Wrong { member: "subject_type", at: 0, rule: Rule::SectorUnproven }),
    }
}
