//! Registrations in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::registration_token::RegistrationToken;
use hallpass_server::store::{Answer, Registered, Registrations};

use super::clients::ONE;
use super::column::{all, corrupt, execute, first, json, maybe_time, time, to_json};
use super::failure::Failure;
use super::{SqliteStore, devices};

pub(super) const INSERT: &str = "INSERT INTO clients (client_id, body) VALUES (?1, ?2)";
pub(super) const UPDATE: &str = "UPDATE clients SET body = ?2 WHERE client_id = ?1";
pub(super) const DELETE: &str = "DELETE FROM clients WHERE client_id = ?1";
pub(super) const END_CODES: &str = "DELETE FROM codes WHERE client_id = ?1 AND spent_at IS NULL";
pub(super) const END_GRANTS: &str = "UPDATE grants SET revoked_at = ?2, ends_at = ?2
    WHERE client_id = ?1 AND revoked_at IS NULL AND ends_at > ?2";
pub(super) const END_CONSENTS: &str = "DELETE FROM consents WHERE client_id = ?1";
pub(super) const TOKEN: &str = "SELECT digest, id, label, uses_left, expires_at, created_at
    FROM registration_tokens WHERE digest = ?1";
const TOKENS: &str = "SELECT digest, id, label, uses_left, expires_at, created_at
    FROM registration_tokens ORDER BY created_at, id";
pub(super) const SPEND: &str = "UPDATE registration_tokens SET uses_left = uses_left - 1 WHERE digest = ?1";
const ISSUE: &str = "INSERT INTO registration_tokens (digest, id, label, uses_left, expires_at, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const REVOKE: &str = "DELETE FROM registration_tokens WHERE id = ?1";

impl Registrations for SqliteStore {
    fn register_client<'a>(
        &'a self,
        client: &'a Client,
        token: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Registered> {
        let client = client.clone();
        self.write(move |db| register(db, &client, token, now))
    }

    fn update_client<'a>(&'a self, before: &'a Client, after: &'a Client) -> Answer<'a, bool> {
        let (before, after) = (before.clone(), after.clone());
        self.write(move |db| {
            let held: Option<Client> = first(db, ONE, [&before.client_id], |row| json(row, 0, "client"))?;
            if held.as_ref() != Some(&before) {
                return Ok(false);
            }
            execute(db, UPDATE, (&before.client_id, to_json(&after)?)).map(|changed| changed > 0)
        })
    }

    fn delete_client<'a>(&'a self, client_id: &'a str, now: Time) -> Answer<'a, bool> {
        let client_id = client_id.to_owned();
        self.write(move |db| {
            let removed = execute(db, DELETE, [&client_id])?;
            execute(db, END_CODES, [&client_id])?;
            devices::end_of_client(db, &client_id)?;
            execute(db, END_GRANTS, (&client_id, now.unix()))?;
            execute(db, END_CONSENTS, [&client_id])?;
            Ok(removed > 0)
        })
    }

    fn registration_tokens(&self) -> Answer<'_, Vec<RegistrationToken>> {
        self.read(|db| all(db, TOKENS, [], token))
    }

    fn registration_token(&self, digest: Digest) -> Answer<'_, Option<RegistrationToken>> {
        self.read(move |db| first(db, TOKEN, [digest.as_bytes()], token))
    }

    fn issue_registration_token<'a>(&'a self, token: &'a RegistrationToken) -> Answer<'a, ()> {
        let token = token.clone();
        self.write(move |db| {
            let row = (
                token.digest.as_bytes(),
                &token.id,
                &token.label,
                token.uses_left,
                token.expires_at.map(Time::unix),
                token.created_at.unix(),
            );
            Ok(db.prepare_cached(ISSUE)?.execute(row).map(drop)?)
        })
    }

    fn revoke_registration_token<'a>(&'a self, id: &'a str) -> Answer<'a, bool> {
        let id = id.to_owned();
        self.write(move |db| execute(db, REVOKE, [&id]).map(|removed| removed > 0))
    }
}

fn register(
    db: &Connection,
    client: &Client,
    token_digest: Option<Digest>,
    now: Time,
) -> Result<Registered, Failure> {
    if let Some(digest) = token_digest {
        let held = first(db, TOKEN, [digest.as_bytes()], token)?;
        if !held.is_some_and(|token| token.is_good(now)) {
            return Ok(Registered::TokenUnfit);
        }
        execute(db, SPEND, [digest.as_bytes()])?;
    }
    execute(db, INSERT, (&client.client_id, to_json(client)?))?;
    Ok(Registered::Done)
}

fn token(row: &Row<'_>) -> Result<RegistrationToken, Failure> {
    let uses_left: Option<i64> = row.get(3)?;
    Ok(RegistrationToken {
        digest: Digest::from_bytes(row.get(0)?),
        id: row.get(1)?,
        label: row.get(2)?,
        uses_left: uses_left
            .map(u32::try_from)
            .transpose()
            .map_err(|e| corrupt("initial access token", &e))?,
        expires_at: maybe_time(row, 4)?,
        created_at: time(row, 5)?,
    })
}
