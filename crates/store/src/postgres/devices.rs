//! Device codes in PostgreSQL.
//!
//! One statement takes a poll: it spends a code that fits, and notes the poll of one that has to wait; its conditions are
//! those of [`DeviceCode::check`]. Where it changes nothing, the entity is asked why not, about the state that is there
//! then.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use hallpass_proto::device::SLOWER_BY;
use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::entity::device::{DeviceCode, DeviceDecision, DeviceState, DeviceUnfit};
use hallpass_server::entity::grant::{Authority, Grant, RefreshOutcome};
use hallpass_server::fault::Fault;
use hallpass_server::store::{
    Answer, Decided, DeviceIssued, DeviceRedemption, Devices, Issued, Redeemed, Unfit,
};

use super::PostgresStore;
use super::codes::TRIES;
use super::column::{corrupt, execute, first, get, is_there, json, maybe_time, scope, time, to_json, tokens};
use super::failure::{Failure, Twice};
use super::grants;
use super::users::user;

const INSERT: &str =
    "INSERT INTO device_codes (digest, user_code, client_id, scope, asked_from, asked_at, expires_at,
        poll_interval, hurried, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, false, 'pending')
    ON CONFLICT (user_code) DO NOTHING";
const BY_USER_CODE: &str =
    "SELECT digest, user_code, client_id, scope, asked_from, asked_at, expires_at, poll_interval,
        polled_at, state, grant_id, grant_body
    FROM device_codes WHERE user_code = $1";
const WITH_USER: &str =
    "SELECT d.digest, d.user_code, d.client_id, d.scope, d.asked_from, d.asked_at, d.expires_at,
        d.poll_interval, d.polled_at, d.state, d.grant_id, d.grant_body, u.id
    FROM device_codes d LEFT JOIN users u ON u.id = d.user_id AND NOT u.disabled WHERE d.digest = $1";
/// With the consent, as in `consents::PUT`.
const APPROVE: &str = "WITH approved AS (
        UPDATE device_codes SET state = 'approved', user_id = $3, grant_id = $4, grant_scope = $5,
            grant_expires_at = $6, grant_body = $7
        WHERE digest = $1 AND state = 'pending' AND expires_at > $2 AND client_id = $8
        RETURNING user_id, client_id, grant_scope
    ), consent AS (
        INSERT INTO consents (user_id, client_id, scope, granted_at)
        SELECT user_id, client_id, grant_scope, $2 FROM approved
        ON CONFLICT (user_id, client_id) DO UPDATE SET scope = consents.scope || excluded.scope
            WHERE NOT (excluded.scope <@ consents.scope)
    )
    SELECT client_id FROM approved";
const DENY: &str = "UPDATE device_codes SET state = 'denied'
    WHERE digest = $1 AND state = 'pending' AND expires_at > $2";
/// Of two that spend one code at once, the second waits for the first, and then finds that it is spent.
const POLL: &str = "WITH polled AS (
        UPDATE device_codes d SET
            state = CASE WHEN d.state = 'approved' THEN 'redeemed' ELSE d.state END,
            hurried = d.polled_at IS NOT NULL AND $3 - d.polled_at < d.poll_interval,
            poll_interval = CASE
                WHEN d.polled_at IS NOT NULL AND $3 - d.polled_at < d.poll_interval THEN d.poll_interval + $7
                ELSE d.poll_interval END,
            polled_at = $3
        WHERE d.digest = $1 AND d.client_id = $2 AND d.expires_at > $3
            AND (d.state = 'pending' OR (d.state = 'approved' AND d.grant_expires_at > $3
                AND EXISTS (SELECT 1 FROM users u WHERE u.id = d.user_id AND NOT u.disabled)
                AND NOT EXISTS (SELECT 1 FROM superseded_tokens s WHERE s.digest = $4::bytea)))
        RETURNING d.state, d.hurried, d.client_id, d.user_id, d.grant_id, d.grant_scope, d.grant_expires_at,
            d.grant_body
    ), given AS (
        INSERT INTO grants (id, client_id, user_id, scope, ends_at, body)
        SELECT grant_id, client_id, user_id, grant_scope, grant_expires_at, grant_body FROM polled
        WHERE state = 'redeemed'
    ), token AS (
        INSERT INTO refresh_tokens (digest, grant_id, issued_at, expires_at)
        SELECT $4::bytea, grant_id, $5::bigint, $6::bigint FROM polled
        WHERE state = 'redeemed' AND $4::bytea IS NOT NULL
    )
    SELECT p.state, p.hurried, p.grant_body, u.body FROM polled p LEFT JOIN users u ON u.id = p.user_id";
