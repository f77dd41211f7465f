//! Clients in PostgreSQL.

use hallpass_server::entity::client::Client;
use hallpass_server::store::{Answer, Clients};

use super::PostgresStore;
use super::column::{all, execute, first, json, to_json};
use super::failure::Twice;

const ONE: &str = "SELECT body FROM clients WHERE client_id = $1";
const ALL: &str = "SELECT body FROM clients";
const PUT: &str = "INSERT INTO clients (client_id, body) VALUES ($1, $2)
    ON CONFLICT (client_id) DO UPDATE SET body = excluded.body";

impl Clients for PostgresStore {
    fn client<'a>(&'a self, client_id: &'a str) -> Answer<'a, Option<Client>> {
        self.read(move |db| async move {
            first(&db, ONE, &[&client_id]).await?.map(|row| json(&row, 0, "client")).transpose()
        })
    }

    /// In the order of bytes, whatever the collation of the database.
    fn clients(&self) -> Answer<'_, Vec<Client>> {
        self.read(|db| async move {
            let rows = all(&db, ALL, &[]).await?;
            let mut clients =
                rows.iter().map(|row| json(row, 0, "client")).collect::<Result<Vec<Client>, _>>()?;
            clients.sort_by(|a, b| a.client_id.cmp(&b.client_id));
            Ok(clients)
        })
    }

    fn put_client<'a>(&'a self, client: &'a Client) -> Answer<'a, ()> {
        self.step(Twice::Harmful, move |db| async move {
            execute(&db, PUT, &[&client.client_id, &to_json(client)?]).await.map(drop)
        })
    }
}
