//! Clients.

use super::Answer;
use crate::entity::client::Client;

/// The registered clients.
pub trait Clients {
    /// One client.
    fn client<'a>(&'a self, client_id: &'a str) -> Answer<'a, Option<Client>>;

    /// All clients, by `client_id`.
    fn clients(&self) -> Answer<'_, Vec<Client>>;

    /// Records a client, in the place of one with the same `client_id`.
    fn put_client<'a>(&'a self, client: &'a Client) -> Answer<'a, ()>;
}
