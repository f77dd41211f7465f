//! The server's own keys in PostgreSQL.

use deadpool_postgres::Object;
use tokio_postgres::Row;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;
use hallpass_server::entity::key::{KeyRecord, Material, UnknownPurpose};
use hallpass_server::entity::key_set::{KeyChange, KeySet};
use hallpass_server::store::{Answer, Keys, KeysChanged};

use super::PostgresStore;
use super::column::{Params, all, corrupt, execute, get, maybe_time, time};
use super::failure::{Failure, Twice};

/// One row without a key where there is none.
const ALL: &str = "SELECT g.generation, k.kid, k.purpose, k.material, k.sealed_by, k.created_at,
        k.used_from, k.used_until, k.ends_at
    FROM key_generation g LEFT JOIN keys k ON TRUE";
/// Waits for another node that changes keys, and then finds another generation.
const TURN: &str = "UPDATE key_generation SET generation = generation + 1 WHERE id = 1 AND generation = $1";
const REMOVE: &str = "DELETE FROM keys WHERE kid = $1";
const PUT: &str = "INSERT INTO keys
        (kid, purpose, material, sealed_by, created_at, used_from, used_until, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (kid) DO UPDATE SET material = excluded.material, sealed_by = excluded.sealed_by,
        used_from = excluded.used_from, used_until = excluded.used_until, ends_at = excluded.ends_at";

const WHAT: &str = "key";

impl Keys for PostgresStore {
    fn keys(&self) -> Answer<'_, KeySet> {
        self.read(|db| async move {
            let rows = all(&db, ALL, &[]).await?;
            let generation = rows.first().map_or(Ok(0), |row| get(row, 0, WHAT))?;
            let keys: Result<Vec<_>, _> = rows.iter().map(record).collect();
            let mut keys: Vec<KeyRecord> = keys?.into_iter().flatten().collect();
            keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
            Ok(KeySet { generation, keys })
        })
    }

    /// A second time it is overtaken by itself, and whoever asked sees what there is.
    fn change_keys<'a>(&'a self, change: &'a KeyChange) -> Answer<'a, KeysChanged> {
        self.step(Twice::Harmless, move |db| make(db, change))
    }
}

async fn make(mut db: Object, change: &KeyChange) -> Result<KeysChanged, Failure> {
    let step = db.transaction().await?;
    if execute(&step, TURN, &[&change.seen]).await? == 0 {
        return Ok(KeysChanged::Overtaken);
    }
    for kid in &change.remove {
        execute(&step, REMOVE, &[kid]).await?;
    }
    for key in &change.put {
        let (sealed_by, material) = match &key.material {
            Material::Plain(material) => (None, material.expose()),
            Material::Sealed { by, bytes } => (Some(by), bytes),
        };
        let (created_at, used_from) = (key.created_at.unix(), key.used_from.unix());
        let (used_until, ends_at) = (key.used_until.map(Time::unix), key.ends_at.map(Time::unix));
        let purpose = key.purpose.to_string();
        let row: Params<'_> =
            &[&key.kid, &purpose, material, &sealed_by, &created_at, &used_from, &used_until, &ends_at];
        execute(&step, PUT, row).await?;
    }
    step.commit().await?;
    Ok(KeysChanged::Done)
}

fn record(row: &Row) -> Result<Option<KeyRecord>, Failure> {
    let Some(kid) = get(row, 1, WHAT)? else { return Ok(None) };
    let purpose: &str = get(row, 2, WHAT)?;
    let (bytes, by): (Vec<u8>, Option<String>) = (get(row, 3, WHAT)?, get(row, 4, WHAT)?);
    Ok(Some(KeyRecord {
        kid,
        purpose: purpose.parse().map_err(|unknown: UnknownPurpose| corrupt(WHAT, &unknown))?,
        material: match by {
            Some(by) => Material::Sealed { by, bytes },
            None => Material::Plain(Secret::new(bytes)),
        },
        created_at: time(row, 5, WHAT)?,
        used_from: time(row, 6, WHAT)?,
        used_until: maybe_time(row, 7, WHAT)?,
        ends_at: maybe_time(row, 8, WHAT)?,
    }))
}
