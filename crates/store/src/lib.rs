//! Durable engines for [`hallpass_server::store::Store`], one feature each.
//!
//! | feature | engine | for |
//! |---|---|---|
//! | `sqlite` (default) | [`sqlite::SqliteStore`] | one node: a file, nothing else to run |
//! | `postgres` | [`postgres::PostgresStore`] | several nodes: one PostgreSQL database |
//!
//! Every engine keeps the contract suite of `hallpass-testkit`. A new one is a folder here and a line in `tests/`.

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
