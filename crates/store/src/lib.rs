//! Durable engines for [`hallpass_server::store::Store`], one feature each.
//!
//! | feature | engine | for |
//! |---|---|---|
//! | `sqlite` (default) | [`sqlite::SqliteStore`] | one node: a file, nothing else to run |
//!
//! Every engine keeps the contract suite of `hallpass-testkit`. A new one is a folder here and a line in `tests/`.

#[cfg(feature = "sqlite")]
pub mod sqlite;
