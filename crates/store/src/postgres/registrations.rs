//! Registrations in PostgreSQL.

use deadpool_postgres::Object;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::registration_token::RegistrationToken;
use hallpass_server::store::{Answer, Registered, Registrations};

use super::column::{all, corrupt, execute, first, get, json, maybe_digest, maybe_time, time, to_json};
use super::failure::{Failure, Twice};
use super::{PostgresStore, devices};

/// Of two that spend the last use at once, the second waits for the first, and then finds that it is spent.
const REGISTER: &str = "WITH spent AS (
        UPDATE registration_tokens SET uses_left = uses_left - 1
        WHERE digest = $3::bytea AND (uses_left IS NULL OR uses_left > 0)
            AND (expires_at IS NULL OR expires_at > $4)
        RETURNING id
    )
    INSERT INTO clients (client_id, body)
    SELECT $1::text, $2::text WHERE $3::bytea IS NULL OR EXISTS (SELECT 1 FROM spent)
    RETURNING client_id";
const LOCK: &str = "SELECT body FROM clients WHERE client_id = $1 FOR UPDATE";
const UPDATE: &str = "UPDATE clients SET body = $2 WHERE client_id = $1";
const DELETE: &str = "DELETE FROM clients WHERE client_id = $1";
const END_CODES: &str = "DELETE FROM codes WHERE client_id = $1 AND spent_at IS NULL";
const END_GRANTS: &str = "UPDATE grants SET revoked_at = $2, ends_at = $2
    WHERE client_id = $1 AND revoked_at IS NULL AND ends_at > $2";
const END_CONSENTS: &str = "DELETE FROM consents WHERE client_id = $1";
const TOKENS: &str = "SELECT digest, id, label, uses_left, expires_at, created_at FROM registration_tokens";
const TOKEN: &str = "SELECT digest, id, label, uses_left, expires_at, created_at FROM registration_tokens
    WHERE digest = $1";
const ISSUE: &str = "INSERT INTO registration_tokens (digest, id, label, uses_left, expires_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
const REVOKE: &str = "DELETE FROM registration_tokens WHERE id = $1";

const WHAT: &str = "initial access token";

impl Registrations for PostgresStore {
    fn register_client<'a>(
        &'a self,
        client: &'a Client,
        token: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Registered> {
        self.step(Twice::Harmful, move |db| async move {
            let digest = token.as_ref().map(|digest| digest.as_bytes().as_slice());
            let row: [&(dyn ToSql + Sync); 4] = [&client.client_id, &to_json(client)?, &digest, &now.unix()];
            let recorded = first(&db, REGISTER, &row).await?;
            Ok(recorded.map_or(Registered::TokenUnfit, |_| Registered::Done))
        })
    }

    fn update_client<'a>(&'a self, before: &'a Client, after: &'a Client) -> Answer<'a, bool> {
        self.step(Twice::Harmful, move |db| update(db, before, after))
    }

    fn delete_client<'a>(&'a self, client_id: &'a str, now: Time) -> Answer<'a, bool> {
        self.step(Twice::Harmful, move |db| delete(db, client_id, now))
    }

    fn registration_tokens(&self) -> Answer<'_, Vec<RegistrationToken>> {
        self.read(|db| async move {
            let rows = all(&db, TOKENS, &[]).await?;
            let mut tokens = rows.iter().map(token).collect::<Result<Vec<_>, _>>()?;
            tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
            Ok(tokens)
        })
    }

    fn registration_token(&self, digest: Digest) -> Answer<'_, Option<RegistrationToken>> {
        self.read(move |db| async move {
            let row = first(&db, TOKEN, &[&digest.as_bytes().as_slice()]).await?;
            row.as_ref().map(token).transpose()
        })
    }

    fn issue_registration_token<'a>(&'a self, token: &'a RegistrationToken) -> Answer<'a, ()> {
        self.step(Twice::Harmful, move |db| async move {
            let digest = token.digest.as_bytes().as_slice();
            let uses_left = token.uses_left.map(i64::from);
            let expires_at = token.expires_at.map(Time::unix);
            let row: [&(dyn ToSql + Sync); 6] =
                [&digest, &token.id, &token.label, &uses_left, &expires_at, &token.created_at.unix()];
            execute(&db, ISSUE, &row).await.map(drop)
        })
    }

    fn revoke_registration_token<'a>(&'a self, id: &'a str) -> Answer<'a, bool> {
        self.step(Twice::Harmful, move |db| async move {
            execute(&db, REVOKE, &[&id]).await.map(|removed| removed > 0)
        })
    }
}

async fn update(mut db: Object, before: &Client, after: &Client) -> Result<bool, Failure> {
    let step = db.transaction().await?;
    let held = first(&step, LOCK, &[&before.client_id]).await?;
    let held: Option<Client> = held.map(|row| json(&row, 0, "client")).transpose()?;
    if held.as_ref() != Some(before) {
        return Ok(false);
    }
    execute(&step, UPDATE, &[&before.client_id, &to_json(after)?]).await?;
    step.commit().await?;
    Ok(true)
}

/// Codes before grants: a redemption that is on its way is waited for, and its grant is there then.
async fn delete(mut db: Object, client_id: &str, now: Time) -> Result<bool, Failure> {
    let step = db.transaction().await?;
    let removed = execute(&step, DELETE, &[&client_id]).await?;
    execute(&step, END_CODES, &[&client_id]).await?;
    devices::end_of_client(&step, client_id).await?;
    execute(&step, END_GRANTS, &[&client_id, &now.unix()]).await?;
    execute(&step, END_CONSENTS, &[&client_id]).await?;
    step.commit().await?;
    Ok(removed > 0)
}

fn token(row: &Row) -> Result<RegistrationToken, Failure> {
    let uses_left: Option<i64> = get(row, 3, WHAT)?;
    Ok(RegistrationToken {
        digest: maybe_digest(row, 0, WHAT)?.ok_or_else(|| corrupt(WHAT, &"it has no digest"))?,
        id: get(row, 1, WHAT)?,
        label: get(row, 2, WHAT)?,
        uses_left: uses_left.map(u32::try_from).transpose().map_err(|e| corrupt(WHAT, &e))?,
        expires_at: maybe_time(row, 4, WHAT)?,
        created_at: time(row, 5, WHAT)?,
    })
}
