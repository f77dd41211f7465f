//! Consents in PostgreSQL.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;

use hallpass_proto::env::Time;
use hallpass_server::entity::consent::Consent;

use super::column::{all, execute, first, get, scope, time, tokens};
use super::failure::Failure;
use super::{codes, devices, grants};

const ONE: &str = "SELECT user_id, client_id, scope, claims, granted_at FROM consents WHERE user_id = $1 AND client_id = $2";
const OF_USER: &str = "SELECT user_id, client_id, scope, claims, granted_at FROM consents WHERE user_id = $1";
/// A token or a name may stand in its array twice; it counts once when it is read.
const PUT: &str =
    "INSERT INTO consents (user_id, client_id, scope, claims, granted_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (user_id, client_id) DO UPDATE
        SET scope = consents.scope || excluded.scope, claims = consents.claims || excluded.claims
        WHERE NOT (excluded.scope <@ consents.scope AND excluded.claims <@ consents.claims)";
const REMOVE: &str = "DELETE FROM consents WHERE user_id = $1 AND client_id = $2";

const WHAT: &str = "consent";

pub(super) async fn one(
    db: &impl GenericClient,
    user_id: &str,
    client_id: &str,
) -> Result<Option<Consent>, Failure> {
    first(db, ONE, &[&user_id, &client_id]).await?.map(|row| consent(&row)).transpose()
}

pub(super) async fn of_user(db: &impl GenericClient, user_id: &str) -> Result<Vec<Consent>, Failure> {
    let rows = all(db, OF_USER, &[&user_id]).await?;
    let mut consents = rows.iter().map(consent).collect::<Result<Vec<_>, _>>()?;
    consents.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    Ok(consents)
}

pub(super) async fn put(db: &impl GenericClient, given: &Consent) -> Result<(), Failure> {
    let (scope, claims) = (tokens(&given.scope), given.claims.iter().collect::<Vec<_>>());
    let granted_at = given.granted_at.unix();
    execute(db, PUT, &[&given.user_id, &given.client_id, &scope, &claims, &granted_at]).await.map(drop)
}

/// Codes before grants: a redemption that is on its way is waited for, and its grant is there then.
pub(super) async fn withdraw(
    mut db: Object,
    user_id: &str,
    client_id: &str,
    now: Time,
) -> Result<(), Failure> {
    let step = db.transaction().await?;
    execute(&step, REMOVE, &[&user_id, &client_id]).await?;
    codes::end_of_consent(&step, user_id, client_id).await?;
    devices::end_of_consent(&step, user_id, client_id).await?;
    grants::end_of_consent(&step, user_id, client_id, now).await?;
    Ok(step.commit().await?)
}

fn consent(row: &Row) -> Result<Consent, Failure> {
    Ok(Consent {
        user_id: get(row, 0, WHAT)?,
        client_id: get(row, 1, WHAT)?,
        scope: scope(row, 2, WHAT)?,
        claims: get::<Vec<String>>(row, 3, WHAT)?.into_iter().collect(),
        granted_at: time(row, 4, WHAT)?,
    })
}
