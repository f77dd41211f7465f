//! What an operator does beside the server: look at the configuration, manage clients and people in its database.
//!
//! The database may be in use: SQLite lets several programs write in turn, and the server sees a change within a second.

pub(crate) mod check;
pub(crate) mod client;
mod password;
pub(crate) mod user;

use hallpass_store::sqlite::{Options, SqliteStore};

use crate::cli::Where;
use crate::config;

/// Opens the database that is there. A new one is made by `hallpass serve` alone: a slip in a path must not pass for an
/// empty database.
fn open(place: &Where) -> Result<SqliteStore, String> {
    let path = match &place.database {
        Some(path) => path.clone(),
        None => config::database(&place.config).map_err(|e| e.to_string())?,
    };
    if !path.is_file() {
        return Err(format!(
            "there is no database {}: `hallpass serve` makes it at its first start",
            path.display()
        ));
    }
    SqliteStore::open_with(path, Options { readers: 1, ..Options::default() }).map_err(|e| e.to_string())
}
