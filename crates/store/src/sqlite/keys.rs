//! The server's own keys in SQLite.

use rusqlite::{Connection, Row};

use hallpass_proto::secret::Secret;
use hallpass_server::entity::key::{KeyRecord, Material, UnknownPurpose};
use hallpass_server::entity::key_set::{KeyChange, KeySet};
use hallpass_server::store::{Answer, Keys, KeysChanged};

use super::SqliteStore;
use super::column::{all, corrupt, execute, maybe_time, time};
use super::failure::Failure;

/// One row without a key where there is none.
pub(super) const ALL: &str = "SELECT g.generation, k.kid, k.purpose, k.material, k.sealed_by, k.created_at,
        k.used_from, k.used_until, k.ends_at
    FROM key_generation g LEFT JOIN keys k ON TRUE ORDER BY k.created_at, k.kid";
pub(super) const TURN: &str =
    "UPDATE key_generation SET generation = generation + 1 WHERE id = 1 AND generation = ?1";
pub(super) const REMOVE: &str = "DELETE FROM keys WHERE kid = ?1";
pub(super) const PUT: &str = "INSERT INTO keys
        (kid, purpose, material, sealed_by, created_at, used_from, used_until, ends_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (kid) DO UPDATE SET material = excluded.material, sealed_by = excluded.sealed_by,
        used_from = excluded.used_from, used_until = excluded.used_until, ends_at = excluded.ends_at";

impl Keys for SqliteStore {
    fn keys(&self) -> Answer<'_, KeySet> {
        self.read(|db| {
            let rows = all(db, ALL, [], |row| Ok((row.get::<_, i64>(0)?, record(row)?)))?;
            let generation = rows.first().map_or(0, |(generation, _)| *generation);
            Ok(KeySet { generation, keys: rows.into_iter().filter_map(|(_, key)| key).collect() })
        })
    }

    fn change_keys<'a>(&'a self, change: &'a KeyChange) -> Answer<'a, KeysChanged> {
        let change = change.clone();
        self.write(move |db| make(db, &change))
    }
}

fn make(db: &Connection, change: &KeyChange) -> Result<KeysChanged, Failure> {
    if execute(db, TURN, [change.seen])? == 0 {
        return Ok(KeysChanged::Overtaken);
    }
    for kid in &change.remove {
        execute(db, REMOVE, [kid])?;
    }
    for key in &change.put {
        let (sealed_by, material) = match &key.material {
            Material::Plain(material) => (None, material.expose()),
            Material::Sealed { by, bytes } => (Some(by), bytes),
        };
        let unix = |time: Option<hallpass_proto::env::Time>| time.map(|time| time.unix());
        let life = (key.created_at.unix(), key.used_from.unix(), unix(key.used_until), unix(key.ends_at));
        let purpose = key.purpose.to_string();
        execute(db, PUT, (&key.kid, purpose, material, sealed_by, life.0, life.1, life.2, life.3))?;
    }
    Ok(KeysChanged::Done)
}

fn record(row: &Row<'_>) -> Result<Option<KeyRecord>, Failure> {
    let Some(kid) = row.get(1)? else { return Ok(None) };
    let purpose: String = row.get(2)?;
    let (bytes, by): (Vec<u8>, Option<String>) = (row.get(3)?, row.get(4)?);
    Ok(Some(KeyRecord {
        kid,
        purpose: purpose.parse().map_err(|unknown: UnknownPurpose| corrupt("key", &unknown))?,
        material: match by {
            Some(by) => Material::Sealed { by, bytes },
            None => Material::Plain(Secret::new(bytes)),
        },
        created_at: time(row, 5)?,
        used_from: time(row, 6)?,
        used_until: maybe_time(row, 7)?,
        ends_at: maybe_time(row, 8)?,
    }))
}
