//! The PostgreSQL engine: one database for any number of nodes.
//!
//! A protocol event is one statement on one connection of a bounded pool, so one round trip: it does what is asked
//! where everything fits, by conditions in SQL, and nothing otherwise. Where it did nothing, the entity says why, about
//! the row as it is then. Plain SQL: no sequences, advisory locks or notifications.

mod clients;
mod codes;
mod column;
mod consents;
mod devices;
mod failure;
mod grants;
mod keys;
mod logout;
mod migrate;
mod open;
mod refresh;
mod registrations;
mod replay;
mod sessions;
mod step;
mod sweep;
mod users;

use std::fmt;

use deadpool_postgres::Pool;

use hallpass_proto::env::Time;
use hallpass_server::store::{Answer, Store};

use failure::Twice;
use open::Tables;
pub use open::{OpenError, Options};

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// Opens the database at `url`, such as `postgres://hallpass:password@db.example/hallpass`, and makes the tables
    /// where there are none.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, Options::default()).await
    }

    /// Opens it with other limits than the usual ones.
    pub async fn open_with(url: &str, options: Options) -> Result<Self, OpenError> {
        Ok(Self { pool: open::open(url, &options, Tables::Make).await? })
    }

    /// Opens a database that a store has made before, and refuses any other: for a program beside the server, where a
    /// slip in the URL must not pass for an empty database.
    pub async fn open_existing(url: &str, options: Options) -> Result<Self, OpenError> {
        Ok(Self { pool: open::open(url, &options, Tables::Expect).await? })
    }

    /// Why a URL cannot be used, as far as that shows without a server.
    pub fn check(url: &str) -> Result<(), OpenError> {
        open::read(url).map(drop)
    }

    /// Closes the connections. Later steps are faults; those that have one go on to their end.
    pub fn close(&self) {
        self.pool.close();
    }
}

impl Store for PostgresStore {
    fn sweep(&self, limit: usize, now: Time) -> Answer<'_, usize> {
        self.step(Twice::Harmless, move |db| sweep::sweep(db, limit, now))
    }

    /// Writes a row: a full disk, a lost server and one that may only be read all show.
    fn ready(&self) -> Answer<'_, ()> {
        self.step(Twice::Harmless, |db| async move { column::execute(&db, BEAT, &[]).await.map(drop) })
    }
}

const BEAT: &str = "UPDATE heartbeat SET beats = beats + 1 WHERE id = 1";

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
