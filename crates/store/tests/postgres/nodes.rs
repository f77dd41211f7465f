//! Several nodes over one database: what one of them does holds at the others at once.

use std::sync::Arc;

use hallpass_proto::secret::Secret;
use hallpass_server::entity::Status;
use hallpass_server::entity::key::{KeyPurpose, KeyRecord};
use hallpass_server::entity::user::User;
use hallpass_server::store::{Grants, Keys, Redeemed, Revocation, Revoked, Store, Users};
use hallpass_store::postgres::PostgresStore;
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::run;

use crate::database::{Database, patient};
use crate::people::{code, digest, is_good, redeem, rotate, user};

async fn two_nodes(database: &Database) -> [Arc<PostgresStore>; 2] {
    let nodes = [Arc::new(database.store().await), Arc::new(database.store().await)];
    nodes[0].put_user(&user("ada")).await.unwrap();
    nodes
}

#[test]
fn nodes_that_start_together_on_an_empty_database_all_start() {
    let Some(database) = Database::new() else { return };
    run(async {
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let url = database.url();
                tokio::spawn(async move {
                    PostgresStore::open_with(&url, patient()).await.map(|store| store.close())
                })
            })
            .collect();
        for start in starts {
            start.await.unwrap().unwrap();
        }
        database.store().await.ready().await.unwrap();
    });
}

#[test]
fn nodes_that_start_together_agree_on_a_key() {
    let Some(database) = Database::new() else { return };
    run(async {
        let nodes = two_nodes(&database).await;
        let material = || Secret::new(vec![0; 32]);
        let key = |kid: &str| KeyRecord::new(kid.to_owned(), KeyPurpose::Seal, material(), START);
        let (a, b) = (key("a"), key("b"));

        let (one, other) = tokio::join!(nodes[0].ensure_key(&a), nodes[1].ensure_key(&b));

        assert_eq!(one.unwrap().kid, other.unwrap().kid);
    });
}

#[test]
fn of_64_redemptions_at_two_nodes_one_is_done() {
    let Some(database) = Database::new() else { return };
    run(async {
        let nodes = two_nodes(&database).await;
        nodes[0].issue_code(&code("c")).await.unwrap();
        let tasks: Vec<_> = (0..64)
            .map(|i| {
                let node = nodes[i % 2].clone();
                tokio::spawn(async move { redeem(&*node, "c", START).await.unwrap() })
            })
            .collect();

        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Redeemed::Done(_) => done += 1,
                Redeemed::Replayed { grant_id } => assert_eq!(grant_id, "grant of c"),
                refused @ Redeemed::Refused(_) => panic!("{refused:?}"),
            }
        }

        assert_eq!(done, 1);
        assert!(!is_good(&*nodes[0], "c").await && !is_good(&*nodes[1], "c").await);
    });
}

#[test]
fn of_64_rotations_at_two_nodes_all_get_one_successor() {
    let Some(database) = Database::new() else { return };
    run(async {
        let nodes = two_nodes(&database).await;
        nodes[0].issue_code(&code("c")).await.unwrap();
        redeem(&*nodes[1], "c", START).await.unwrap();
        let tasks: Vec<_> = (0..64)
            .map(|i| {
                let node = nodes[i % 2].clone();
                tokio::spawn(async move { rotate(&*node, "refresh of c", "next", START).await.unwrap() })
            })
            .collect();

        for task in tasks {
            let answer = task.await.unwrap();
            assert!(matches!(answer, Redeemed::Done(_)), "{answer:?}");
        }

        let heads = nodes[0].refresh_token(digest("refresh of c"), START).await.unwrap();
        assert!(heads.is_none() && nodes[1].refresh_token(digest("next"), START).await.unwrap().is_some());
    });
}

#[test]
fn what_ends_at_one_node_has_ended_at_the_other() {
    let Some(database) = Database::new() else { return };
    run(async {
        let nodes = two_nodes(&database).await;
        for name in ["revoked", "disabled"] {
            nodes[0].issue_code(&code(name)).await.unwrap();
            redeem(&*nodes[1], name, START).await.unwrap();
            assert!(is_good(&*nodes[0], name).await && is_good(&*nodes[1], name).await);
        }

        let what = Revocation::Refresh { token: digest("refresh of revoked"), client_id: "app" };
        assert_eq!(nodes[0].revoke(what, START).await.unwrap(), Revoked::Done);
        assert!(!is_good(&*nodes[1], "revoked").await && is_good(&*nodes[1], "disabled").await);

        nodes[1].put_user(&User { status: Status::Disabled, ..user("ada") }).await.unwrap();
        assert!(!is_good(&*nodes[0], "disabled").await);
    });
}

/// Sign-out and redemption at the same moment: whichever is first, nothing of the session is good afterwards.
#[test]
fn a_consent_that_is_withdrawn_while_codes_are_redeemed_leaves_nothing_good() {
    let Some(database) = Database::new() else { return };
    run(async {
        let nodes = two_nodes(&database).await;
        for i in 0..20 {
            let name = format!("c{i}");
            nodes[0].issue_code(&code(&name)).await.unwrap();

            let (redeemed, withdrawn) = tokio::join!(redeem(&*nodes[0], &name, START), {
                use hallpass_server::store::Sessions;
                nodes[1].withdraw_consent("ada", "app", START)
            });

            redeemed.unwrap();
            withdrawn.unwrap();
            assert!(!is_good(&*nodes[0], &name).await, "{name}");
        }
    });
}

#[test]
fn two_nodes_that_sweep_at_once_remove_everything_once() {
    let Some(database) = Database::new() else { return };
    run(async {
        let nodes = two_nodes(&database).await;
        for i in 0..40 {
            let name = format!("c{i}");
            nodes[0].issue_code(&code(&name)).await.unwrap();
            redeem(&*nodes[0], &name, START).await.unwrap();
        }
        let later = START + 100_000;

        let mut removed = 0;
        loop {
            let (a, b) = tokio::join!(nodes[0].sweep(7, later), nodes[1].sweep(7, later));
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!(a <= 7 && b <= 7);
            removed += a + b;
            if a + b == 0 {
                break;
            }
        }

        assert_eq!(removed, 120, "codes, grants, refresh tokens");
    });
}
