//! Migrations: numbered SQL files in the program, each run once, in order, all in one transaction.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use hallpass_proto::secret::Digest;

use super::open::{OpenError, refused};

/// One migration. Once released, it never changes.
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

/// `application_id` of a database of Hallpass: "HPAS".
const APPLICATION_ID: u32 = 0x4850_4153;

/// Brings the database at `path` to the version of `migrations`. Whatever goes wrong, it stays as it was.
pub(super) fn run(db: &mut Connection, migrations: &[Migration], path: &Path) -> Result<(), OpenError> {
    let sqlite = |source| refused(path, source);
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    if !is_ours(&step).map_err(sqlite)? {
        return Err(OpenError::NotADatabase { path: path.to_owned() });
    }
    let found: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sqlite)?;
    let known = version(migrations.len());
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    for (migration, version) in migrations.iter().zip(1..) {
        let checksum = Digest::of(migration.sql.as_bytes());
        if version > found {
            apply(&step, migration, version, checksum).map_err(sqlite)?;
            tracing::info!(migration = migration.name, "the database was brought up to date");
        } else if !is_same(&step, version, checksum).map_err(sqlite)? {
            return Err(OpenError::Changed { path: path.to_owned(), version });
        }
    }
    step.commit().map_err(sqlite)
}

fn version(migrations: usize) -> u32 {
    u32::try_from(migrations).unwrap_or(u32::MAX)
}

/// Whether it is empty, or was made by us.
fn is_ours(db: &Transaction<'_>) -> rusqlite::Result<bool> {
    let id: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(id == APPLICATION_ID || (id == 0 && tables == 0))
}

fn apply(
    db: &Transaction<'_>,
    migration: &Migration,
    version: u32,
    checksum: Digest,
) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
            version INTEGER PRIMARY KEY,
            name    TEXT NOT NULL,
            sha256  BLOB NOT NULL
        ) STRICT",
    )?;
    db.execute_batch(migration.sql)?;
    db.execute(
        "INSERT INTO migrations (version, name, sha256) VALUES (?1, ?2, ?3)",
        (version, migration.name, checksum.as_bytes()),
    )?;
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", version)
}

fn is_same(db: &Transaction<'_>, version: u32, checksum: Digest) -> rusqlite::Result<bool> {
    let recorded: Option<Vec<u8>> = db
        .query_row("SELECT sha256 FROM migrations WHERE version = ?1", [version], |row| row.get(0))
        .optional()?;
    Ok(recorded.is_some_and(|recorded| recorded == checksum.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { name: "0001", sql: "CREATE TABLE a (x INTEGER) STRICT;" };
    const SECOND: Migration = Migration { name: "0002", sql: "ALTER TABLE a ADD COLUMN y INTEGER;" };
    const BROKEN: Migration =
        Migration { name: "0003", sql: "CREATE TABLE b (x INTEGER); CREATE TABLE a (x);" };

    fn migrate(db: &mut Connection, migrations: &[Migration]) -> Result<(), OpenError> {
        run(db, migrations, Path::new("test.db"))
    }

    fn version_of(db: &Connection) -> u32 {
        db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn each_migration_runs_once_in_order() {
        let mut db = Connection::open_in_memory().unwrap();

        migrate(&mut db, &[FIRST]).unwrap();
        migrate(&mut db, &[FIRST, SECOND]).unwrap();
        migrate(&mut db, &[FIRST, SECOND]).unwrap();

        db.execute("INSERT INTO a (x, y) VALUES (1, 2)", []).unwrap();
        assert_eq!(version_of(&db), 2);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_database_as_it_was() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &[FIRST]).unwrap();

        assert!(matches!(migrate(&mut db, &[FIRST, SECOND, BROKEN]), Err(OpenError::Sqlite { .. })));

        assert_eq!(version_of(&db), 1);
        assert!(db.execute("INSERT INTO a (x, y) VALUES (1, 2)", []).is_err());
        assert!(db.execute("INSERT INTO b (x) VALUES (1)", []).is_err());
    }

    #[test]
    fn a_changed_migration_is_noticed() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &[FIRST]).unwrap();

        let changed = Migration { sql: "CREATE TABLE a (z INTEGER) STRICT;", ..FIRST };
        assert!(matches!(migrate(&mut db, &[changed]), Err(OpenError::Changed { version: 1, .. })));
    }

    #[test]
    fn a_later_version_is_refused() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &[FIRST, SECOND]).unwrap();

        assert!(matches!(migrate(&mut db, &[FIRST]), Err(OpenError::Newer { found: 2, known: 1, .. })));
    }

    #[test]
    fn somebody_elses_database_is_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();

        assert!(matches!(migrate(&mut db, &[FIRST]), Err(OpenError::NotADatabase { .. })));
    }
}
