//! Registrations in memory.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::client::Client;
use crate::entity::registration_token::RegistrationToken;
use crate::fault::Fault;
use crate::store::{Answer, Registered, Registrations};

impl Registrations for MemoryStore {
    fn register_client<'a>(
        &'a self,
        client: &'a Client,
        token: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Registered> {
        Box::pin(async move { self.tables()?.register_client(client, token, now) })
    }

    fn update_client<'a>(&'a self, before: &'a Client, after: &'a Client) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            match tables.clients.get_mut(&before.client_id) {
                Some(held) if held == before => {
                    *held = after.clone();
                    Ok(true)
                }
                Some(_) | None => Ok(false),
            }
        })
    }

    fn delete_client<'a>(&'a self, client_id: &'a str, now: Time) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            let was_there = tables.clients.remove(client_id).is_some();
            tables.end_client(client_id, now);
            Ok(was_there)
        })
    }

    fn registration_tokens(&self) -> Answer<'_, Vec<RegistrationToken>> {
        Box::pin(async move {
            let mut tokens: Vec<_> = self.tables()?.registration_tokens.values().cloned().collect();
            tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
            Ok(tokens)
        })
    }

    fn registration_token(&self, digest: Digest) -> Answer<'_, Option<RegistrationToken>> {
        Box::pin(async move { Ok(self.tables()?.registration_tokens.get(&digest).cloned()) })
    }

    fn issue_registration_token<'a>(&'a self, token: &'a RegistrationToken) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            let is_there = |other: &RegistrationToken| other.digest == token.digest || other.id == token.id;
            if tables.registration_tokens.values().any(is_there) {
                return Err(Fault::Store("an initial access token is there already".to_owned()));
            }
            tables.registration_tokens.insert(token.digest, token.clone());
            Ok(())
        })
    }

    fn revoke_registration_token<'a>(&'a self, id: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            let before = tables.registration_tokens.len();
            tables.registration_tokens.retain(|_, token| token.id != id);
            Ok(tables.registration_tokens.len() < before)
        })
    }
}

impl Tables {
    fn register_client(
        &mut self,
        client: &Client,
        token: Option<Digest>,
        now: Time,
    ) -> Result<Registered, Fault> {
        if self.clients.contains_key(&client.client_id) {
            return Err(Fault::Store("a client with this id is there already".to_owned()));
        }
        if let Some(digest) = token {
            match self.registration_tokens.get_mut(&digest) {
                Some(token) if token.is_good(now) => {
                    token.uses_left = token.uses_left.map(|uses| uses.saturating_sub(1));
                }
                Some(_) | None => return Ok(Registered::TokenUnfit),
            }
        }
        self.clients.insert(client.client_id.clone(), client.clone());
        Ok(Registered::Done)
    }
}
