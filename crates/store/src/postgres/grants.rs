//! Grants and access tokens in PostgreSQL, and the steps of [`Grants`].

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::code::Code;
use hallpass_server::entity::grant::Grant;
use hallpass_server::entity::refresh::RefreshToken;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{
    AccessTokenId, Answer, CodeRedemption, Grants, Issued, Recorded, Redeemed, RefreshRedemption, Revocation,
    Revoked,
};

use super::column::{execute, first, get, is_there, json, maybe_time, to_json, tokens};
use super::failure::{Failure, Twice};
use super::users::user;
use super::{PostgresStore, codes, refresh, sessions};

/// Records nothing where the refresh token was superseded before, or where the session that it names is not there. Holds
/// that session until it is recorded: a sign-out waits for that, and one that is on its way is waited for.
const RECORD: &str = "WITH open AS MATERIALIZED (
        SELECT sid FROM sessions WHERE sid = $12::text LIMIT 1 FOR KEY SHARE
    ), may AS MATERIALIZED (
        SELECT $12::text IS NULL OR EXISTS (SELECT 1 FROM open) AS give
    ), given AS (
        INSERT INTO grants (id, client_id, user_id, sid, scope, ends_at, revoked_at, body)
        SELECT $1::text, $2::text, $3::text, $4::text, $5::text[], $6::bigint, $7::bigint, $8::text
        FROM may WHERE give AND NOT EXISTS (SELECT 1 FROM superseded_tokens WHERE digest = $9::bytea)
        RETURNING id
    ), token AS (
        INSERT INTO refresh_tokens (digest, grant_id, issued_at, expires_at)
        SELECT $9::bytea, id, $10::bigint, $11::bigint FROM given WHERE $9::bytea IS NOT NULL
    )
    SELECT give, (SELECT id FROM given) FROM may";
const END: &str = "UPDATE grants SET revoked_at = $2, ends_at = $2
    WHERE id = $1 AND revoked_at IS NULL AND ends_at > $2";
const END_OF_SID: &str = "UPDATE grants SET revoked_at = $2, ends_at = $2
    WHERE sid = $1 AND revoked_at IS NULL AND ends_at > $2";
const END_OF_CONSENT: &str = "UPDATE grants SET revoked_at = $3, ends_at = $3
    WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL AND ends_at > $3";
const END_OF_TOKEN: &str = "WITH family AS (
        SELECT id FROM grants WHERE client_id = $2 AND id IN (
            SELECT grant_id FROM refresh_tokens WHERE digest = $1
            UNION ALL SELECT grant_id FROM superseded_tokens WHERE digest = $1)
    ), ended AS (
        UPDATE grants SET revoked_at = $3, ends_at = $3
        WHERE id IN (SELECT id FROM family) AND revoked_at IS NULL AND ends_at > $3
    )
    SELECT id FROM family";
const GOOD: &str = "SELECT g.body, g.revoked_at, u.body
    FROM grants g JOIN users u ON u.id = g.user_id AND NOT u.disabled
    WHERE g.id = $1 AND g.revoked_at IS NULL AND g.ends_at > $2
        AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE jti = $3)";
const REVOKED_ACCESS: &str = "SELECT jti FROM revoked_access_tokens WHERE jti = $1";
const REVOKE_ACCESS: &str =
    "INSERT INTO revoked_access_tokens (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING";

const WHAT: &str = "grant";

impl Grants for PostgresStore {
    fn issue_code<'a>(&'a self, code: &'a Code) -> Answer<'a, Recorded> {
        self.step(Twice::Harmful, move |db| codes::insert(db, code))
    }

