//! Clients in SQLite.

use hallpass_server::entity::client::Client;
use hallpass_server::store::{Answer, Clients};

use super::SqliteStore;
use super::column::{all, execute, first, json, to_json};

pub(super) const ONE: &str = "SELECT body FROM clients WHERE client_id = ?1";
pub(super) const ALL: &str = "SELECT body FROM clients ORDER BY client_id";
pub(super) const PUT: &str = "INSERT INTO clients (client_id, body) VALUES (?1, ?2)
    ON CONFLICT (client_id) DO UPDATE SET body = excluded.body";

impl Clients for SqliteStore {
    fn client<'a>(&'a self, client_id: &'a str) -> Answer<'a, Option<Client>> {
        let client_id = client_id.to_owned();
        self.read(move |db| first(db, ONE, [&client_id], |row| json(row, 0, "client")))
    }

    fn clients(&self) -> Answer<'_, Vec<Client>> {
        self.read(|db| all(db, ALL, [], |row| json(row, 0, "client")))
    }

    fn put_client<'a>(&'a self, client: &'a Client) -> Answer<'a, ()> {
        let (client_id, body) = (client.client_id.clone(), to_json(client));
        Box::pin(async move {
            let body = body?;
            self.write(move |db| execute(db, PUT, (&client_id, &body)).map(drop)).await
        })
    }
}
