//! Codes in PostgreSQL.
//!
//! One statement spends a code that fits: its conditions are those of [`Code::check`]. Where it spends nothing, the
//! entity is asked why not, about the state that is there then.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use hallpass_proto::env::Time;
use hallpass_proto::pkce::{CodeChallenge, S256};
use hallpass_proto::secret::Digest;
use hallpass_server::entity::code::{Code, CodeState, CodeUnfit, GrantRecorded};
use hallpass_server::entity::grant::{Authority, Grant, RefreshOutcome};
use hallpass_server::fault::Fault;
use hallpass_server::store::{CodeRedemption, Issued, Recorded, Redeemed, Unfit};

use super::column::{corrupt, execute, first, get, is_there, json, maybe_time, time, to_json, tokens};
use super::failure::Failure;
use super::users::user;
use super::{grants, sessions};

/// With its grant, where tokens go out beside it. Nothing where the session that the grant names is not there; holds that
/// session until the code is recorded: a sign-out waits for that, and one that is on its way is waited for.
const INSERT: &str = "WITH open AS MATERIALIZED (
        SELECT sid FROM sessions WHERE sid = $15::text LIMIT 1 FOR KEY SHARE
    ), code AS (
        INSERT INTO codes (digest, grant_id, client_id, user_id, sid, scope, redirect_uri, code_challenge, nonce,
            expires_at, spent_at, grant_expires_at, grant_body, grant_recorded)
        SELECT $1::bytea, $2::text, $3::text, $4::text, $5::text, $6::text[], $7::text, $8::text, $9::text,
            $10::bigint, $11::bigint, $12::bigint, $13::text, $14::boolean
        WHERE $15::text IS NULL OR EXISTS (SELECT 1 FROM open)
        RETURNING grant_id, client_id, user_id, sid, scope, grant_expires_at, grant_body, grant_recorded
    ), given AS (
        INSERT INTO grants (id, client_id, user_id, sid, scope, ends_at, body)
        SELECT grant_id, client_id, user_id, sid, scope, grant_expires_at, grant_body FROM code
        WHERE grant_recorded
    )
    SELECT grant_id FROM code";
/// Of two that spend one code at once, the second waits for the first, and then finds that it is spent.
const SPEND: &str = "WITH spent AS (
        UPDATE codes c SET spent_at = $5
        FROM users u
        WHERE c.digest = $1 AND c.client_id = $2 AND c.spent_at IS NULL
            AND c.expires_at > $5 AND c.grant_expires_at > $5
            AND c.redirect_uri = $3 AND c.code_challenge IS NOT DISTINCT FROM $4
            AND u.id = c.user_id AND NOT u.disabled
            AND NOT EXISTS (SELECT 1 FROM superseded_tokens s WHERE s.digest = $6::bytea)
            AND (NOT c.grant_recorded OR EXISTS (
                SELECT 1 FROM grants g WHERE g.id = c.grant_id AND g.revoked_at IS NULL AND g.ends_at > $5))
        RETURNING c.grant_id, c.client_id, c.user_id, c.sid, c.scope, c.grant_expires_at, c.grant_body,
            c.grant_recorded, c.nonce, u.body AS user_body
    ), given AS (
        INSERT INTO grants (id, client_id, user_id, sid, scope, ends_at, body)
        SELECT grant_id, client_id, user_id, sid, scope, grant_expires_at, grant_body FROM spent
        WHERE NOT grant_recorded
    ), token AS (
        INSERT INTO refresh_tokens (digest, grant_id, issued_at, expires_at)
        SELECT $6::bytea, grant_id, $7::bigint, $8::bigint FROM spent WHERE $6::bytea IS NOT NULL
    )
    SELECT grant_body, nonce, user_body FROM spent";
const WITH_USER: &str =
    "SELECT c.grant_body, c.redirect_uri, c.code_challenge, c.nonce, c.expires_at, c.spent_at, c.grant_recorded,
        g.ends_at, u.id
    FROM codes c LEFT JOIN users u ON u.id = c.user_id AND NOT u.disabled
        LEFT JOIN grants g ON g.id = c.grant_id AND g.revoked_at IS NULL
    WHERE c.digest = $1";
const END_OF_SID: &str = "DELETE FROM codes WHERE sid = $1 AND spent_at IS NULL";
const END_OF_CONSENT: &str = "DELETE FROM codes WHERE user_id = $1 AND client_id = $2 AND spent_at IS NULL";

const WHAT: &str = "code";

/// How often a code that fits is tried again: it was not there, or its person was disabled, a moment before.
pub(super) const TRIES: u32 = 3;

