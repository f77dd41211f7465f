//! Refresh tokens in PostgreSQL.
//!
//! One statement uses a token that fits: its conditions are those of [`RefreshToken::check`] for a current one. Where
//! it does nothing, the entity is asked why not, about the state that is there then.

use deadpool_postgres::Object;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::grant::{Authority, Grant, RefreshOutcome};
use hallpass_server::entity::refresh::{RefreshState, RefreshToken, RefreshUnfit, RefreshUse, Rotation};
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{Issued, Redeemed, RefreshRedemption, Unfit};

use super::codes::TRIES;
use super::column::{corrupt, first, is_there, json, maybe_digest, maybe_time, time, tokens};
use super::failure::Failure;
use super::grants;
use super::users::user;

const KEEP: &str = "UPDATE refresh_tokens t SET expires_at = COALESCE($5::bigint, t.expires_at)
    FROM grants g, users u
    WHERE t.digest = $1 AND t.expires_at > $2
        AND g.id = t.grant_id AND g.client_id = $3 AND g.revoked_at IS NULL AND g.ends_at > $2
        AND ($4::text[] IS NULL OR $4::text[] <@ g.scope) AND COALESCE($4::text[], g.scope) <@ $6::text[]
        AND u.id = g.user_id AND NOT u.disabled
    RETURNING g.body, u.body";
/// Of two that rotate one token at once, the second waits for the first, and then finds no such token.
const ROTATE: &str = "WITH used AS (
        UPDATE refresh_tokens t SET digest = $5, issued_at = $6, expires_at = $7
        FROM grants g, users u
        WHERE t.digest = $1 AND t.digest <> $5 AND t.expires_at > $2
            AND g.id = t.grant_id AND g.client_id = $3 AND g.revoked_at IS NULL AND g.ends_at > $2
            AND ($4::text[] IS NULL OR $4::text[] <@ g.scope) AND COALESCE($4::text[], g.scope) <@ $8::text[]
            AND u.id = g.user_id AND NOT u.disabled
            AND NOT EXISTS (SELECT 1 FROM superseded_tokens s WHERE s.digest = $5)
        RETURNING t.grant_id, g.body AS grant_body, u.body AS user_body
    ), kept AS (
        INSERT INTO superseded_tokens (digest, grant_id, superseded_at, superseded_by)
        SELECT $1::bytea, grant_id, $2::bigint, $5::bytea FROM used
    )
    SELECT grant_body, user_body FROM used";
const WITH_FAMILY: &str =
    "SELECT t.issued_at, t.expires_at, NULL::bigint, NULL::bytea, NULL::bigint, NULL::bigint,
        g.body, g.revoked_at, u.body
    FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id
        LEFT JOIN users u ON u.id = g.user_id AND NOT u.disabled
    WHERE t.digest = $1
    UNION ALL
    SELECT o.superseded_at, o.superseded_at, o.superseded_at, o.superseded_by, s.issued_at, s.expires_at,
        g.body, g.revoked_at, u.body
    FROM superseded_tokens o JOIN grants g ON g.id = o.grant_id
        LEFT JOIN users u ON u.id = g.user_id AND NOT u.disabled
        LEFT JOIN refresh_tokens s ON s.digest = o.superseded_by
    WHERE o.digest = $1";
const HEAD: &str = "SELECT t.issued_at, t.expires_at, g.body, g.revoked_at, u.body
    FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id AND NOT u.disabled
    WHERE t.digest = $1 AND t.expires_at > $2 AND g.revoked_at IS NULL AND g.ends_at > $2";

const WHAT: &str = "refresh token";