const END_OF_CONSENT: &str =
    "DELETE FROM device_codes WHERE user_id = $1 AND client_id = $2 AND state = 'approved'";

const END_OF_CLIENT: &str = "DELETE FROM device_codes WHERE client_id = $1";

const WHAT: &str = "device code";

impl Devices for PostgresStore {
    fn issue_device<'a>(&'a self, device: &'a DeviceCode) -> Answer<'a, DeviceIssued> {
        self.step(Twice::Harmful, move |db| issue(db, device))
    }

    fn open_device(&self, user_code: Digest, now: Time) -> Answer<'_, Option<DeviceCode>> {
        self.read(move |db| async move {
            let row = first(&db, BY_USER_CODE, &[&user_code.as_bytes().as_slice()]).await?;
            let found = row.map(|row| device(&row)).transpose()?;
            Ok(found.filter(|device| device.is_open(now)))
        })
    }

    fn decide_device<'a>(
        &'a self,
        code: Digest,
        decision: &'a DeviceDecision,
        now: Time,
    ) -> Answer<'a, Decided> {
        self.step(Twice::Harmful, move |db| decide(db, code, decision, now))
    }

    fn redeem_device<'a>(
        &'a self,
        spends: &'a DeviceRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        self.step(Twice::Harmful, move |db| redeem(db, spends, issued, now))
    }
}

async fn issue(db: Object, device: &DeviceCode) -> Result<DeviceIssued, Failure> {
    let [digest, user_code] = [&device.digest, &device.user_code].map(|d| d.as_bytes().as_slice());
    let [asked_at, expires_at] = [device.asked_at, device.expires_at].map(Time::unix);
    let (scope, asked_from) = (tokens(&device.scope), device.asked_from.map(|address| address.to_string()));
    let row: [&(dyn ToSql + Sync); 8] = [
        &digest,
        &user_code,
        &device.client_id,
        &scope,
        &asked_from,
        &asked_at,
        &expires_at,
        &device.interval,
    ];
    match execute(&db, INSERT, &row).await? {
        0 => Ok(DeviceIssued::UserCodeTaken),
        _ => Ok(DeviceIssued::Done),
    }
}

async fn decide(db: Object, code: Digest, decision: &DeviceDecision, now: Time) -> Result<Decided, Failure> {
    let (code, now) = (code.as_bytes().as_slice(), now.unix());
    let decided = match decision {
        DeviceDecision::Deny => execute(&db, DENY, &[&code, &now]).await? > 0,
        DeviceDecision::Approve(grant) => {
            let (scope, expires_at, body) = (tokens(&grant.scope), grant.expires_at.unix(), to_json(grant)?);
            let row: [&(dyn ToSql + Sync); 8] =
                [&code, &now, &grant.user_id, &grant.id, &scope, &expires_at, &body, &grant.client_id];
            first(&db, APPROVE, &row).await?.is_some()
        }
    };
    Ok(if decided { Decided::Done } else { Decided::Gone })
}

