//! What an operator does beside the server: look at the configuration, manage clients, people and keys in its database.
//!
//! The database may be in use: SQLite lets several programs write in turn, PostgreSQL anyhow, and every server on it sees a
//! change within a second.

pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod key;
mod password;
pub(crate) mod registration_token;
pub(crate) mod user;

use std::sync::Arc;

use hallpass_server::store::Store;

use crate::cli::Where;
use crate::config;
use crate::database::Database;

/// Opens the database that is there. A new one is made by `hallpass serve` alone.
async fn open(place: &Where) -> Result<Arc<dyn Store>, String> {
    let location = match &place.database {
        Some(argument) => config::database::of_argument(argument)?,
        None => config::database_of(&place.config).map_err(|e| e.to_string())?,
    };
    Ok(Database::open_existing(&location).await.map_err(|e| e.to_string())?.store())
}
