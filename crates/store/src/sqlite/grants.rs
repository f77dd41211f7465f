//! Grants and access tokens in SQLite, and the steps of [`Grants`].

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::code::Code;
use hallpass_server::entity::grant::Grant;
use hallpass_server::entity::refresh::RefreshToken;
use hallpass_server::entity::user::User;
use hallpass_server::store::{
    AccessTokenId, Answer, CodeRedemption, Grants, Issued, Recorded, Redeemed, RefreshRedemption, Revocation,
    Revoked,
};

use super::column::{execute, first, json, maybe_time, to_json};
use super::failure::Failure;
use super::users::user;
use super::{SqliteStore, codes, refresh, sessions};

pub(super) const INSERT: &str = "INSERT INTO grants (id, client_id, user_id, sid, ends_at, revoked_at, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const INSERT_FROM_CODE: &str =
    "INSERT INTO grants (id, client_id, user_id, sid, ends_at, revoked_at, body)
    SELECT grant_id, client_id, user_id, sid, ?2, ?3, grant_body FROM codes WHERE digest = ?1";
pub(super) const END: &str = "UPDATE grants SET revoked_at = ?2, ends_at = ?2
    WHERE id = ?1 AND revoked_at IS NULL AND ends_at > ?2";
pub(super) const END_OF_SID: &str = "UPDATE grants SET revoked_at = ?2, ends_at = ?2
    WHERE sid = ?1 AND revoked_at IS NULL AND ends_at > ?2";
pub(super) const END_OF_CONSENT: &str = "UPDATE grants SET revoked_at = ?3, ends_at = ?3
    WHERE user_id = ?1 AND client_id = ?2 AND revoked_at IS NULL AND ends_at > ?3";
pub(super) const OF_TOKEN: &str = "SELECT g.id FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id
    WHERE t.digest = ?1 AND g.client_id = ?2";
pub(super) const GOOD: &str = "SELECT g.body, g.revoked_at, u.body
    FROM grants g JOIN users u ON u.id = g.user_id AND u.disabled = 0
    WHERE g.id = ?1 AND g.revoked_at IS NULL AND g.ends_at > ?2
        AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE jti = ?3)";
pub(super) const REVOKED_ACCESS: &str = "SELECT 1 FROM revoked_access_tokens WHERE jti = ?1";
pub(super) const REVOKE_ACCESS: &str =
    "INSERT INTO revoked_access_tokens (jti, expires_at) VALUES (?1, ?2) ON CONFLICT (jti) DO NOTHING";

impl Grants for SqliteStore {
    fn issue_code<'a>(&'a self, code: &'a Code) -> Answer<'a, Recorded> {
        let code = code.clone();
        self.write(move |db| {
            if !may_give(db, &code.grant)? {
                return Ok(Recorded::SessionOver);
            }
            codes::insert(db, &code)?;
            Ok(Recorded::Done)
        })
    }

    fn redeem_code<'a>(
        &'a self,
        spends: &'a CodeRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        let (spends, issued) = (codes::Redemption::of(spends), issued.clone());
        self.write(move |db| codes::redeem(db, &spends, &issued, now))
    }

    fn redeem_refresh<'a>(
        &'a self,
        spends: &'a RefreshRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        let (spends, issued) = (refresh::Redemption::of(spends), issued.clone());
        self.write(move |db| refresh::redeem(db, &spends, &issued, now))
    }

    fn record_grant<'a>(&'a self, grant: &'a Grant, issued: &'a Issued) -> Answer<'a, Recorded> {
        let (grant, issued) = (grant.clone(), issued.clone());
        self.write(move |db| {
            if !may_give(db, &grant)? {
                return Ok(Recorded::SessionOver);
            }
            record(db, &grant, &issued)?;
            Ok(Recorded::Done)
        })
    }

    fn access_token<'a>(
        &'a self,
        id: AccessTokenId<'a>,
        now: Time,
    ) -> Answer<'a, Option<Option<(Grant, User)>>> {
        let (grant_id, jti) = (id.grant_id.map(str::to_owned), id.jti.to_owned());
        self.read(move |db| match grant_id {
            Some(grant_id) => Ok(good(db, &grant_id, &jti, now)?.map(Some)),
            None => Ok(first(db, REVOKED_ACCESS, [&jti], |_| Ok(()))?.is_none().then_some(None)),
        })
    }

    fn refresh_token(&self, token: Digest, now: Time) -> Answer<'_, Option<(RefreshToken, Grant, User)>> {
        self.read(move |db| refresh::usable(db, token, now))
    }

    fn revoke<'a>(&'a self, what: Revocation<'a>, now: Time) -> Answer<'a, Revoked> {
        match what {
            Revocation::Access { jti, expires_at } => {
                let jti = jti.to_owned();
                self.write(move |db| {
                    execute(db, REVOKE_ACCESS, (&jti, expires_at.unix()))?;
                    Ok(Revoked::Done)
                })
            }
            Revocation::Refresh { token, client_id } => {
                let client_id = client_id.to_owned();
                self.write(move |db| revoke_refresh(db, token, &client_id, now))
            }
        }
    }
}

