//! Device codes in SQLite.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::device::{DeviceCode, DeviceDecision, DeviceState, DeviceUnfit};
use hallpass_server::entity::grant::{Authority, Grant, RefreshOutcome};
use hallpass_server::store::{
    Answer, Decided, DeviceIssued, DeviceRedemption, Devices, Issued, Redeemed, Unfit,
};

use super::column::{corrupt, execute, first, is_null, json, maybe_text, maybe_time, text, time, to_json};
use super::failure::Failure;
use super::users::user;
use super::{SqliteStore, consents, grants};

pub(super) const TAKEN: &str = "SELECT 1 FROM device_codes WHERE user_code = ?1";
pub(super) const INSERT: &str =
    "INSERT INTO device_codes (digest, user_code, client_id, scope, asked_from, asked_at,
        expires_at, poll_interval, polled_at, state)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, 'pending')";
pub(super) const BY_USER_CODE: &str =
    "SELECT digest, user_code, client_id, scope, asked_from, asked_at, expires_at,
        poll_interval, polled_at, state, grant_id, grant_body
    FROM device_codes WHERE user_code = ?1";
pub(super) const WITH_USER: &str =
    "SELECT d.digest, d.user_code, d.client_id, d.scope, d.asked_from, d.asked_at,
        d.expires_at, d.poll_interval, d.polled_at, d.state, d.grant_id, d.grant_body, u.body
    FROM device_codes d LEFT JOIN users u ON u.id = d.user_id AND u.disabled = 0 WHERE d.digest = ?1";
pub(super) const APPROVE: &str = "UPDATE device_codes
    SET state = 'approved', user_id = ?3, grant_id = ?4, grant_body = ?5
    WHERE digest = ?1 AND state = 'pending' AND expires_at > ?2 AND client_id = ?6";
pub(super) const DENY: &str = "UPDATE device_codes SET state = 'denied'
    WHERE digest = ?1 AND state = 'pending' AND expires_at > ?2";
pub(super) const POLLED: &str =
    "UPDATE device_codes SET poll_interval = ?2, polled_at = ?3 WHERE digest = ?1";
pub(super) const SPEND: &str = "UPDATE device_codes SET state = 'redeemed' WHERE digest = ?1";
pub(super) const END_OF_CONSENT: &str =
    "DELETE FROM device_codes WHERE user_id = ?1 AND client_id = ?2 AND state = 'approved'";

pub(super) const END_OF_CLIENT: &str = "DELETE FROM device_codes WHERE client_id = ?1";

const WHAT: &str = "device code";

impl Devices for SqliteStore {
    fn issue_device<'a>(&'a self, device: &'a DeviceCode) -> Answer<'a, DeviceIssued> {
        let device = device.clone();
        self.write(move |db| issue(db, &device))
    }

    fn open_device(&self, user_code: Digest, now: Time) -> Answer<'_, Option<DeviceCode>> {
        self.read(move |db| {
            let found = first(db, BY_USER_CODE, [user_code.as_bytes()], device)?;
            Ok(found.filter(|device| device.is_open(now)))
        })
    }

    fn decide_device<'a>(
        &'a self,
        code: Digest,
        decision: &'a DeviceDecision,
        now: Time,
    ) -> Answer<'a, Decided> {
        let decision = decision.clone();
        self.write(move |db| decide(db, code, &decision, now))
    }

    fn redeem_device<'a>(
        &'a self,
        spends: &'a DeviceRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        let (code, client_id, issued) = (spends.code, spends.client_id.to_owned(), issued.clone());
        self.write(move |db| redeem(db, DeviceRedemption { code, client_id: &client_id }, &issued, now))
    }
}

fn issue(db: &Connection, device: &DeviceCode) -> Result<DeviceIssued, Failure> {
    if first(db, TAKEN, [device.user_code.as_bytes()], |_| Ok(()))?.is_some() {
        return Ok(DeviceIssued::UserCodeTaken);
    }
    let row = (
        device.digest.as_bytes(),
        device.user_code.as_bytes(),
        &device.client_id,
        device.scope.to_string(),
        device.asked_from.map(|address| address.to_string()),
        device.asked_at.unix(),
        device.expires_at.unix(),
        device.interval,
    );
    execute(db, INSERT, row)?;
    Ok(DeviceIssued::Done)
}