pub(super) async fn insert(db: Object, code: &Code) -> Result<Recorded, Failure> {
    let grant = &code.grant;
    if grant.revoked_at.is_some() {
        return Err(Fault::Store("a code was to go out for a grant that has ended".to_owned()).into());
    }
    let spent_at = match code.state {
        CodeState::Fresh => None,
        CodeState::Spent(at) => Some(at.unix()),
    };
    let (digest, sid, scope) =
        (code.digest.as_bytes().as_slice(), grants::session_of(grant), tokens(&grant.scope));
    let challenge = code.code_challenge.as_ref().map(CodeChallenge::as_str);
    let [expires_at, grant_expires_at] = [code.expires_at, grant.expires_at].map(Time::unix);
    let (body, recorded) = (to_json(grant)?, code.grant_recorded == GrantRecorded::WithCode);
    let row: [&(dyn ToSql + Sync); 15] = [
        &digest,
        &grant.id,
        &grant.client_id,
        &grant.user_id,
        &sid,
        &scope,
        &code.redirect_uri,
        &challenge,
        &code.nonce,
        &expires_at,
        &spent_at,
        &grant_expires_at,
        &body,
        &recorded,
        &grant.sid,
    ];
    for _ in 0..sessions::LOOKS {
        if first(&db, INSERT, &row).await?.is_some() {
            return Ok(Recorded::Done);
        }
    }
    Ok(Recorded::SessionOver)
}

pub(super) async fn redeem(
    db: Object,
    spends: &CodeRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Redeemed, Failure> {
    for _ in 0..TRIES {
        if let Some(authority) = spend(&db, spends, issued, now).await? {
            return Ok(Redeemed::Done(Box::new(authority)));
        }
        if let Some(answer) = why_not(&db, spends, now).await? {
            return Ok(answer);
        }
    }
    Err(Fault::Store("a code that fits could not be redeemed".to_owned()).into())
}

/// Spends the code and records its grant, if it fits.
async fn spend(
    db: &Object,
    spends: &CodeRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Option<Authority>, Failure> {
    let code = spends.code.as_bytes().as_slice();
    let proof = &spends.proof;
    let challenge = proof.code_challenge.as_ref().map(CodeChallenge::as_str);
    let (digest, issued_at, expires_at) = grants::columns_of(issued.refresh.as_ref());
    let params: [&(dyn ToSql + Sync); 8] = [
        &code,
        &proof.client_id,
        &proof.redirect_uri,
        &challenge,
        &now.unix(),
        &digest,
        &issued_at,
        &expires_at,
    ];
    let Some(row) = first(db, SPEND, &params).await? else { return Ok(None) };
    let grant: Grant = json(&row, 0, "grant")?;
    let refresh = if issued.refresh.is_some() { RefreshOutcome::Issued } else { RefreshOutcome::None };
    let scope = grant.scope.clone();
    Ok(Some(Authority { scope, grant, user: user(&row, 2)?, nonce: get(&row, 1, WHAT)?, refresh }))
}

/// Why the code is not redeemed; a second use ends its grant. Nothing if it fits.
async fn why_not(db: &Object, spends: &CodeRedemption<'_>, now: Time) -> Result<Option<Redeemed>, Failure> {
    let Some(row) = first(db, WITH_USER, &[&spends.code.as_bytes().as_slice()]).await? else {
        return Ok(Some(Redeemed::Refused(Unfit::Unknown)));
    };
    let code = code(&row, spends.code)?;
    match code.check(maybe_time(&row, 7, WHAT)?, &spends.proof, now) {
        Ok(()) if is_there(&row, 8, WHAT)? => Ok(None),
        Ok(()) => Ok(Some(Redeemed::Refused(Unfit::User))),
        Err(CodeUnfit::Spent) => {
            grants::end(db, &code.grant.id, now).await?;
            Ok(Some(Redeemed::Replayed { grant_id: code.grant.id }))
        }
        Err(unfit) => Ok(Some(Redeemed::Refused(Unfit::Code(unfit)))),
    }
}

/// Fresh codes that would become grants of a session.
pub(super) async fn end_of_sid(db: &impl GenericClient, sid: &str) -> Result<(), Failure> {
    execute(db, END_OF_SID, &[&sid]).await.map(drop)
}

/// Fresh codes that would become grants of a person to a client.
pub(super) async fn end_of_consent(
    db: &impl GenericClient,
    user_id: &str,
    client_id: &str,
) -> Result<(), Failure> {
    execute(db, END_OF_CONSENT, &[&user_id, &client_id]).await.map(drop)
}

fn code(row: &Row, digest: Digest) -> Result<Code, Failure> {
    let challenge: Option<&str> = get(row, 2, WHAT)?;
    Ok(Code {
        digest,
        grant: json(row, 0, "grant")?,
        grant_recorded: if get(row, 6, WHAT)? {
            GrantRecorded::WithCode
        } else {
            GrantRecorded::AtRedemption
        },
        redirect_uri: get(row, 1, WHAT)?,
        code_challenge: CodeChallenge::from_params(challenge, challenge.map(|_| S256))
            .map_err(|e| corrupt(WHAT, &e))?,
        nonce: get(row, 3, WHAT)?,
        expires_at: time(row, 4, WHAT)?,
        state: maybe_time(row, 5, WHAT)?.map_or(CodeState::Fresh, CodeState::Spent),
    })
}
