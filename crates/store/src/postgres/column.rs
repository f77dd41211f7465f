//! Running statements, and reading columns into types. What does not fit is [`Fault::Corrupt`], never an empty
//! answer.

use deadpool_postgres::GenericClient;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;
use hallpass_server::fault::Fault;

use super::failure::Failure;

/// What goes into a statement.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The row that `sql` finds, if there is one.
pub(super) async fn first(
    db: &impl GenericClient,
    sql: &'static str,
    params: Params<'_>,
) -> Result<Option<Row>, Failure> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_opt(&statement, params).await?)
}

/// All rows that `sql` finds.
pub(super) async fn all(
    db: &impl GenericClient,
    sql: &'static str,
    params: Params<'_>,
) -> Result<Vec<Row>, Failure> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query(&statement, params).await?)
}

/// Runs a statement; how many rows it changed.
pub(super) async fn execute(
    db: &impl GenericClient,
    sql: &'static str,
    params: Params<'_>,
) -> Result<u64, Failure> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.execute(&statement, params).await?)
}

/// A column as it is.
pub(super) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: usize, what: &'static str) -> Result<T, Failure> {
    row.try_get(column).map_err(|error| corrupt(what, &error))
}

/// A time.
pub(super) fn time(row: &Row, column: usize, what: &'static str) -> Result<Time, Failure> {
    Ok(Time::from_unix(get(row, column, what)?))
}

/// A time that may be missing.
pub(super) fn maybe_time(row: &Row, column: usize, what: &'static str) -> Result<Option<Time>, Failure> {
    Ok(get::<Option<i64>>(row, column, what)?.map(Time::from_unix))
}

/// A digest that may be missing.
pub(super) fn maybe_digest(row: &Row, column: usize, what: &'static str) -> Result<Option<Digest>, Failure> {
    let bytes: Option<&[u8]> = get(row, column, what)?;
    let bytes = bytes.map(<[u8; 32]>::try_from).transpose().map_err(|error| corrupt(what, &error))?;
    Ok(bytes.map(Digest::from_bytes))
}

/// Whether a column holds something.
pub(super) fn is_there(row: &Row, column: usize, what: &'static str) -> Result<bool, Failure> {
    Ok(get::<Option<&str>>(row, column, what)?.is_some())
}

/// A scope from its tokens.
pub(super) fn scope(row: &Row, column: usize, what: &'static str) -> Result<Scope, Failure> {
    let tokens: Vec<&str> = get(row, column, what)?;
    tokens.join(" ").parse().map_err(|error| corrupt(what, &error))
}

/// The tokens of a scope.
pub(super) fn tokens(scope: &Scope) -> Vec<&str> {
    scope.iter().collect()
}

/// An entity, or a part of one, as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize, what: &'static str) -> Result<T, Failure> {
    let text: &str = get(row, column, what)?;
    serde_json::from_str(text).map_err(|error| corrupt(what, &error))
}

/// An entity, or a part of one, to JSON.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|e| Fault::Store(format!("a record cannot be written: {e}")))
}

pub(super) fn corrupt(what: &'static str, why: &dyn std::fmt::Display) -> Failure {
    Failure::Fault(Fault::Corrupt { what, why: why.to_string() })
}