    fn redeem_code<'a>(
        &'a self,
        spends: &'a CodeRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        self.step(Twice::Harmful, move |db| codes::redeem(db, spends, issued, now))
    }

    fn redeem_refresh<'a>(
        &'a self,
        spends: &'a RefreshRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        self.step(Twice::Harmful, move |db| refresh::redeem(db, spends, issued, now))
    }

    fn record_grant<'a>(&'a self, grant: &'a Grant, issued: &'a Issued) -> Answer<'a, Recorded> {
        self.step(Twice::Harmful, move |db| record(db, grant, issued))
    }

    fn access_token<'a>(
        &'a self,
        id: AccessTokenId<'a>,
        now: Time,
    ) -> Answer<'a, Option<Option<(Grant, User)>>> {
        self.read(move |db| async move {
            match id.grant_id {
                Some(grant_id) => Ok(good(&db, grant_id, id.jti, now).await?.map(Some)),
                None => Ok(first(&db, REVOKED_ACCESS, &[&id.jti]).await?.is_none().then_some(None)),
            }
        })
    }

    fn refresh_token(&self, token: Digest, now: Time) -> Answer<'_, Option<(RefreshToken, Grant, User)>> {
        self.read(move |db| refresh::usable(db, token, now))
    }

    fn revoke<'a>(&'a self, what: Revocation<'a>, now: Time) -> Answer<'a, Revoked> {
        self.step(Twice::Harmless, move |db| async move {
            match what {
                Revocation::Access { jti, expires_at } => {
                    execute(&db, REVOKE_ACCESS, &[&jti, &expires_at.unix()]).await?;
                    Ok(Revoked::Done)
                }
                Revocation::Refresh { token, client_id } => {
                    let token = token.as_bytes().as_slice();
                    let family = first(&db, END_OF_TOKEN, &[&token, &client_id, &now.unix()]).await?;
                    Ok(family.map_or(Revoked::Unknown, |_| Revoked::Done))
                }
            }
        })
    }
}

/// A refresh token that goes out, as columns: its digest, when it was issued, when it ends.
pub(super) fn columns_of(issued: Option<&RefreshToken>) -> (Option<&[u8]>, Option<i64>, Option<i64>) {
    let digest = issued.map(|token| token.digest.as_bytes().as_slice());
    (digest, issued.map(|token| token.issued_at.unix()), issued.map(|token| token.expires_at.unix()))
}

async fn record(db: Object, grant: &Grant, issued: &Issued) -> Result<Recorded, Failure> {
    let (digest, issued_at, expires_at) = columns_of(issued.refresh.as_ref());
    let (id, client_id, user_id) = (&grant.id, &grant.client_id, &grant.user_id);
    let (sid, scope, body) = (session_of(grant), tokens(&grant.scope), to_json(grant)?);
    let ends_at = grant.revoked_at.map_or(grant.expires_at, |at| at.min(grant.expires_at)).unix();
    let revoked_at = grant.revoked_at.map(Time::unix);
    let row: [&(dyn tokio_postgres::types::ToSql + Sync); 12] = [
        id,
        client_id,
        user_id,
        &sid,
        &scope,
        &ends_at,
        &revoked_at,
        &body,
        &digest,
        &issued_at,
        &expires_at,
        &grant.sid,
    ];
    for _ in 0..sessions::LOOKS {
        let Some(told) = first(&db, RECORD, &row).await? else { break };
        if get::<bool>(&told, 0, WHAT)? {
            return match is_there(&told, 1, WHAT)? {
                true => Ok(Recorded::Done),
                false => Err(Fault::Store("a refresh token was to go out a second time".to_owned()).into()),
            };
        }
    }
    Ok(Recorded::SessionOver)
}

/// Ends a grant; whether it was we who did.
pub(super) async fn end(db: &impl GenericClient, id: &str, now: Time) -> Result<bool, Failure> {
    Ok(execute(db, END, &[&id, &now.unix()]).await? > 0)
}

/// Ends the grants of a session that do not outlive it.
pub(super) async fn end_of_sid(db: &impl GenericClient, sid: &str, now: Time) -> Result<(), Failure> {
    execute(db, END_OF_SID, &[&sid, &now.unix()]).await.map(drop)
}

/// Ends the grants of a person to a client.
pub(super) async fn end_of_consent(
    db: &impl GenericClient,
    user_id: &str,
    client_id: &str,
    now: Time,
) -> Result<(), Failure> {
    execute(db, END_OF_CONSENT, &[&user_id, &client_id, &now.unix()]).await.map(drop)
}

/// The grant whose `body` and `revoked_at` are in these columns.
pub(super) fn grant(row: &Row, body: usize, revoked_at: usize) -> Result<Grant, Failure> {
    let recorded: Grant = json(row, body, WHAT)?;
    Ok(Grant { revoked_at: maybe_time(row, revoked_at, WHAT)?, ..recorded })
}

/// The session that it ends with.
pub(super) fn session_of(grant: &Grant) -> Option<&str> {
    grant.sid.as_deref().filter(|_| !grant.offline)
}

async fn good(
    db: &impl GenericClient,
    grant_id: &str,
    jti: &str,
    now: Time,
) -> Result<Option<(Grant, User)>, Failure> {
    let row = first(db, GOOD, &[&grant_id, &now.unix(), &jti]).await?;
    row.map(|row| Ok((grant(&row, 0, 1)?, user(&row, 2)?))).transpose()
}