fn decide(db: &Connection, code: Digest, decision: &DeviceDecision, now: Time) -> Result<Decided, Failure> {
    let code = code.as_bytes();
    let decided = match decision {
        DeviceDecision::Deny => execute(db, DENY, (code, now.unix()))?,
        DeviceDecision::Approve(grant) => {
            let row = (code, now.unix(), &grant.user_id, &grant.id, to_json(grant)?, &grant.client_id);
            execute(db, APPROVE, row)?
        }
    };
    if decided == 0 {
        return Ok(Decided::Gone);
    }
    if let DeviceDecision::Approve(grant) = decision {
        consents::put(db, &consent_of(grant, now))?;
    }
    Ok(Decided::Done)
}

fn redeem(
    db: &Connection,
    spends: DeviceRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Redeemed, Failure> {
    let code = spends.code.as_bytes();
    let found = first(db, WITH_USER, [code], |row| {
        let device = device(row)?;
        let fit = device.check(spends.client_id, now).cloned();
        let user = if fit.is_err() || is_null(row, 12)? { None } else { Some(user(row, 12)?) };
        Ok((device, fit, user))
    })?;
    let Some((device, fit, user)) = found else { return Ok(Redeemed::Refused(Unfit::Unknown)) };
    let grant = match (fit, device.state.clone()) {
        (Ok(grant), _) => grant,
        (Err(DeviceUnfit::Spent), DeviceState::Redeemed { grant_id }) => {
            grants::end(db, &grant_id, now)?;
            return Ok(Redeemed::Replayed { grant_id });
        }
        (Err(unfit @ (DeviceUnfit::Pending | DeviceUnfit::TooSoon)), _) => {
            execute(db, POLLED, (code, device.polled(now).interval, now.unix()))?;
            return Ok(Redeemed::Refused(Unfit::Device(unfit)));
        }
        (Err(unfit), _) => return Ok(Redeemed::Refused(Unfit::Device(unfit))),
    };
    let Some(user) = user else { return Ok(Redeemed::Refused(Unfit::User)) };

    execute(db, SPEND, [code])?;
    grants::record(db, &grant, issued)?;
    let refresh = if issued.refresh.is_some() { RefreshOutcome::Issued } else { RefreshOutcome::None };
    let scope = grant.scope.clone();
    Ok(Redeemed::Done(Box::new(Authority { grant, user, scope, nonce: None, refresh })))
}

/// Approved codes that would become grants of a person to a client.
pub(super) fn end_of_consent(db: &Connection, user_id: &str, client_id: &str) -> Result<(), Failure> {
    execute(db, END_OF_CONSENT, (user_id, client_id)).map(drop)
}

/// All codes of a client that is removed.
pub(super) fn end_of_client(db: &Connection, client_id: &str) -> Result<(), Failure> {
    execute(db, END_OF_CLIENT, [client_id]).map(drop)
}

fn consent_of(grant: &Grant, now: Time) -> Consent {
    Consent {
        user_id: grant.user_id.clone(),
        client_id: grant.client_id.clone(),
        scope: grant.scope.clone(),
        claims: BTreeSet::new(),
        granted_at: now,
    }
}

fn device(row: &Row<'_>) -> Result<DeviceCode, Failure> {
    Ok(DeviceCode {
        digest: Digest::from_bytes(row.get(0)?),
        user_code: Digest::from_bytes(row.get(1)?),
        client_id: row.get(2)?,
        scope: text(row, 3, WHAT)?,
        asked_from: maybe_text(row, 4, WHAT)?,
        asked_at: time(row, 5)?,
        expires_at: time(row, 6)?,
        interval: row.get(7)?,
        polled_at: maybe_time(row, 8)?,
        state: state(row)?,
    })
}

fn state(row: &Row<'_>) -> Result<DeviceState, Failure> {
    match row.get_ref(9)?.as_str().map_err(|e| corrupt(WHAT, &e))? {
        "pending" => Ok(DeviceState::Pending),
        "approved" => Ok(DeviceState::Approved(Box::new(json(row, 11, "grant")?))),
        "denied" => Ok(DeviceState::Denied),
        "redeemed" => Ok(DeviceState::Redeemed { grant_id: row.get(10)? }),
        _ => Err(corrupt(WHAT, &"an unknown state")),
    }
}
