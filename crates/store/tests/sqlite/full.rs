//! A full disk: a fault, never success, and nothing that was answered is lost.

use hallpass_server::fault::Fault;
use hallpass_server::store::{Grants, Redeemed, Store, Users};
use hallpass_store::sqlite::{Options, SqliteStore};
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::run;

use crate::disk::{Disk, code, redeem, user};

/// Opens the database so that the file cannot grow.
fn full(disk: &Disk) -> SqliteStore {
    SqliteStore::open_with(disk.database(), Options { max_pages: Some(1), ..Options::default() }).unwrap()
}

#[test]
fn what_does_not_fit_is_a_fault_and_what_was_there_stays() {
    let disk = Disk::new();
    run(SqliteStore::open(disk.database()).unwrap().put_user(&user("ada", 100))).unwrap();
    let store = full(&disk);

    run(async {
        let answer = store.put_user(&user("bob", 100_000)).await;
        assert!(matches!(&answer, Err(Fault::Store(why)) if why.contains("full")), "{answer:?}");
        assert!(store.user("bob").await.unwrap().is_none());
        assert!(store.user_by_login("bob@example.com").await.unwrap().is_none());
        assert!(store.user("ada").await.unwrap().is_some());
    });
}

/// Codes are redeemed until nothing fits any more; what was said of each is what the file says afterwards.
#[test]
fn each_answer_on_a_disk_that_fills_up_is_true() {
    let disk = Disk::new();
    let names: Vec<_> = (0..400).map(|i| format!("code {i}")).collect();
    {
        let store = SqliteStore::open(disk.database()).unwrap();
        run(async {
            store.put_user(&user("ada", 1)).await.unwrap();
            for batch in names.chunks(50) {
                let codes: Vec<_> = batch.iter().map(|name| code(name)).collect();
                let mut steps = codes.iter().map(|code| store.issue_code(code)).collect::<Vec<_>>();
                for step in &mut steps {
                    step.as_mut().await.unwrap();
                }
            }
        });
    }
    let store = std::sync::Arc::new(full(&disk));
    let answers = run(async {
        let tasks: Vec<_> = names
            .iter()
            .map(|name| {
                let (store, name) = (store.clone(), name.clone());
                tokio::spawn(async move { redeem(&*store, &name, START).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    });
    drop(store);

    let done = answers.iter().filter(|a| matches!(a, Ok(Redeemed::Done(_)))).count();
    assert!(done < names.len(), "the disk did not fill up");
    let store = SqliteStore::open(disk.database()).unwrap();
    run(async {
        store.ready().await.unwrap();
        for (name, answer) in names.iter().zip(answers) {
            let now = redeem(&store, name, START).await.unwrap();
            match answer {
                Ok(Redeemed::Done(_)) => assert!(matches!(now, Redeemed::Replayed { .. }), "{name}: {now:?}"),
                Err(Fault::Store(_)) => assert!(matches!(now, Redeemed::Done(_)), "{name}: {now:?}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    });
}
