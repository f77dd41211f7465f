//! The server's own keys in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::secret::Secret;
use hallpass_server::entity::key::{KeyRecord, UnknownPurpose};
use hallpass_server::store::{Answer, Keys};

use super::SqliteStore;
use super::column::{all, corrupt, execute, first, time};
use super::failure::Failure;

pub(super) const ALL: &str = "SELECT kid, purpose, material, created_at FROM keys ORDER BY created_at, kid";
pub(super) const OF_PURPOSE: &str = "SELECT kid, purpose, material, created_at FROM keys WHERE purpose = ?1";
pub(super) const INSERT: &str =
    "INSERT INTO keys (kid, purpose, material, created_at) VALUES (?1, ?2, ?3, ?4)";

impl Keys for SqliteStore {
    fn keys(&self) -> Answer<'_, Vec<KeyRecord>> {
        self.read(|db| all(db, ALL, [], record))
    }

    fn ensure_key<'a>(&'a self, key: &'a KeyRecord) -> Answer<'a, KeyRecord> {
        let key = key.clone();
        self.write(move |db| ensure(db, &key))
    }
}

fn ensure(db: &Connection, key: &KeyRecord) -> Result<KeyRecord, Failure> {
    let purpose = key.purpose.to_string();
    if let Some(there) = first(db, OF_PURPOSE, [&purpose], record)? {
        return Ok(there);
    }
    execute(db, INSERT, (&key.kid, &purpose, key.material.expose(), key.created_at.unix()))?;
    Ok(key.clone())
}

fn record(row: &Row<'_>) -> Result<KeyRecord, Failure> {
    let purpose: String = row.get(1)?;
    Ok(KeyRecord {
        kid: row.get(0)?,
        purpose: purpose.parse().map_err(|unknown: UnknownPurpose| corrupt("key", &unknown))?,
        material: Secret::new(row.get(2)?),
        created_at: time(row, 3)?,
    })
}
