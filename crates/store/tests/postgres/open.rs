//! Opening a database, and rows that make no sense.

use hallpass_server::fault::Fault;
use hallpass_server::store::{Store, Users};
use hallpass_store::postgres::{OpenError, PostgresStore};
use hallpass_testkit::contract::run;

use crate::database::Database;
use crate::people::user;

/// The error, after a look at how it prints: one line that names the database and no password.
async fn cannot_open(url: &str) -> OpenError {
    let error = PostgresStore::open(url).await.expect_err("this cannot be opened");
    let line = error.to_string();
    assert!(line.lines().count() == 1 && line.len() < 400 && !line.contains("password"), "{line}");
    assert!(line.contains("the database "), "{line}");
    error
}

#[test]
fn a_database_of_a_later_release() {
    let Some(database) = Database::new() else { return };
    run(async {
        database.store().await.close();
        database.sql("INSERT INTO hallpass_migrations VALUES (99, '0099_later', '')").await;

        let error = cannot_open(&database.url()).await;

        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    });
}

#[test]
fn a_database_that_another_migration_made() {
    let Some(database) = Database::new() else { return };
    run(async {
        database.store().await.close();
        database.sql("UPDATE hallpass_migrations SET sha256 = 'x' WHERE version = 1").await;

        let error = cannot_open(&database.url()).await;

        assert!(matches!(error, OpenError::Changed { version: 1, .. }), "{error}");
    });
}

#[test]
fn a_database_of_somebody_else_is_left_as_it_is() {
    let Some(database) = Database::new() else { return };
    run(async {
        database.sql("CREATE TABLE grants (research TEXT)").await;

        let error = cannot_open(&database.url()).await;

        assert!(
            matches!(error, OpenError::Postgres { .. }) && error.to_string().contains("exists"),
            "{error}"
        );
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1";
        let rows = database.client().await.query(tables, &[]).await.unwrap();
        let tables: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(tables, ["grants", "hallpass_migrations"]);
    });
}

#[test]
fn a_row_that_cannot_be_read_is_a_fault_and_not_an_absence() {
    let Some(database) = Database::new() else { return };
    run(async {
        let store = database.store().await;
        store.put_user(&user("ada")).await.unwrap();
        database.sql("UPDATE users SET body = '{}'").await;

        let answer = store.user("ada").await;

        assert!(matches!(answer, Err(Fault::Corrupt { what: "user", .. })), "{answer:?}");
    });
}

#[test]
fn a_closed_store_answers_with_faults() {
    let Some(database) = Database::new() else { return };
    run(async {
        let store = database.store().await;
        store.put_user(&user("ada")).await.unwrap();

        store.close();

        assert!(matches!(store.put_user(&user("bob")).await, Err(Fault::Store(_))));
        assert!(matches!(store.user("ada").await, Err(Fault::Store(_))));
        assert!(store.ready().await.is_err());
    });
}
