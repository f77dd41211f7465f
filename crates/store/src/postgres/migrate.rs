//! Migrations: numbered SQL files in the program, each run once, in order, all in one transaction. Nodes that start
//! together take turns at one row, so that it works where there are no advisory locks.

use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::Error;

use hallpass_proto::secret::Digest;

use super::open::OpenError;

/// One migration. Once released, it never changes.
#[derive(Clone, Copy)]
pub(super) struct Migration {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// The migrations of this release; the first leads to version 1.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_first_tables", sql: include_str!("migrations/0001_first_tables.sql") },
    Migration { name: "0002_used_once", sql: include_str!("migrations/0002_used_once.sql") },
    Migration { name: "0003_registration", sql: include_str!("migrations/0003_registration.sql") },
    Migration { name: "0004_device_codes", sql: include_str!("migrations/0004_device_codes.sql") },
    Migration { name: "0005_logout", sql: include_str!("migrations/0005_logout.sql") },
    Migration { name: "0006_life_of_keys", sql: include_str!("migrations/0006_life_of_keys.sql") },
    Migration { name: "0007_claims_and_hybrid", sql: include_str!("migrations/0007_claims_and_hybrid.sql") },
    Migration { name: "0008_sessions_of_sid", sql: include_str!("migrations/0008_sessions_of_sid.sql") },
];

/// Version 0 is the row to take turns at.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS hallpass_migrations (
        version BIGINT PRIMARY KEY,
        name    TEXT NOT NULL,
        sha256  BYTEA NOT NULL
    );
    INSERT INTO hallpass_migrations (version, name, sha256) VALUES (0, 'one node at a time', '')
    ON CONFLICT (version) DO NOTHING";
/// A big migration may take its time, and so may waiting for another node's.
const BEGIN: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
/// Whoever comes second waits, and then sees what the first one did, or is told 40001 where its view is older.
const TURN: &str = "UPDATE hallpass_migrations SET name = name WHERE version = 0";
const DONE: &str = "SELECT version, sha256 FROM hallpass_migrations WHERE version > 0";
const RECORD: &str = "INSERT INTO hallpass_migrations (version, name, sha256) VALUES ($1, $2, $3)";

/// How often nodes that start together may get into each other's way.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

const MADE: &str = "SELECT count(*) FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = 'hallpass_migrations'";

/// Whether migrations have been run here before.
pub(super) async fn has_run(db: &Object, place: &str) -> Result<bool, OpenError> {
    let refused = |source| OpenError::Postgres { place: place.to_owned(), source };
    let row = db.query_one(MADE, &[]).await.map_err(refused)?;
    Ok(row.try_get::<_, i64>(0).map_err(refused)? > 0)
}

/// Brings the database to the version of `migrations`. Whatever goes wrong, it stays as it was.
pub(super) async fn run(db: &mut Object, migrations: &[Migration], place: &str) -> Result<(), OpenError> {
    let mut attempt = 1;
    loop {
        match migrate(db, migrations, place).await {
            Err(OpenError::Postgres { source, .. }) if attempt < ATTEMPTS && met_another_node(&source) => {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
}

async fn migrate(db: &mut Object, migrations: &[Migration], place: &str) -> Result<(), OpenError> {
    let refused = |source| OpenError::Postgres { place: place.to_owned(), source };
    db.batch_execute(TABLE).await.map_err(refused)?;
    let step = db.transaction().await.map_err(refused)?;
    step.batch_execute(BEGIN).await.map_err(refused)?;
    step.execute(TURN, &[]).await.map_err(refused)?;
    let mut done: Vec<(i64, Vec<u8>)> = Vec::new();
    for row in step.query(DONE, &[]).await.map_err(refused)? {
        done.push((row.try_get(0).map_err(refused)?, row.try_get(1).map_err(refused)?));
    }
    let (found, known) = (done.iter().map(|(version, _)| *version).max().unwrap_or(0), migrations.len());
    if found > i64::try_from(known).unwrap_or(i64::MAX) {
        return Err(OpenError::Newer { place: place.to_owned(), found, known });
    }
    for (migration, version) in migrations.iter().zip(1..) {
        let checksum = Digest::of(migration.sql.as_bytes());
        match done.iter().find(|(other, _)| *other == version) {
            Some((_, recorded)) if recorded == checksum.as_bytes() => {}
            Some(_) => return Err(OpenError::Changed { place: place.to_owned(), version }),
            None => {
                step.batch_execute(migration.sql).await.map_err(refused)?;
                let row: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                    [&version, &migration.name, &checksum.as_bytes().as_slice()];
                step.execute(RECORD, &row).await.map_err(refused)?;
                tracing::info!(migration = migration.name, "the database was brought up to date");
            }
        }
    }
    step.commit().await.map_err(refused)
}

/// Two nodes that create the first table at once get a duplicate in the catalogue; one of them has it then.
fn met_another_node(error: &Error) -> bool {
    let catalogue = |constraint: &str| constraint.starts_with("pg_");
    match error.code().map(|state| state.code()) {
        Some("40001" | "40P01") => true,
        Some("23505") => error.as_db_error().and_then(|e| e.constraint()).is_some_and(catalogue),
        _ => false,
    }
}
