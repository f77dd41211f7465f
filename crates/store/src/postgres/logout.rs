//! Who must hear of a sign-out, in PostgreSQL.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::logout::{FIRST_ATTEMPT, LogoutNotice, SessionClient};
use hallpass_server::store::{Answer, Logout, Recorded};

use super::PostgresStore;
use super::column::{all, corrupt, execute, get, time};
use super::failure::{Failure, Twice};
use super::sessions;

/// Holds the session until it is noted: a sign-out waits for that, and one that is on its way is waited for.
const ENTER: &str = "WITH open AS MATERIALIZED (
        SELECT sid FROM sessions WHERE sid = $1::text LIMIT 1 FOR KEY SHARE
    )
    INSERT INTO session_clients (sid, client_id, user_id, expires_at)
    SELECT sid, $2::text, $3::text, $4::bigint FROM open
    ON CONFLICT (sid, client_id) DO UPDATE SET user_id = excluded.user_id, expires_at = excluded.expires_at";
const KEEP: &str = "UPDATE session_clients SET expires_at = $2 WHERE sid = $1";
const LEAVE: &str = "WITH gone AS (
        DELETE FROM session_clients WHERE sid = $1 RETURNING sid, client_id, user_id
    )
    INSERT INTO logout_notices (sid, client_id, user_id, ended_at, attempts, due_at)
    SELECT sid, client_id, user_id, $2::bigint, $3::bigint, $4::bigint FROM gone
    ON CONFLICT (sid, client_id) DO UPDATE SET user_id = excluded.user_id, ended_at = excluded.ended_at,
        attempts = excluded.attempts, due_at = excluded.due_at
    RETURNING sid, client_id, user_id, ended_at, attempts, due_at";
/// What another node is taking at this moment is left to it.
const TAKE: &str = "WITH due AS MATERIALIZED (
        SELECT sid, client_id FROM logout_notices WHERE due_at <= $1
        ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    UPDATE logout_notices n SET attempts = n.attempts + 1, due_at = $2
    FROM due WHERE n.sid = due.sid AND n.client_id = due.client_id
    RETURNING n.sid, n.client_id, n.user_id, n.ended_at, n.attempts, n.due_at";
const POSTPONE: &str =
    "UPDATE logout_notices SET due_at = $4 WHERE sid = $1 AND client_id = $2 AND attempts = $3";
const SETTLE: &str = "DELETE FROM logout_notices WHERE sid = $1 AND client_id = $2";
/// In one order, so that two who end them at once do not wait for each other.
const SESSIONS_OF_USER: &str = "SELECT digest FROM sessions WHERE user_id = $1 ORDER BY digest FOR UPDATE";

const WHAT: &str = "logout notice";

/// Who makes the first attempt to deliver the notices of a session that ends.
#[derive(Clone, Copy)]
pub(super) struct First {
    attempts: i64,
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

impl Logout for PostgresStore {
    fn enter_session<'a>(&'a self, entered: &'a SessionClient) -> Answer<'a, Recorded> {
        let SessionClient { sid, client_id, user_id, expires_at } = entered;
        self.step(Twice::Harmless, move |db| async move {
            for _ in 0..sessions::LOOKS {
                if execute(&db, ENTER, &[sid, client_id, user_id, &expires_at.unix()]).await? > 0 {
                    return Ok(Recorded::Done);
                }
            }
            Ok(Recorded::SessionOver)
        })
    }

    fn end_sessions_of<'a>(&'a self, user_id: &'a str, now: Time) -> Answer<'a, usize> {
        self.step(Twice::Harmless, move |db| end_of_user(db, user_id, now))
    }

    fn take_notices(&self, limit: usize, until: Time, now: Time) -> Answer<'_, Vec<LogoutNotice>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.step(Twice::Harmless, move |db| async move {
            let rows = all(&db, TAKE, &[&now.unix(), &until.unix(), &limit]).await?;
            let mut taken = rows.iter().map(notice).collect::<Result<Vec<_>, _>>()?;
            taken.sort_by(|a, b| (a.ended_at, &a.sid, &a.client_id).cmp(&(b.ended_at, &b.sid, &b.client_id)));
            Ok(taken)
        })
    }

    fn postpone_notice<'a>(&'a self, taken: &'a LogoutNotice, due_at: Time) -> Answer<'a, ()> {
        let LogoutNotice { sid, client_id, attempts, .. } = taken;
        self.step(Twice::Harmless, move |db| async move {
            execute(&db, POSTPONE, &[sid, client_id, &i64::from(*attempts), &due_at.unix()]).await.map(drop)
        })
    }

    fn settle_notice<'a>(&'a self, taken: &'a LogoutNotice) -> Answer<'a, ()> {
        self.step(Twice::Harmless, move |db| async move {
            execute(&db, SETTLE, &[&taken.sid, &taken.client_id]).await.map(drop)
        })
    }
}

/// The session goes on to another time, and its clients with it.
pub(super) async fn keep(db: &impl GenericClient, sid: &str, expires_at: Time) -> Result<(), Failure> {
    execute(db, KEEP, &[&sid, &expires_at.unix()]).await.map(drop)
}

/// The clients of a session that ends are to be told.
pub(super) async fn leave(
    db: &impl GenericClient,
    sid: &str,
    first: First,
    now: Time,
) -> Result<Vec<LogoutNotice>, Failure> {
    let First { attempts, due_at } = first;
    let rows = all(db, LEAVE, &[&sid, &now.unix(), &attempts, &due_at.unix()]).await?;
    let mut notices = rows.iter().map(notice).collect::<Result<Vec<_>, _>>()?;
    notices.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    Ok(notices)
}

async fn end_of_user(mut db: Object, user_id: &str, now: Time) -> Result<usize, Failure> {
    let step = db.transaction().await?;
    let mut ended = 0;
    for row in all(&step, SESSIONS_OF_USER, &[&user_id]).await? {
        let digest: &[u8] = get(&row, 0, "session")?;
        let digest = <[u8; 32]>::try_from(digest).map_err(|error| corrupt("session", &error))?;
        ended += sessions::end(&step, Digest::from_bytes(digest), First::by_anybody(now), now).await?.0;
    }
    step.commit().await?;
    Ok(ended)
}

fn notice(row: &Row) -> Result<LogoutNotice, Failure> {
    Ok(LogoutNotice {
        sid: get(row, 0, WHAT)?,
        client_id: get(row, 1, WHAT)?,
        user_id: get(row, 2, WHAT)?,
        ended_at: time(row, 3, WHAT)?,
        attempts: u32::try_from(get::<i64>(row, 4, WHAT)?).map_err(|error| corrupt(WHAT, &error))?,
        due_at: time(row, 5, WHAT)?,
    })
}
