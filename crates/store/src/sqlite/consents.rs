//! Consents in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::env::Time;
use hallpass_server::entity::consent::Consent;

use super::column::{all, execute, first, json, text, time, to_json};
use super::failure::Failure;
use super::{codes, devices, grants};

pub(super) const ONE: &str = "SELECT user_id, client_id, scope, claims, granted_at FROM consents WHERE user_id = ?1 AND client_id = ?2";
pub(super) const OF_USER: &str = "SELECT user_id, client_id, scope, claims, granted_at FROM consents WHERE user_id = ?1 ORDER BY client_id";
pub(super) const PUT: &str =
    "INSERT INTO consents (user_id, client_id, scope, claims, granted_at) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, claims = excluded.claims";
pub(super) const REMOVE: &str = "DELETE FROM consents WHERE user_id = ?1 AND client_id = ?2";

pub(super) fn one(db: &Connection, user_id: &str, client_id: &str) -> Result<Option<Consent>, Failure> {
    first(db, ONE, (user_id, client_id), consent)
}

pub(super) fn of_user(db: &Connection, user_id: &str) -> Result<Vec<Consent>, Failure> {
    all(db, OF_USER, [user_id], consent)
}

pub(super) fn put(db: &Connection, given: &Consent) -> Result<(), Failure> {
    let (mut scope, mut claims) = (given.scope.clone(), given.claims.clone());
    if let Some(there) = one(db, &given.user_id, &given.client_id)? {
        scope = there.scope.union(&scope);
        claims.extend(there.claims);
    }
    let (scope, claims, granted_at) = (scope.to_string(), to_json(&claims)?, given.granted_at.unix());
    execute(db, PUT, (&given.user_id, &given.client_id, scope, claims, granted_at)).map(drop)
}

pub(super) fn withdraw(db: &Connection, user_id: &str, client_id: &str, now: Time) -> Result<(), Failure> {
    execute(db, REMOVE, (user_id, client_id))?;
    grants::end_of_consent(db, user_id, client_id, now)?;
    codes::end_of_consent(db, user_id, client_id)?;
    devices::end_of_consent(db, user_id, client_id)
}

fn consent(row: &Row<'_>) -> Result<Consent, Failure> {
    Ok(Consent {
        user_id: row.get(0)?,
        client_id: row.get(1)?,
        scope: text(row, 2, "consent")?,
        claims: json(row, 3, "consent")?,
        granted_at: time(row, 4)?,
    })
}
