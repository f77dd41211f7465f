//! Subject identifiers — OpenID Connect Core §8: a person has the same `sub` at every client, or another one in each
//! sector, so that clients cannot find out that they know the same person.

use crate::core::Core;
use crate::entity::client::{Client, SubjectType};

const PURPOSE: &str = "pairwise subject";

/// The `sub` of a person at a client: everywhere, and for ever.
///
/// §8.1, pairwise: it follows from the sector and the person under a key that never changes, so every node finds the same,
/// and nobody else finds any; 43 characters of base64url. Choice: a client without a sector of its own, since it has no
/// redirect URI or several hosts in them, is one.
pub(crate) fn subject(core: &Core, client: &Client, user_id: &str) -> String {
    match client.subject_type {
        SubjectType::Public => user_id.to_owned(),
        SubjectType::Pairwise => {
            let sector = client.sector_identifier();
            let parts = match &sector {
                Some(host) => ["host", host, user_id],
                None => ["client", &client.client_id, user_id],
            };
            core.keyring.sealer.derive(PURPOSE, &parts).expose().clone()
        }
    }
}
