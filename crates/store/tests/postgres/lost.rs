//! Connections that end and a server that is away: a fault, never an answer that is not true, and then it goes on.

use hallpass_server::fault::Fault;
use hallpass_server::store::{
    AccessTokenId, Clients, Grants, Keys, Redeemed, Revocation, Sessions, Store, Users,
};
use hallpass_store::postgres::PostgresStore;
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::run;

use crate::database::{Database, patient};
use crate::gate::Gate;
use crate::people::{code, digest, is_good, redeem, rotate, user};

/// A store behind a gate, with Ada and a code of hers.
async fn behind_a_gate(database: &Database) -> (Gate, PostgresStore) {
    let gate = Gate::before(database.address()).await;
    let store =
        PostgresStore::open_with(&database.url_at("127.0.0.1", gate.port()), patient()).await.unwrap();
    store.put_user(&user("ada")).await.unwrap();
    store.issue_code(&code("c")).await.unwrap();
    (gate, store)
}

#[test]
fn what_is_looked_up_is_found_after_the_server_ended_every_connection() {
    let Some(database) = Database::new() else { return };
    run(async {
        let store = database.store().await;
        store.put_user(&user("ada")).await.unwrap();
        for _ in 0..5 {
            assert!(database.end_connections().await > 0);
            assert!(store.user("ada").await.unwrap().is_some());
        }
    });
}

#[test]
fn a_code_is_redeemed_once_though_connections_end() {
    let Some(database) = Database::new() else { return };
    run(async {
        let store = database.store().await;
        store.put_user(&user("ada")).await.unwrap();
        store.issue_code(&code("c")).await.unwrap();
        database.end_connections().await;

        // The idle connections ended before anything was sent: a fault then means that nothing happened.
        let mut answer = redeem(&store, "c", START).await;
        while matches!(answer, Err(Fault::Store(_))) {
            answer = redeem(&store, "c", START).await;
        }

        assert!(matches!(answer, Ok(Redeemed::Done(_))), "{answer:?}");
        assert!(is_good(&store, "c").await);
    });
}

#[test]
fn every_step_is_a_fault_while_the_server_is_away_and_works_when_it_is_back() {
    let Some(database) = Database::new() else { return };
    run(async {
        let (mut gate, store) = behind_a_gate(&database).await;
        assert!(matches!(redeem(&store, "c", START).await, Ok(Redeemed::Done(_))));
        gate.shut().await;

        let fault = |what: &str, answer: Result<(), Fault>| {
            assert!(matches!(answer, Err(Fault::Store(_))), "{what}: {answer:?}");
        };
        let revocation = Revocation::Refresh { token: digest("refresh of c"), client_id: "app" };
        let id = AccessTokenId { grant_id: Some("grant of c"), jti: "grant of c.1" };
        fault("user", store.user("ada").await.map(drop));
        fault("client", store.client("app").await.map(drop));
        fault("keys", store.keys().await.map(drop));
        fault("session", store.session(digest("s"), 60, START).await.map(drop));
        fault("consent", store.consent("ada", "app").await.map(drop));
        fault("access token", store.access_token(id, START).await.map(drop));
        fault("refresh token", store.refresh_token(digest("refresh of c"), START).await.map(drop));
        fault("code", redeem(&store, "c", START).await.map(drop));
        fault("refresh", rotate(&store, "refresh of c", "next", START).await.map(drop));
        fault("revocation", store.revoke(revocation, START).await.map(drop));
        fault("put user", store.put_user(&user("bob")).await);
        fault("end session", store.end_session(digest("s"), START).await.map(drop));
        fault("sweep", store.sweep(10, START).await.map(drop));
        fault("ready", store.ready().await);

        gate.open().await;

        store.ready().await.unwrap();
        assert!(is_good(&store, "c").await, "the second redemption did not reach the server");
        assert!(store.user("bob").await.unwrap().is_none());
        assert!(matches!(rotate(&store, "refresh of c", "next", START).await, Ok(Redeemed::Done(_))));
    });
}

/// The code was spent, and nobody was told. Trying again would be a second use, which ends the grant.
#[test]
fn an_answer_that_was_lost_is_a_fault_and_the_step_is_not_taken_twice() {
    let Some(database) = Database::new() else { return };
    run(async {
        let (mut gate, store) = behind_a_gate(&database).await;
        // The statements are prepared now.
        store.issue_code(&code("other")).await.unwrap();
        redeem(&store, "other", START).await.unwrap();
        let beside = database.client().await;
        let spent = "SELECT count(*) FROM grants WHERE id = 'grant of c'";

        gate.mute();
        let (answer, ()) = tokio::join!(redeem(&store, "c", START), async {
            while beside.query_one(spent, &[]).await.unwrap().get::<_, i64>(0) == 0 {
                tokio::task::yield_now().await;
            }
            gate.shut().await;
        });

        assert!(matches!(answer, Err(Fault::Store(_))), "{answer:?}");
        gate.open().await;
        assert!(is_good(&store, "c").await);
    });
}

/// The answer to a rotation was lost, and the client asks again: it gets the same successor.
#[test]
fn a_rotation_whose_answer_was_lost_is_given_again() {
    let Some(database) = Database::new() else { return };
    run(async {
        let (mut gate, store) = behind_a_gate(&database).await;
        redeem(&store, "c", START).await.unwrap();
        rotate(&store, "refresh of c", "r2", START).await.unwrap();
        let beside = database.client().await;
        let rotated = "SELECT count(*) FROM superseded_tokens";

        gate.mute();
        let (answer, ()) = tokio::join!(rotate(&store, "r2", "r3", START), async {
            while beside.query_one(rotated, &[]).await.unwrap().get::<_, i64>(0) < 2 {
                tokio::task::yield_now().await;
            }
            gate.shut().await;
        });
        gate.open().await;

        assert!(matches!(answer, Err(Fault::Store(_))), "{answer:?}");
        assert!(matches!(rotate(&store, "r2", "r3", START + 5).await, Ok(Redeemed::Done(_))));
        assert!(is_good(&store, "c").await);
    });
}