/// Records a grant with its refresh token.
pub(super) fn record(db: &Connection, grant: &Grant, issued: &Issued) -> Result<(), Failure> {
    insert(db, grant)?;
    match &issued.refresh {
        Some(token) => refresh::insert(db, &grant.id, token),
        None => Ok(()),
    }
}

/// Records a grant.
pub(super) fn insert(db: &Connection, grant: &Grant) -> Result<(), Failure> {
    let revoked_at = grant.revoked_at.map(Time::unix);
    let row = (
        &grant.id,
        &grant.client_id,
        &grant.user_id,
        session_of(grant),
        ends_at(grant),
        revoked_at,
        to_json(grant)?,
    );
    execute(db, INSERT, row).map(drop)
}

/// Records the grant of a code that is there.
pub(super) fn insert_from_code(db: &Connection, code: &Code) -> Result<(), Failure> {
    let revoked_at = code.grant.revoked_at.map(Time::unix);
    execute(db, INSERT_FROM_CODE, (code.digest.as_bytes(), ends_at(&code.grant), revoked_at)).map(drop)
}

/// Ends a grant unless it has ended.
pub(super) fn end(db: &Connection, id: &str, now: Time) -> Result<(), Failure> {
    execute(db, END, (id, now.unix())).map(drop)
}

/// Ends the grants of a session that do not outlive it.
pub(super) fn end_of_sid(db: &Connection, sid: &str, now: Time) -> Result<(), Failure> {
    execute(db, END_OF_SID, (sid, now.unix())).map(drop)
}

/// Ends the grants of a person to a client.
pub(super) fn end_of_consent(
    db: &Connection,
    user_id: &str,
    client_id: &str,
    now: Time,
) -> Result<(), Failure> {
    execute(db, END_OF_CONSENT, (user_id, client_id, now.unix())).map(drop)
}

/// The grant whose `body` and `revoked_at` are in these columns.
pub(super) fn grant(row: &Row<'_>, body: usize, revoked_at: usize) -> Result<Grant, Failure> {
    let recorded: Grant = json(row, body, "grant")?;
    Ok(Grant { revoked_at: maybe_time(row, revoked_at)?, ..recorded })
}

/// The session that it ends with.
pub(super) fn session_of(grant: &Grant) -> Option<&str> {
    grant.sid.as_deref().filter(|_| !grant.offline)
}

/// Whether a grant may be given: where it says in which session, that session has to be there.
fn may_give(db: &Connection, grant: &Grant) -> Result<bool, Failure> {
    grant.sid.as_deref().map_or(Ok(true), |sid| sessions::is_there(db, sid))
}

fn ends_at(grant: &Grant) -> i64 {
    grant.revoked_at.map_or(grant.expires_at, |at| at.min(grant.expires_at)).unix()
}

fn good(db: &Connection, grant_id: &str, jti: &str, now: Time) -> Result<Option<(Grant, User)>, Failure> {
    first(db, GOOD, (grant_id, now.unix(), jti), |row| Ok((grant(row, 0, 1)?, user(row, 2)?)))
}

fn revoke_refresh(db: &Connection, token: Digest, client_id: &str, now: Time) -> Result<Revoked, Failure> {
    let of: Option<String> = first(db, OF_TOKEN, (token.as_bytes(), client_id), |row| Ok(row.get(0)?))?;
    let Some(grant_id) = of else { return Ok(Revoked::Unknown) };
    end(db, &grant_id, now)?;
    Ok(Revoked::Done)
}
