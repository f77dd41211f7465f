//! Clients by id, remembered for the rest of the second, so that a busy client costs no look-up per request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use hallpass_proto::env::Time;

use crate::core::Core;
use crate::entity::client::Client;
use crate::fault::Fault;

/// How many are remembered at once; past that all are forgotten.
const CAPACITY: usize = 10_000;
/// The longest `client_id` that is looked for, in bytes: whatever strangers make up is remembered too.
const LONGEST: usize = 2048;

#[derive(Default)]
pub(crate) struct ClientDirectory(RwLock<HashMap<String, Remembered>>);

struct Remembered {
    client: Option<Arc<Client>>,
    at: Time,
}

impl ClientDirectory {
    /// One client. A change in the store is seen within a second, on every node.
    pub(crate) async fn find(&self, core: &Core, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
        if client_id.len() > LONGEST {
            return Ok(None);
        }
        let now = core.env.now();
        if let Some(remembered) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(client_id)
            && remembered.at == now
        {
            return Ok(remembered.client.clone());
        }
        let client = core.store.client(client_id).await?.map(Arc::new);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CAPACITY {
            all.clear();
        }
        all.insert(client_id.to_owned(), Remembered { client: client.clone(), at: now });
        Ok(client)
    }

    /// Looks again at the next time: this node has changed the client.
    pub(crate) fn forget(&self, client_id: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(client_id);
    }
}