async fn redeem(
    db: Object,
    spends: &DeviceRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Redeemed, Failure> {
    for _ in 0..TRIES {
        if let Some(answer) = poll(&db, spends, issued, now).await? {
            return Ok(answer);
        }
        if let Some(answer) = why_not(&db, spends, now).await? {
            return Ok(answer);
        }
    }
    Err(Fault::Store("a device code that fits could not be redeemed".to_owned()).into())
}

/// Spends the code and records its grant, or notes that it was asked for.
async fn poll(
    db: &Object,
    spends: &DeviceRedemption<'_>,
    issued: &Issued,
    now: Time,
) -> Result<Option<Redeemed>, Failure> {
    let code = spends.code.as_bytes().as_slice();
    let (digest, issued_at, expires_at) = grants::columns_of(issued.refresh.as_ref());
    let params: [&(dyn ToSql + Sync); 7] =
        [&code, &spends.client_id, &now.unix(), &digest, &issued_at, &expires_at, &SLOWER_BY];
    let Some(row) = first(db, POLL, &params).await? else { return Ok(None) };
    if get::<&str>(&row, 0, WHAT)? == "pending" {
        let unfit = if get(&row, 1, WHAT)? { DeviceUnfit::TooSoon } else { DeviceUnfit::Pending };
        return Ok(Some(Redeemed::Refused(Unfit::Device(unfit))));
    }
    let grant: Grant = json(&row, 2, "grant")?;
    let refresh = if issued.refresh.is_some() { RefreshOutcome::Issued } else { RefreshOutcome::None };
    let (user, scope) = (user(&row, 3)?, grant.scope.clone());
    Ok(Some(Redeemed::Done(Box::new(Authority { grant, user, scope, nonce: None, refresh }))))
}

/// Why the code gives nothing; a second use ends its grant. Nothing if it fits by now.
async fn why_not(db: &Object, spends: &DeviceRedemption<'_>, now: Time) -> Result<Option<Redeemed>, Failure> {
    let Some(row) = first(db, WITH_USER, &[&spends.code.as_bytes().as_slice()]).await? else {
        return Ok(Some(Redeemed::Refused(Unfit::Unknown)));
    };
    let device = device(&row)?;
    match (device.check(spends.client_id, now), &device.state) {
        (Ok(_), _) if is_there(&row, 12, WHAT)? => Ok(None),
        (Ok(_), _) => Ok(Some(Redeemed::Refused(Unfit::User))),
        (Err(DeviceUnfit::Spent), DeviceState::Redeemed { grant_id }) => {
            grants::end(db, grant_id, now).await?;
            Ok(Some(Redeemed::Replayed { grant_id: grant_id.clone() }))
        }
        (Err(DeviceUnfit::Pending | DeviceUnfit::TooSoon), _) => Ok(None),
        (Err(unfit), _) => Ok(Some(Redeemed::Refused(Unfit::Device(unfit)))),
    }
}

/// Approved codes that would become grants of a person to a client.
pub(super) async fn end_of_consent(
    db: &impl GenericClient,
    user_id: &str,
    client_id: &str,
) -> Result<(), Failure> {
    execute(db, END_OF_CONSENT, &[&user_id, &client_id]).await.map(drop)
}

/// All codes of a client that is removed.
pub(super) async fn end_of_client(db: &impl GenericClient, client_id: &str) -> Result<(), Failure> {
    execute(db, END_OF_CLIENT, &[&client_id]).await.map(drop)
}

fn device(row: &Row) -> Result<DeviceCode, Failure> {
    let asked_from: Option<&str> = get(row, 4, WHAT)?;
    Ok(DeviceCode {
        digest: digest(row, 0)?,
        user_code: digest(row, 1)?,
        client_id: get(row, 2, WHAT)?,
        scope: scope(row, 3, WHAT)?,
        asked_from: asked_from.map(str::parse).transpose().map_err(|e| corrupt(WHAT, &e))?,
        asked_at: time(row, 5, WHAT)?,
        expires_at: time(row, 6, WHAT)?,
        interval: get(row, 7, WHAT)?,
        polled_at: maybe_time(row, 8, WHAT)?,
        state: state(row)?,
    })
}

fn state(row: &Row) -> Result<DeviceState, Failure> {
    match get(row, 9, WHAT)? {
        "pending" => Ok(DeviceState::Pending),
        "approved" => Ok(DeviceState::Approved(Box::new(json(row, 11, "grant")?))),
        "denied" => Ok(DeviceState::Denied),
        "redeemed" => Ok(DeviceState::Redeemed { grant_id: get(row, 10, WHAT)? }),
        _ => Err(corrupt(WHAT, &"an unknown state")),
    }
}

fn digest(row: &Row, column: usize) -> Result<Digest, Failure> {
    let bytes: &[u8] = get(row, column, WHAT)?;
    bytes.try_into().map(Digest::from_bytes).map_err(|e| corrupt(WHAT, &e))
}
