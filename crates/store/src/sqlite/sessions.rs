//! Browser sessions in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::logout::LogoutNotice;
use hallpass_server::entity::session::Session;
use hallpass_server::store::{Answer, SessionUser, Sessions};

use super::SqliteStore;
use super::column::{execute, first, json, time, to_json};
use super::failure::Failure;
use super::logout::First;
use super::users::user;
use super::{codes, consents, grants, logout};

pub(super) const INSERT: &str =
    "INSERT INTO sessions (digest, sid, user_id, auth_time, amr, seen_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const WITH_USER: &str =
    "SELECT s.sid, s.user_id, s.auth_time, s.amr, s.seen_at, s.expires_at, u.body
    FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled = 0 WHERE s.digest = ?1";
pub(super) const TOUCH: &str = "UPDATE sessions SET seen_at = ?2 WHERE digest = ?1 AND seen_at < ?2";
pub(super) const OF_SID: &str = "SELECT 1 FROM sessions WHERE sid = ?1 LIMIT 1";
pub(super) const REMOVE: &str =
    "DELETE FROM sessions WHERE digest = ?1 RETURNING sid, user_id, auth_time, amr, seen_at, expires_at";

impl Sessions for SqliteStore {
    fn start_session<'a>(
        &'a self,
        session: &'a Session,
        replaces: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Vec<LogoutNotice>> {
        let session = session.clone();
        self.write(move |db| start(db, &session, replaces, now))
    }

    fn session(&self, digest: Digest, idle: i64, now: Time) -> Answer<'_, Option<SessionUser>> {
        self.read(move |db| {
            let found = first(db, WITH_USER, [digest.as_bytes()], |row| {
                let session = session(row, digest)?;
                if !session.is_live(idle, now) {
                    return Ok(None);
                }
                Ok(Some(SessionUser { session, user: user(row, 6)? }))
            })?;
            Ok(found.flatten())
        })
    }

    fn touch_session(&self, digest: Digest, now: Time) -> Answer<'_, ()> {
        self.write(move |db| execute(db, TOUCH, (digest.as_bytes(), now.unix())).map(drop))
    }

    fn end_session(&self, digest: Digest, now: Time) -> Answer<'_, Vec<LogoutNotice>> {
        self.write(move |db| Ok(end(db, digest, First::by_caller(now), now)?.1))
    }

    fn consent<'a>(&'a self, user_id: &'a str, client_id: &'a str) -> Answer<'a, Option<Consent>> {
        let (user_id, client_id) = (user_id.to_owned(), client_id.to_owned());
        self.read(move |db| consents::one(db, &user_id, &client_id))
    }

    fn consents<'a>(&'a self, user_id: &'a str) -> Answer<'a, Vec<Consent>> {
        let user_id = user_id.to_owned();
        self.read(move |db| consents::of_user(db, &user_id))
    }

    fn put_consent<'a>(&'a self, consent: &'a Consent) -> Answer<'a, ()> {
        let consent = consent.clone();
        self.write(move |db| consents::put(db, &consent))
    }

    fn withdraw_consent<'a>(&'a self, user_id: &'a str, client_id: &'a str, now: Time) -> Answer<'a, ()> {
        let (user_id, client_id) = (user_id.to_owned(), client_id.to_owned());
        self.write(move |db| consents::withdraw(db, &user_id, &client_id, now))
    }
}

fn start(
    db: &Connection,
    session: &Session,
    replaces: Option<Digest>,
    now: Time,
) -> Result<Vec<LogoutNotice>, Failure> {
    let old = replaces.map(|digest| remove(db, digest)).transpose()?.flatten();
    let notices = match old {
        Some(old) if old.goes_on_as(session) => {
            logout::keep(db, &session.sid, session.expires_at)?;
            Vec::new()
        }
        Some(old) if now < old.expires_at => end_sid(db, &old.sid, First::by_caller(now), now)?,
        Some(_) | None => Vec::new(),
    };
    let times = [session.auth_time, session.seen_at, session.expires_at].map(Time::unix);
    let amr = to_json(&session.amr)?;
    let row = (session.digest.as_bytes(), &session.sid, &session.user_id, times[0], amr, times[1], times[2]);
    execute(db, INSERT, row)?;
    Ok(notices)
}

/// How many sessions that were not over have ended by it, none or one; and who is to be told.
pub(super) fn end(
    db: &Connection,
    digest: Digest,
    first: First,
    now: Time,
) -> Result<(usize, Vec<LogoutNotice>), Failure> {
    match remove(db, digest)? {
        Some(session) if now < session.expires_at => Ok((1, end_sid(db, &session.sid, first, now)?)),
        Some(_) | None => Ok((0, Vec::new())),
    }
}

/// Whether there is a session of this `sid`.
pub(super) fn is_there(db: &Connection, sid: &str) -> Result<bool, Failure> {
    Ok(first(db, OF_SID, [sid], |_| Ok(()))?.is_some())
}

fn remove(db: &Connection, digest: Digest) -> Result<Option<Session>, Failure> {
    first(db, REMOVE, [digest.as_bytes()], |row| session(row, digest))
}

fn end_sid(db: &Connection, sid: &str, first: First, now: Time) -> Result<Vec<LogoutNotice>, Failure> {
    grants::end_of_sid(db, sid, now)?;
    codes::end_of_sid(db, sid)?;
    logout::leave(db, sid, first, now)
}

fn session(row: &Row<'_>, digest: Digest) -> Result<Session, Failure> {
    Ok(Session {
        digest,
        sid: row.get(0)?,
        user_id: row.get(1)?,
        auth_time: time(row, 2)?,
        amr: json(row, 3, "session")?,
        seen_at: time(row, 4)?,
        expires_at: time(row, 5)?,
    })
}
