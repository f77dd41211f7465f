//! Reading columns into types. What does not fit is [`Fault::Corrupt`], never an empty answer.

use std::str::FromStr;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row, Statement, StatementStatus};
use serde::Serialize;
use serde::de::DeserializeOwned;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::fault::Fault;

use super::failure::Failure;

/// The first row that `sql` finds, read by `read`.
pub(super) fn first<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query(params)?.next()?.map(read).transpose();
    debug_assert!(uses_an_index(&statement), "{sql}");
    found
}

/// All rows that `sql` finds, read by `read`.
pub(super) fn all<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// Runs a statement; how many rows it changed.
pub(super) fn execute(db: &Connection, sql: &'static str, params: impl Params) -> Result<usize, Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let changed = statement.execute(params)?;
    debug_assert!(uses_an_index(&statement), "{sql}");
    Ok(changed)
}

/// Whether it never stepped through a whole table: no look-up may take longer the more there is.
fn uses_an_index(statement: &Statement<'_>) -> bool {
    statement.get_status(StatementStatus::FullscanStep) == 0
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Time, Failure> {
    Ok(Time::from_unix(row.get(column)?))
}

/// A time that may be missing.
pub(super) fn maybe_time(row: &Row<'_>, column: usize) -> Result<Option<Time>, Failure> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Time::from_unix))
}

/// A digest that may be missing.
pub(super) fn maybe_digest(row: &Row<'_>, column: usize) -> Result<Option<Digest>, Failure> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(Digest::from_bytes))
}

/// Whether a column holds nothing.
pub(super) fn is_null(row: &Row<'_>, column: usize) -> Result<bool, Failure> {
    Ok(row.get_ref(column)? == ValueRef::Null)
}

/// A text with a rule attached.
pub(super) fn text<T>(row: &Row<'_>, column: usize, what: &'static str) -> Result<T, Failure>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let text = row.get_ref(column)?.as_str().map_err(|e| corrupt(what, &e))?;
    text.parse().map_err(|e| corrupt(what, &e))
}

/// A text with a rule attached, that may be missing.
pub(super) fn maybe_text<T>(row: &Row<'_>, column: usize, what: &'static str) -> Result<Option<T>, Failure>
where
    T: FromStr<Err: std::fmt::Display>,
{
    if is_null(row, column)? { Ok(None) } else { text(row, column, what).map(Some) }
}

/// An entity, or a part of one, as JSON.
pub(super) fn json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> Result<T, Failure> {
    let text = row.get_ref(column)?.as_str().map_err(|e| corrupt(what, &e))?;
    serde_json::from_str(text).map_err(|e| corrupt(what, &e))
}

/// An entity, or a part of one, to JSON.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|e| Fault::Store(format!("a record cannot be written: {e}")))
}

pub(super) fn corrupt(what: &'static str, why: &dyn std::fmt::Display) -> Failure {
    Failure::Fault(Fault::Corrupt { what, why: why.to_string() })
}
