//! Codes in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::pkce::{CodeChallenge, S256};
use hallpass_proto::secret::Digest;
use hallpass_server::entity::code::{Code, CodeProof, CodeState, CodeUnfit, GrantRecorded};
use hallpass_server::entity::grant::{Authority, RefreshOutcome};
use hallpass_server::store::{CodeRedemption, Issued, Redeemed, Unfit};

use super::column::{corrupt, execute, first, is_null, json, maybe_time, time, to_json};
use super::failure::Failure;
use super::users::user;
use super::{grants, refresh};

pub(super) const INSERT: &str =
    "INSERT INTO codes (digest, grant_id, client_id, user_id, sid, redirect_uri, code_challenge, nonce,
        expires_at, spent_at, grant_body, grant_recorded)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
pub(super) const WITH_USER: &str =
    "SELECT c.grant_body, c.redirect_uri, c.code_challenge, c.nonce, c.expires_at, c.spent_at, c.grant_recorded,
        g.ends_at, u.body
    FROM codes c LEFT JOIN users u ON u.id = c.user_id AND u.disabled = 0
        LEFT JOIN grants g ON g.id = c.grant_id AND g.revoked_at IS NULL
    WHERE c.digest = ?1";
pub(super) const SPEND: &str = "UPDATE codes SET spent_at = ?2 WHERE digest = ?1";
pub(super) const END_OF_SID: &str = "DELETE FROM codes WHERE sid = ?1 AND spent_at IS NULL";
pub(super) const END_OF_CONSENT: &str =
    "DELETE FROM codes WHERE user_id = ?1 AND client_id = ?2 AND spent_at IS NULL";

/// A redemption that can be taken to another thread.
pub(super) struct Redemption {
    code: Digest,
    client_id: String,
    redirect_uri: Option<String>,
    code_challenge: Option<CodeChallenge>,
}

impl Redemption {
    pub(super) fn of(spends: &CodeRedemption<'_>) -> Self {
        Self {
            code: spends.code,
            client_id: spends.proof.client_id.to_owned(),
            redirect_uri: spends.proof.redirect_uri.map(str::to_owned),
            code_challenge: spends.proof.code_challenge.clone(),
        }
    }

    fn proof(&self) -> CodeProof<'_> {
        CodeProof {
            client_id: &self.client_id,
            redirect_uri: self.redirect_uri.as_deref(),
            code_challenge: self.code_challenge.clone(),
        }
    }
}

pub(super) fn insert(db: &Connection, code: &Code) -> Result<(), Failure> {
    let spent_at = match code.state {
        CodeState::Fresh => None,
        CodeState::Spent(at) => Some(at.unix()),
    };
    let grant = &code.grant;
    execute(
        db,
        INSERT,
        (
            code.digest.as_bytes(),
            &grant.id,
            &grant.client_id,
            &grant.user_id,
            grants::session_of(grant),
            &code.redirect_uri,
            code.code_challenge.as_ref().map(CodeChallenge::as_str),
            &code.nonce,
            code.expires_at.unix(),
            spent_at,
            to_json(grant)?,
            code.grant_recorded == GrantRecorded::WithCode,
        ),
    )?;
    match code.grant_recorded {
        GrantRecorded::WithCode => grants::insert(db, grant),
        GrantRecorded::AtRedemption => Ok(()),
    }
}

pub(super) fn redeem(
    db: &Connection,
    spends: &Redemption,
    issued: &Issued,
    now: Time,
) -> Result<Redeemed, Failure> {
    let found = first(db, WITH_USER, [spends.code.as_bytes()], |row| {
        let code = code(row, spends.code)?;
        let fit = code.check(maybe_time(row, 7)?, &spends.proof(), now);
        let user = if fit.is_err() || is_null(row, 8)? { None } else { Some(user(row, 8)?) };
        Ok((code, fit, user))
    })?;
    let Some((code, fit, user)) = found else { return Ok(Redeemed::Refused(Unfit::Unknown)) };
    match fit {
        Ok(()) => {}
        Err(CodeUnfit::Spent) => {
            grants::end(db, &code.grant.id, now)?;
            return Ok(Redeemed::Replayed { grant_id: code.grant.id });
        }
        Err(unfit) => return Ok(Redeemed::Refused(Unfit::Code(unfit))),
    }
    let Some(user) = user else { return Ok(Redeemed::Refused(Unfit::User)) };

    execute(db, SPEND, (spends.code.as_bytes(), now.unix()))?;
    match code.grant_recorded {
        GrantRecorded::AtRedemption => grants::insert_from_code(db, &code)?,
        GrantRecorded::WithCode => {}
    }
    let refresh = match &issued.refresh {
        None => RefreshOutcome::None,
        Some(token) => {
            refresh::insert(db, &code.grant.id, token)?;
            RefreshOutcome::Issued
        }
    };
    let scope = code.grant.scope.clone();
    Ok(Redeemed::Done(Box::new(Authority { grant: code.grant, user, scope, nonce: code.nonce, refresh })))
}

/// Fresh codes that would become grants of a session.
pub(super) fn end_of_sid(db: &Connection, sid: &str) -> Result<(), Failure> {
    execute(db, END_OF_SID, [sid]).map(drop)
}

/// Fresh codes that would become grants of a person to a client.
pub(super) fn end_of_consent(db: &Connection, user_id: &str, client_id: &str) -> Result<(), Failure> {
    execute(db, END_OF_CONSENT, (user_id, client_id)).map(drop)
}

fn code(row: &Row<'_>, digest: Digest) -> Result<Code, Failure> {
    let challenge = row.get_ref(2)?.as_str_or_null().map_err(|e| corrupt("code", &e))?;
    Ok(Code {
        digest,
        grant: json(row, 0, "grant")?,
        grant_recorded: if row.get(6)? { GrantRecorded::WithCode } else { GrantRecorded::AtRedemption },
        redirect_uri: row.get(1)?,
        code_challenge: CodeChallenge::from_params(challenge, challenge.map(|_| S256))
            .map_err(|e| corrupt("code", &e))?,
        nonce: row.get(3)?,
        expires_at: time(row, 4)?,
        state: maybe_time(row, 5)?.map_or(CodeState::Fresh, CodeState::Spent),
    })
}