pub(super) async fn redeem(
    db: Object,
    spends: &RefreshRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Redeemed, Failure> {
    for _ in 0..TRIES {
        if let Some(authority) = spend(&db, spends, issued, now).await? {
            return Ok(Redeemed::Done(Box::new(authority)));
        }
        if let Some(answer) = why_not(&db, spends, issued, now).await? {
            return Ok(answer);
        }
    }
    Err(Fault::Store("a refresh token that fits could not be used".to_owned()).into())
}

/// Uses the token if it is current and fits.
async fn spend(
    db: &Object,
    spends: &RefreshRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Option<Authority>, Failure> {
    let (token, proof) = (spends.token.as_bytes().as_slice(), &spends.proof);
    let (digest, issued_at, expires_at) = grants::columns_of(issued.refresh.as_ref());
    let (now, scope, registered) = (now.unix(), proof.scope.map(tokens), tokens(proof.registered));
    let (row, refresh) = match proof.rotation {
        Rotation::Keep => {
            let params: [&(dyn ToSql + Sync); 6] =
                [&token, &now, &proof.client_id, &scope, &expires_at, &registered];
            (first(db, KEEP, &params).await?, RefreshOutcome::Kept)
        }
        Rotation::Rotate { .. } if digest.is_none() => return Ok(None),
        Rotation::Rotate { .. } => {
            let params: [&(dyn ToSql + Sync); 8] =
                [&token, &now, &proof.client_id, &scope, &digest, &issued_at, &expires_at, &registered];
            (first(db, ROTATE, &params).await?, RefreshOutcome::Issued)
        }
    };
    let Some(row) = row else { return Ok(None) };
    Ok(Some(authority(json(&row, 0, "grant")?, user(&row, 1)?, spends, refresh)))
}

/// Why nothing was done with the token. A lost answer is given again; a reuse ends the grant. Nothing where it is
/// worth another look.
async fn why_not(
    db: &Object,
    spends: &RefreshRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Option<Redeemed>, Failure> {
    let Some(row) = first(db, WITH_FAMILY, &[&spends.token.as_bytes().as_slice()]).await? else {
        return Ok(Some(Redeemed::Refused(Unfit::Unknown)));
    };
    let grant = grants::grant(&row, 6, 7)?;
    let (token, successor) = family(&row, spends.token, &grant)?;
    let next = issued.refresh.as_ref().map(|token| token.digest);
    let used = match token.check(&grant, successor.as_ref(), next, &spends.proof, now) {
        Ok(used) => used,
        Err(RefreshUnfit::Reused) => {
            // Where another one ended it in between, this one comes too late for a grant that has ended.
            let ours = grants::end(db, &grant.id, now).await?;
            return Ok(ours.then_some(Redeemed::Replayed { grant_id: grant.id }));
        }
        Err(unfit) => return Ok(Some(Redeemed::Refused(Unfit::Refresh(unfit)))),
    };
    if !is_there(&row, 8, "user")? {
        return Ok(Some(Redeemed::Refused(Unfit::User)));
    }
    match used {
        RefreshUse::Keep => Ok(None),
        RefreshUse::Rotate if next.is_none() => {
            Err(Fault::Store("a refresh token was to be rotated without a successor".to_owned()).into())
        }
        RefreshUse::Rotate => Ok(None),
        RefreshUse::Repeat => {
            let authority = authority(grant, user(&row, 8)?, spends, RefreshOutcome::Issued);
            Ok(Some(Redeemed::Done(Box::new(authority))))
        }
    }
}

fn authority(grant: Grant, user: User, spends: &RefreshRedemption<'_>, refresh: RefreshOutcome) -> Authority {
    let scope = spends.proof.scope.unwrap_or(&grant.scope).clone();
    Authority { grant, user, scope, nonce: None, refresh }
}

/// A token that could be used, with its grant and person.
pub(super) async fn usable(
    db: Object,
    digest: Digest,
    now: Time,
) -> Result<Option<(RefreshToken, Grant, User)>, Failure> {
    let Some(row) = first(&db, HEAD, &[&digest.as_bytes().as_slice(), &now.unix()]).await? else {
        return Ok(None);
    };
    let grant = grants::grant(&row, 2, 3)?;
    let token = current(&row, 0, digest, &grant)?;
    Ok(Some((token, grant, user(&row, 4)?)))
}

/// The token in the first four columns, and the one in the next two that took its place and is current.
fn family(row: &Row, digest: Digest, grant: &Grant) -> Result<(RefreshToken, Option<RefreshToken>), Failure> {
    let token = current(row, 0, digest, grant)?;
    match (maybe_time(row, 2, WHAT)?, maybe_digest(row, 3, WHAT)?) {
        (None, None) => Ok((token, None)),
        (Some(at), Some(by)) => {
            let successor = match maybe_time(row, 4, WHAT)? {
                Some(_) => Some(current(row, 4, by, grant)?),
                None => None,
            };
            Ok((RefreshToken { state: RefreshState::Superseded { at, by }, ..token }, successor))
        }
        (None, Some(_)) | (Some(_), None) => Err(corrupt(WHAT, &"half of a successor")),
    }
}

/// A current token whose times are in two columns.
fn current(row: &Row, column: usize, digest: Digest, grant: &Grant) -> Result<RefreshToken, Failure> {
    Ok(RefreshToken {
        digest,
        grant_id: grant.id.clone(),
        issued_at: time(row, column, WHAT)?,
        expires_at: time(row, column + 1, WHAT)?,
        state: RefreshState::Current,
    })
}
