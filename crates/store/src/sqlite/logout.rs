//! Who must hear of a sign-out, in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::logout::{FIRST_ATTEMPT, LogoutNotice, SessionClient};
use hallpass_server::store::{Answer, Logout, Recorded};

use super::SqliteStore;
use super::column::{all, execute, time};
use super::failure::Failure;
use super::sessions;

pub(super) const ENTER: &str =
    "INSERT INTO session_clients (sid, client_id, user_id, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (sid, client_id) DO UPDATE SET user_id = excluded.user_id, expires_at = excluded.expires_at";
pub(super) const KEEP: &str = "UPDATE session_clients SET expires_at = ?2 WHERE sid = ?1";
pub(super) const LEAVE: &str = "DELETE FROM session_clients WHERE sid = ?1 RETURNING client_id, user_id";
pub(super) const PUT: &str =
    "INSERT INTO logout_notices (sid, client_id, user_id, ended_at, attempts, due_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (sid, client_id) DO UPDATE SET user_id = excluded.user_id, ended_at = excluded.ended_at,
        attempts = excluded.attempts, due_at = excluded.due_at";
pub(super) const DUE: &str = "SELECT sid, client_id, user_id, ended_at, attempts, due_at FROM logout_notices
    WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2";
pub(super) const TAKE: &str =
    "UPDATE logout_notices SET attempts = ?3, due_at = ?4 WHERE sid = ?1 AND client_id = ?2";
pub(super) const POSTPONE: &str =
    "UPDATE logout_notices SET due_at = ?4 WHERE sid = ?1 AND client_id = ?2 AND attempts = ?3";
pub(super) const SETTLE: &str = "DELETE FROM logout_notices WHERE sid = ?1 AND client_id = ?2";
pub(super) const SESSIONS_OF_USER: &str = "SELECT digest FROM sessions WHERE user_id = ?1";

/// Who makes the first attempt to deliver the notices of a session that ends.
#[derive(Clone, Copy)]
pub(super) struct First {
    attempts: u32,
    due_at: Time,
}

impl First {
    /// Whoever ends the session.
    pub(super) fn by_caller(now: Time) -> Self {
        Self { attempts: 1, due_at: now + FIRST_ATTEMPT }
    }

    /// Whoever takes them.
    fn by_anybody(now: Time) -> Self {
        Self { attempts: 0, due_at: now }
    }
}

impl Logout for SqliteStore {
    fn enter_session<'a>(&'a self, entered: &'a SessionClient) -> Answer<'a, Recorded> {
        let entered = entered.clone();
        self.write(move |db| {
            let SessionClient { sid, client_id, user_id, expires_at } = &entered;
            if !sessions::is_there(db, sid)? {
                return Ok(Recorded::SessionOver);
            }
            execute(db, ENTER, (sid, client_id, user_id, expires_at.unix()))?;
            Ok(Recorded::Done)
        })
    }

    fn end_sessions_of<'a>(&'a self, user_id: &'a str, now: Time) -> Answer<'a, usize> {
        let user_id = user_id.to_owned();
        self.write(move |db| {
            let theirs = all(db, SESSIONS_OF_USER, [&user_id], |row| Ok(Digest::from_bytes(row.get(0)?)))?;
            let mut ended = 0;
            for digest in theirs {
                ended += sessions::end(db, digest, First::by_anybody(now), now)?.0;
            }
            Ok(ended)
        })
    }

    fn take_notices(&self, limit: usize, until: Time, now: Time) -> Answer<'_, Vec<LogoutNotice>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(move |db| {
            let mut due = all(db, DUE, (now.unix(), limit), notice)?;
            for notice in &mut due {
                notice.attempts += 1;
                notice.due_at = until;
                let LogoutNotice { sid, client_id, attempts, .. } = notice;
                execute(db, TAKE, (&*sid, &*client_id, *attempts, until.unix()))?;
            }
            due.sort_by(|a, b| (a.ended_at, &a.sid, &a.client_id).cmp(&(b.ended_at, &b.sid, &b.client_id)));
            Ok(due)
        })
    }

    fn postpone_notice<'a>(&'a self, taken: &'a LogoutNotice, due_at: Time) -> Answer<'a, ()> {
        let taken = taken.clone();
        self.write(move |db| {
            let LogoutNotice { sid, client_id, attempts, .. } = &taken;
            execute(db, POSTPONE, (sid, client_id, attempts, due_at.unix())).map(drop)
        })
    }

    fn settle_notice<'a>(&'a self, taken: &'a LogoutNotice) -> Answer<'a, ()> {
        let taken = taken.clone();
        self.write(move |db| execute(db, SETTLE, (&taken.sid, &taken.client_id)).map(drop))
    }
}

/// The session goes on to another time, and its clients with it.
pub(super) fn keep(db: &Connection, sid: &str, expires_at: Time) -> Result<(), Failure> {
    execute(db, KEEP, (sid, expires_at.unix())).map(drop)
}

/// The clients of a session that ends are to be told.
pub(super) fn leave(
    db: &Connection,
    sid: &str,
    first: First,
    now: Time,
) -> Result<Vec<LogoutNotice>, Failure> {
    let First { attempts, due_at } = first;
    let mut notices = all(db, LEAVE, [sid], |row| {
        let (client_id, user_id) = (row.get(0)?, row.get(1)?);
        Ok(LogoutNotice { sid: sid.to_owned(), client_id, user_id, ended_at: now, attempts, due_at })
    })?;
    for LogoutNotice { sid, client_id, user_id, ended_at, attempts, due_at } in &notices {
        execute(db, PUT, (sid, client_id, user_id, ended_at.unix(), attempts, due_at.unix()))?;
    }
    notices.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    Ok(notices)
}

fn notice(row: &Row<'_>) -> Result<LogoutNotice, Failure> {
    Ok(LogoutNotice {
        sid: row.get(0)?,
        client_id: row.get(1)?,
        user_id: row.get(2)?,
        ended_at: time(row, 3)?,
        attempts: row.get(4)?,
        due_at: time(row, 5)?,
    })
}
