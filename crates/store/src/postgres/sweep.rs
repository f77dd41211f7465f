//! Removing what is over, in small batches, each along an index. What another node is removing is left to it.

use deadpool_postgres::{Object, Transaction};
use tokio_postgres::types::ToSql;

use hallpass_proto::env::Time;
use hallpass_server::store::{DEVICE_CODE_KEPT, NOTICE_KEPT, REPLAY_KEPT, REVOCATION_KEPT, SPENT_CODE_KEPT};

use super::column::{all, execute, get};
use super::failure::Failure;

const ENDED: &str =
    "SELECT id FROM grants WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 FOR UPDATE SKIP LOCKED";
const OLD_TOKENS: (&str, &str) = (
    "SELECT digest FROM superseded_tokens WHERE grant_id = ANY ($1) LIMIT $2",
    "DELETE FROM superseded_tokens WHERE digest = ANY ($1)",
);
const TOKENS: (&str, &str) = (
    "SELECT digest FROM refresh_tokens WHERE grant_id = ANY ($1) LIMIT $2",
    "DELETE FROM refresh_tokens WHERE digest = ANY ($1)",
);
const GRANTS: &str = "DELETE FROM grants WHERE id = ANY ($1)";
const CODES: (&str, &str) = (
    "SELECT digest FROM codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    "DELETE FROM codes WHERE digest = ANY ($1)",
);
const DEVICE_CODES: (&str, &str) = (
    "SELECT digest FROM device_codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    "DELETE FROM device_codes WHERE digest = ANY ($1)",
);
const SESSIONS: (&str, &str) = (
    "SELECT digest FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    "DELETE FROM sessions WHERE digest = ANY ($1)",
);
const SESSION_CLIENTS: (&str, &str) = (
    "SELECT sid, client_id FROM session_clients WHERE expires_at <= $1
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    "DELETE FROM session_clients WHERE (sid, client_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
);
const NOTICES: (&str, &str) = (
    "SELECT sid, client_id FROM logout_notices WHERE due_at <= $1
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    "DELETE FROM logout_notices WHERE (sid, client_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
);
const REVOKED: &str = "SELECT jti FROM revoked_access_tokens WHERE expires_at <= $1
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED";
const REVOKED_GO: &str = "DELETE FROM revoked_access_tokens WHERE jti = ANY ($1)";
const USED: (&str, &str) = (
    "SELECT digest FROM used WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    "DELETE FROM used WHERE digest = ANY ($1)",
);

/// Removes at most `limit` rows.
pub(super) async fn sweep(mut db: Object, limit: usize, now: Time) -> Result<usize, Failure> {
    let mut batch = Batch { db: db.transaction().await?, left: i64::try_from(limit).unwrap_or(i64::MAX) };
    let all = batch.left;
    batch.families(now).await?;
    batch.digests(CODES, &(now - SPENT_CODE_KEPT).unix()).await?;
    batch.digests(DEVICE_CODES, &(now - DEVICE_CODE_KEPT).unix()).await?;
    batch.digests(SESSIONS, &now.unix()).await?;
    batch.clients(SESSION_CLIENTS, now).await?;
    batch.clients(NOTICES, now - NOTICE_KEPT).await?;
    batch.revocations(now - REVOCATION_KEPT).await?;
    batch.digests(USED, &(now - REPLAY_KEPT).unix()).await?;
    let removed = all - batch.left;
    batch.db.commit().await?;
    Ok(usize::try_from(removed).unwrap_or(limit))
}

/// A transaction, and how many rows it may still remove.
struct Batch<'a> {
    db: Transaction<'a>,
    left: i64,
}

impl Batch<'_> {
    /// Ended grants. Their tokens go first, so that a big family fits into small batches.
    async fn families(&mut self, now: Time) -> Result<(), Failure> {
        let mut ended = self.texts(ENDED, now).await?;
        if ended.is_empty() {
            return Ok(());
        }
        self.digests(OLD_TOKENS, &ended).await?;
        self.digests(TOKENS, &ended).await?;
        ended.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.remove(GRANTS, &ended, ended.len()).await
    }

    async fn revocations(&mut self, until: Time) -> Result<(), Failure> {
        let over = self.texts(REVOKED, until).await?;
        self.remove(REVOKED_GO, &over, over.len()).await
    }

    /// Removes rows that are known by a digest.
    async fn digests(
        &mut self,
        (find, remove): (&'static str, &'static str),
        by: &(dyn ToSql + Sync),
    ) -> Result<(), Failure> {
        if self.left == 0 {
            return Ok(());
        }
        let rows = all(&self.db, find, &[by, &self.left]).await?;
        let digests = rows.iter().map(|row| get(row, 0, "row")).collect::<Result<Vec<&[u8]>, _>>()?;
        self.remove(remove, &digests, digests.len()).await
    }

    /// Removes rows that are known by a session and a client.
    async fn clients(
        &mut self,
        (find, remove): (&'static str, &'static str),
        until: Time,
    ) -> Result<(), Failure> {
        if self.left == 0 {
            return Ok(());
        }
        let rows = all(&self.db, find, &[&until.unix(), &self.left]).await?;
        let column = |n| rows.iter().map(|row| get(row, n, "row")).collect::<Result<Vec<&str>, _>>();
        let (sids, client_ids) = (column(0)?, column(1)?);
        if !rows.is_empty() {
            let removed = execute(&self.db, remove, &[&sids, &client_ids]).await?;
            self.left = self.left.saturating_sub(i64::try_from(removed).unwrap_or(i64::MAX));
        }
        Ok(())
    }

    /// What is over at `until`, as far as it fits into the batch.
    async fn texts(&self, find: &'static str, until: Time) -> Result<Vec<String>, Failure> {
        if self.left == 0 {
            return Ok(Vec::new());
        }
        let rows = all(&self.db, find, &[&until.unix(), &self.left]).await?;
        rows.iter().map(|row| get(row, 0, "row")).collect()
    }

    async fn remove(
        &mut self,
        sql: &'static str,
        keys: &(dyn ToSql + Sync),
        n: usize,
    ) -> Result<(), Failure> {
        if n > 0 {
            let removed = execute(&self.db, sql, &[keys]).await?;
            self.left = self.left.saturating_sub(i64::try_from(removed).unwrap_or(i64::MAX));
        }
        Ok(())
    }
}
