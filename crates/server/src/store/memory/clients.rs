//! Clients in memory.

use super::MemoryStore;
use crate::entity::client::Client;
use crate::store::{Answer, Clients};

impl Clients for MemoryStore {
    fn client<'a>(&'a self, client_id: &'a str) -> Answer<'a, Option<Client>> {
        Box::pin(async move { Ok(self.tables()?.clients.get(client_id).cloned()) })
    }

    fn clients(&self) -> Answer<'_, Vec<Client>> {
        Box::pin(async move { Ok(self.tables()?.clients.values().cloned().collect()) })
    }

    fn put_client<'a>(&'a self, client: &'a Client) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables()?.clients.insert(client.client_id.clone(), client.clone());
            Ok(())
        })
    }
}
