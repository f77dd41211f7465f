//! More to do than there are connections, and steps that wait for one another.

use std::time::Duration;

use hallpass_server::fault::Fault;
use hallpass_server::store::{Store, Users};
use hallpass_store::postgres::Options;
use hallpass_testkit::contract::run;

use crate::database::{Database, patient};
use crate::people::user;

#[test]
fn who_gets_no_connection_in_time_is_told_that_the_store_is_busy() {
    let Some(database) = Database::new() else { return };
    run(async {
        let patience = Duration::from_millis(20);
        let store = database.store_with(Options { connections: 1, patience, ..patient() }).await;
        store.put_user(&user("ada")).await.unwrap();
        let mut beside = database.client().await;
        let held = beside.transaction().await.unwrap();
        held.batch_execute("UPDATE users SET disabled = FALSE").await.unwrap();

        // The only connection waits for the row that is held.
        let ada = user("ada");
        let first = store.put_user(&ada);
        let (first, second) = tokio::join!(first, async {
            let second = store.user("ada").await;
            held.commit().await.unwrap();
            second
        });

        assert!(matches!(second, Err(Fault::StoreBusy)), "{second:?}");
        first.unwrap();
        store.ready().await.unwrap();
    });
}

#[test]
fn a_statement_that_takes_too_long_is_given_up() {
    let Some(database) = Database::new() else { return };
    run(async {
        let statement = Duration::from_millis(50);
        let store = database.store_with(Options { statement, ..patient() }).await;
        store.put_user(&user("ada")).await.unwrap();
        let mut beside = database.client().await;
        let held = beside.transaction().await.unwrap();
        held.batch_execute("UPDATE users SET disabled = FALSE").await.unwrap();

        let answer = store.put_user(&user("ada")).await;

        assert!(matches!(answer, Err(Fault::StoreBusy)), "{answer:?}");
        held.rollback().await.unwrap();
        store.put_user(&user("ada")).await.unwrap();
    });
}

#[test]
fn there_are_never_more_connections_than_allowed() {
    let Some(database) = Database::new() else { return };
    run(async {
        let store = database.store_with(Options { connections: 3, ..patient() }).await;
        store.put_user(&user("ada")).await.unwrap();

        let mut looks: Vec<_> = (0..100).map(|_| store.user("ada")).collect();
        for look in &mut looks {
            assert!(look.as_mut().await.unwrap().is_some());
        }

        assert!(database.connections().await <= 3);
    });
}
