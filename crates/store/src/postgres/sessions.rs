//! Browser sessions in PostgreSQL.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::logout::LogoutNotice;
use hallpass_server::entity::session::Session;
use hallpass_server::store::{Answer, SessionUser, Sessions};

use super::PostgresStore;
use super::column::{execute, first, get, time};
use super::failure::{Failure, Twice};
use super::logout::First;
use super::users::user;
use super::{codes, consents, grants, logout};

const INSERT: &str = "INSERT INTO sessions (digest, sid, user_id, auth_time, amr, seen_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const WITH_USER: &str = "SELECT s.sid, s.user_id, s.auth_time, s.amr, s.seen_at, s.expires_at, u.body
    FROM sessions s JOIN users u ON u.id = s.user_id AND NOT u.disabled WHERE s.digest = $1";
const TOUCH: &str = "UPDATE sessions SET seen_at = $2 WHERE digest = $1 AND seen_at < $2";
const REMOVE: &str =
    "DELETE FROM sessions WHERE digest = $1 RETURNING sid, user_id, auth_time, amr, seen_at, expires_at";

const WHAT: &str = "session";

/// How often a session is looked for before it is over. A person who signs in again has it replaced: a statement that
/// waited for this sees the old one go, and only the next statement sees the new one.
pub(super) const LOOKS: u32 = 2;

impl Sessions for PostgresStore {
    fn start_session<'a>(
        &'a self,
        session: &'a Session,
        replaces: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Vec<LogoutNotice>> {
        self.step(Twice::Harmful, move |db| start(db, session, replaces, now))
    }

    fn session(&self, digest: Digest, idle: i64, now: Time) -> Answer<'_, Option<SessionUser>> {
        self.read(move |db| async move {
            let row = first(&db, WITH_USER, &[&digest.as_bytes().as_slice()]).await?;
            let Some(row) = row else { return Ok(None) };
            let session = session(&row, digest)?;
            if !session.is_live(idle, now) {
                return Ok(None);
            }
            Ok(Some(SessionUser { session, user: user(&row, 6)? }))
        })
    }

    fn touch_session(&self, digest: Digest, now: Time) -> Answer<'_, ()> {
        self.step(Twice::Harmless, move |db| async move {
            execute(&db, TOUCH, &[&digest.as_bytes().as_slice(), &now.unix()]).await.map(drop)
        })
    }

    fn end_session(&self, digest: Digest, now: Time) -> Answer<'_, Vec<LogoutNotice>> {
        self.step(Twice::Harmless, move |mut db| async move {
            let step = db.transaction().await?;
            let (_, notices) = end(&step, digest, First::by_caller(now), now).await?;
            step.commit().await?;
            Ok(notices)
        })
    }

    fn consent<'a>(&'a self, user_id: &'a str, client_id: &'a str) -> Answer<'a, Option<Consent>> {
        self.read(move |db| async move { consents::one(&db, user_id, client_id).await })
    }

    fn consents<'a>(&'a self, user_id: &'a str) -> Answer<'a, Vec<Consent>> {
        self.read(move |db| async move { consents::of_user(&db, user_id).await })
    }

    fn put_consent<'a>(&'a self, consent: &'a Consent) -> Answer<'a, ()> {
        self.step(Twice::Harmless, move |db| async move { consents::put(&db, consent).await })
    }

    fn withdraw_consent<'a>(&'a self, user_id: &'a str, client_id: &'a str, now: Time) -> Answer<'a, ()> {
        self.step(Twice::Harmful, move |db| consents::withdraw(db, user_id, client_id, now))
    }
}

async fn start(
    mut db: Object,
    session: &Session,
    replaces: Option<Digest>,
    now: Time,
) -> Result<Vec<LogoutNotice>, Failure> {
    let Some(replaced) = replaces else {
        insert(&db, session).await?;
        return Ok(Vec::new());
    };
    let step = db.transaction().await?;
    let notices = match remove(&step, replaced).await? {
        Some(old) if old.goes_on_as(session) => {
            logout::keep(&step, &session.sid, session.expires_at).await?;
            Vec::new()
        }
        Some(old) if now < old.expires_at => end_sid(&step, &old.sid, First::by_caller(now), now).await?,
        Some(_) | None => Vec::new(),
    };
    insert(&step, session).await?;
    step.commit().await?;
    Ok(notices)
}

/// How many sessions that were not over have ended by it, none or one; and who is to be told.
pub(super) async fn end(
    db: &impl GenericClient,
    digest: Digest,
    first: First,
    now: Time,
) -> Result<(usize, Vec<LogoutNotice>), Failure> {
    match remove(db, digest).await? {
        Some(session) if now < session.expires_at => Ok((1, end_sid(db, &session.sid, first, now).await?)),
        Some(_) | None => Ok((0, Vec::new())),
    }
}

async fn insert(db: &impl GenericClient, session: &Session) -> Result<(), Failure> {
    let digest = session.digest.as_bytes().as_slice();
    let [auth_time, seen_at, expires_at] =
        [session.auth_time, session.seen_at, session.expires_at].map(Time::unix);
    let (sid, user_id, amr) = (&session.sid, &session.user_id, &session.amr);
    execute(db, INSERT, &[&digest, sid, user_id, &auth_time, amr, &seen_at, &expires_at]).await.map(drop)
}

async fn remove(db: &impl GenericClient, digest: Digest) -> Result<Option<Session>, Failure> {
    let row = first(db, REMOVE, &[&digest.as_bytes().as_slice()]).await?;
    row.map(|row| session(&row, digest)).transpose()
}

/// Codes before grants: a redemption that is on its way is waited for, and its grant is there then.
async fn end_sid(
    db: &impl GenericClient,
    sid: &str,
    first: First,
    now: Time,
) -> Result<Vec<LogoutNotice>, Failure> {
    codes::end_of_sid(db, sid).await?;
    grants::end_of_sid(db, sid, now).await?;
    logout::leave(db, sid, first, now).await
}

fn session(row: &Row, digest: Digest) -> Result<Session, Failure> {
    Ok(Session {
        digest,
        sid: get(row, 0, WHAT)?,
        user_id: get(row, 1, WHAT)?,
        auth_time: time(row, 2, WHAT)?,
        amr: get(row, 3, WHAT)?,
        seen_at: time(row, 4, WHAT)?,
        expires_at: time(row, 5, WHAT)?,
    })
}
