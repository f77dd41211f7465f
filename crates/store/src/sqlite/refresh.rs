//! Refresh tokens in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::grant::{Authority, Grant, RefreshOutcome};
use hallpass_server::entity::refresh::{
    RefreshProof, RefreshState, RefreshToken, RefreshUnfit, RefreshUse, Rotation,
};
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{Issued, Redeemed, RefreshRedemption, Unfit};

use super::column::{corrupt, execute, first, is_null, maybe_digest, maybe_time, time};
use super::failure::Failure;
use super::grants;
use super::users::user;

pub(super) const INSERT: &str =
    "INSERT INTO refresh_tokens (digest, grant_id, issued_at, expires_at, superseded_at, superseded_by)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const WITH_FAMILY: &str = "SELECT t.issued_at, t.expires_at, t.superseded_at, t.superseded_by,
        s.issued_at, s.expires_at, s.superseded_at, s.superseded_by,
        g.body, g.revoked_at, u.body
    FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id
        LEFT JOIN users u ON u.id = g.user_id AND u.disabled = 0
        LEFT JOIN refresh_tokens s ON s.digest = t.superseded_by
    WHERE t.digest = ?1";
pub(super) const HEAD: &str = "SELECT t.issued_at, t.expires_at, t.superseded_at, t.superseded_by, g.body, g.revoked_at, u.body
    FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id AND u.disabled = 0
    WHERE t.digest = ?1 AND t.superseded_at IS NULL AND t.expires_at > ?2
        AND g.revoked_at IS NULL AND g.ends_at > ?2";
pub(super) const KEEP: &str = "UPDATE refresh_tokens SET expires_at = ?2 WHERE digest = ?1";
pub(super) const SUPERSEDE: &str =
    "UPDATE refresh_tokens SET superseded_at = ?2, superseded_by = ?3 WHERE digest = ?1";

/// A redemption that can be taken to another thread.
pub(super) struct Redemption {
    token: Digest,
    client_id: String,
    scope: Option<Scope>,
    registered: Scope,
    rotation: Rotation,
}

impl Redemption {
    pub(super) fn of(spends: &RefreshRedemption<'_>) -> Self {
        Self {
            token: spends.token,
            client_id: spends.proof.client_id.to_owned(),
            scope: spends.proof.scope.cloned(),
            registered: spends.proof.registered.clone(),
            rotation: spends.proof.rotation,
        }
    }

    fn proof(&self) -> RefreshProof<'_> {
        RefreshProof {
            client_id: &self.client_id,
            scope: self.scope.as_ref(),
            registered: &self.registered,
            rotation: self.rotation,
        }
    }
}

pub(super) fn insert(db: &Connection, grant_id: &str, token: &RefreshToken) -> Result<(), Failure> {
    let (superseded_at, superseded_by) = match &token.state {
        RefreshState::Current => (None, None),
        RefreshState::Superseded { at, by } => (Some(at.unix()), Some(by.as_bytes())),
    };
    let times = [token.issued_at, token.expires_at].map(Time::unix);
    let row = (token.digest.as_bytes(), grant_id, times[0], times[1], superseded_at, superseded_by);
    execute(db, INSERT, row).map(drop)
}

pub(super) fn redeem(
    db: &Connection,
    spends: &Redemption,
    issued: &Issued,
    now: Time,
) -> Result<Redeemed, Failure> {
    let next = issued.refresh.as_ref();
    let found = first(db, WITH_FAMILY, [spends.token.as_bytes()], |row| {
        let grant = grants::grant(row, 8, 9)?;
        let token = token(row, 0, spends.token, &grant)?;
        let successor = match token.state {
            RefreshState::Superseded { by, .. } if !is_null(row, 4)? => {
                Some(self::token(row, 4, by, &grant)?)
            }
            RefreshState::Superseded { .. } | RefreshState::Current => None,
        };
        let fit = token.check(&grant, successor.as_ref(), next.map(|t| t.digest), &spends.proof(), now);
        let user = if fit.is_err() || is_null(row, 10)? { None } else { Some(user(row, 10)?) };
        Ok((grant, fit, user))
    })?;
    let Some((grant, fit, user)) = found else { return Ok(Redeemed::Refused(Unfit::Unknown)) };
    let used = match fit {
        Ok(used) => used,
        Err(RefreshUnfit::Reused) => {
            grants::end(db, &grant.id, now)?;
            return Ok(Redeemed::Replayed { grant_id: grant.id });
        }
        Err(unfit) => return Ok(Redeemed::Refused(Unfit::Refresh(unfit))),
    };
    let Some(user) = user else { return Ok(Redeemed::Refused(Unfit::User)) };

    let refresh = match used {
        RefreshUse::Keep => {
            if let Some(renewed) = next {
                execute(db, KEEP, (spends.token.as_bytes(), renewed.expires_at.unix()))?;
            }
            RefreshOutcome::Kept
        }
        RefreshUse::Rotate => {
            rotate(db, spends.token, next, &grant.id, now)?;
            RefreshOutcome::Issued
        }
        RefreshUse::Repeat => RefreshOutcome::Issued,
    };
    let scope = spends.scope.as_ref().unwrap_or(&grant.scope).clone();
    Ok(Redeemed::Done(Box::new(Authority { grant, user, scope, nonce: None, refresh })))
}

fn rotate(
    db: &Connection,
    old: Digest,
    successor: Option<&RefreshToken>,
    grant_id: &str,
    now: Time,
) -> Result<(), Failure> {
    let Some(successor) = successor else {
        return Err(Fault::Store("a refresh token was to be rotated without a successor".to_owned()).into());
    };
    execute(db, SUPERSEDE, (old.as_bytes(), now.unix(), successor.digest.as_bytes()))?;
    insert(db, grant_id, successor)
}

/// A token that could be used, with its grant and person.
pub(super) fn usable(
    db: &Connection,
    digest: Digest,
    now: Time,
) -> Result<Option<(RefreshToken, Grant, User)>, Failure> {
    first(db, HEAD, (digest.as_bytes(), now.unix()), |row| {
        let grant = grants::grant(row, 4, 5)?;
        Ok((token(row, 0, digest, &grant)?, grant, user(row, 6)?))
    })
}

/// The token whose times and successor are in four columns from `column` on.
fn token(row: &Row<'_>, column: usize, digest: Digest, grant: &Grant) -> Result<RefreshToken, Failure> {
    let state = match (maybe_time(row, column + 2)?, maybe_digest(row, column + 3)?) {
        (None, None) => RefreshState::Current,
        (Some(at), Some(by)) => RefreshState::Superseded { at, by },
        (None, Some(_)) | (Some(_), None) => return Err(corrupt("refresh token", &"half of a successor")),
    };
    Ok(RefreshToken {
        digest,
        grant_id: grant.id.clone(),
        issued_at: time(row, column)?,
        expires_at: time(row, column + 1)?,
        state,
    })
}
