//! The server's own keys in PostgreSQL.

use deadpool_postgres::Object;
use tokio_postgres::Row;

use hallpass_proto::secret::Secret;
use hallpass_server::entity::key::{KeyRecord, UnknownPurpose};
use hallpass_server::fault::Fault;
use hallpass_server::store::{Answer, Keys};

use super::PostgresStore;
use super::column::{all, corrupt, execute, first, get, time};
use super::failure::{Failure, Twice};

const ALL: &str = "SELECT kid, purpose, material, created_at FROM keys";
const OF_PURPOSE: &str = "SELECT kid, purpose, material, created_at FROM keys WHERE purpose = $1";
/// Waits for another node that records a key for this purpose, and then does nothing.
const INSERT: &str = "INSERT INTO keys (kid, purpose, material, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (purpose) DO NOTHING";

const WHAT: &str = "key";

impl Keys for PostgresStore {
    fn keys(&self) -> Answer<'_, Vec<KeyRecord>> {
        self.read(|db| async move {
            let rows = all(&db, ALL, &[]).await?;
            let mut keys = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
            keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
            Ok(keys)
        })
    }

    fn ensure_key<'a>(&'a self, key: &'a KeyRecord) -> Answer<'a, KeyRecord> {
        self.step(Twice::Harmless, move |db| ensure(db, key))
    }
}

async fn ensure(db: Object, key: &KeyRecord) -> Result<KeyRecord, Failure> {
    let purpose = key.purpose.to_string();
    if let Some(there) = first(&db, OF_PURPOSE, &[&purpose]).await? {
        return record(&there);
    }
    let row: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&key.kid, &purpose, key.material.expose(), &key.created_at.unix()];
    execute(&db, INSERT, &row).await?;
    match first(&db, OF_PURPOSE, &[&purpose]).await? {
        Some(there) => record(&there),
        None => Err(Fault::Store("a key that was recorded is not there".to_owned()).into()),
    }
}

fn record(row: &Row) -> Result<KeyRecord, Failure> {
    let purpose: &str = get(row, 1, WHAT)?;
    Ok(KeyRecord {
        kid: get(row, 0, WHAT)?,
        purpose: purpose.parse().map_err(|unknown: UnknownPurpose| corrupt(WHAT, &unknown))?,
        material: Secret::new(get(row, 2, WHAT)?),
        created_at: time(row, 3, WHAT)?,
    })
}
