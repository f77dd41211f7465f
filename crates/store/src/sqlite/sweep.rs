//! Removing what is over, in small batches, each along an index.

use rusqlite::Connection;

use hallpass_proto::env::Time;
use hallpass_server::store::{DEVICE_CODE_KEPT, NOTICE_KEPT, REPLAY_KEPT, REVOCATION_KEPT, SPENT_CODE_KEPT};

use super::column::{all, execute};
use super::failure::Failure;

pub(super) const GRANTS: &str = "SELECT id FROM grants WHERE ends_at <= ?1 LIMIT ?2";
pub(super) const TOKENS_OF_GRANT: &str = "DELETE FROM refresh_tokens WHERE digest IN
    (SELECT digest FROM refresh_tokens WHERE grant_id = ?1 LIMIT ?2)";
pub(super) const GRANT: &str = "DELETE FROM grants WHERE id = ?1";
pub(super) const CODES: &str =
    "DELETE FROM codes WHERE digest IN (SELECT digest FROM codes WHERE expires_at <= ?1 LIMIT ?2)";
pub(super) const DEVICE_CODES: &str = "DELETE FROM device_codes WHERE digest IN
    (SELECT digest FROM device_codes WHERE expires_at <= ?1 LIMIT ?2)";
pub(super) const SESSIONS: &str =
    "DELETE FROM sessions WHERE digest IN (SELECT digest FROM sessions WHERE expires_at <= ?1 LIMIT ?2)";
pub(super) const SESSION_CLIENTS: &str = "DELETE FROM session_clients WHERE (sid, client_id) IN
    (SELECT sid, client_id FROM session_clients WHERE expires_at <= ?1 LIMIT ?2)";
pub(super) const NOTICES: &str = "DELETE FROM logout_notices WHERE (sid, client_id) IN
    (SELECT sid, client_id FROM logout_notices WHERE due_at <= ?1 LIMIT ?2)";
pub(super) const REVOKED_ACCESS_TOKENS: &str = "DELETE FROM revoked_access_tokens WHERE jti IN
    (SELECT jti FROM revoked_access_tokens WHERE expires_at <= ?1 LIMIT ?2)";
pub(super) const USED: &str =
    "DELETE FROM used WHERE digest IN (SELECT digest FROM used WHERE expires_at <= ?1 LIMIT ?2)";

/// Removes at most `limit` rows.
pub(super) fn sweep(db: &Connection, limit: usize, now: Time) -> Result<usize, Failure> {
    let mut removed = families(db, limit, now)?;
    for (sql, until) in [
        (CODES, now - SPENT_CODE_KEPT),
        (DEVICE_CODES, now - DEVICE_CODE_KEPT),
        (SESSIONS, now),
        (SESSION_CLIENTS, now),
        (NOTICES, now - NOTICE_KEPT),
        (REVOKED_ACCESS_TOKENS, now - REVOCATION_KEPT),
        (USED, now - REPLAY_KEPT),
    ] {
        if removed < limit {
            removed += execute(db, sql, (until.unix(), rows(limit - removed)))?;
        }
    }
    Ok(removed)
}

/// Ended grants. The refresh tokens of one go first, so that a big family fits into small batches.
fn families(db: &Connection, limit: usize, now: Time) -> Result<usize, Failure> {
    let ended: Vec<String> = all(db, GRANTS, (now.unix(), rows(limit)), |row| Ok(row.get(0)?))?;
    let mut removed = 0;
    for id in ended {
        removed += execute(db, TOKENS_OF_GRANT, (&id, rows(limit - removed)))?;
        if removed == limit {
            break;
        }
        removed += execute(db, GRANT, [&id])?;
        if removed == limit {
            break;
        }
    }
    Ok(removed)
}

fn rows(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
