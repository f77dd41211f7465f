//! Steps that wait while the file is held: too many are refused at once, and the others are not lost.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hallpass_server::fault::Fault;
use hallpass_server::store::{Answer, Store, Users};
use hallpass_store::sqlite::{Options, SqliteStore};
use hallpass_testkit::contract::run;
use rusqlite::Connection;

use crate::disk::{Disk, user};

/// Another process that writes: until it commits, nobody else does.
fn hold(disk: &Disk) -> Connection {
    let other = Connection::open(disk.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

/// Hands a step to the store; its answer, if there is one already.
fn begin<T>(step: &mut Answer<'_, T>) -> Option<Result<T, Fault>> {
    match step.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

#[test]
fn what_does_not_fit_into_the_queue_is_refused_at_once_and_the_rest_is_done() {
    let disk = Disk::new();
    let store = SqliteStore::open_with(disk.database(), Options { queue: 3, batch: 1, ..Options::default() })
        .unwrap();
    let people: Vec<_> = (0..10).map(|i| user(&format!("person{i}"), 1)).collect();
    let other = hold(&disk);

    let mut waiting = Vec::new();
    let mut refused = Vec::new();
    for person in &people {
        let mut step = store.put_user(person);
        match begin(&mut step) {
            None => waiting.push((person, step)),
            Some(answer) => {
                assert!(matches!(answer, Err(Fault::StoreBusy)), "{answer:?}");
                refused.push(person);
            }
        }
    }
    other.execute_batch("COMMIT").unwrap();

    assert!((3..=4).contains(&waiting.len()), "three wait, and one may be in the writer's hands");
    run(async {
        for (person, step) in waiting {
            step.await.unwrap();
            assert!(store.user(&person.id).await.unwrap().is_some());
        }
        for person in refused {
            assert!(store.user(&person.id).await.unwrap().is_none());
        }
        store.ready().await.unwrap();
    });
}

#[test]
fn a_step_that_fails_does_not_spoil_those_that_are_committed_with_it() {
    let disk = Disk::new();
    let store = SqliteStore::open(disk.database()).unwrap();
    let mut people: Vec<_> = (0..20).map(|i| user(&format!("person{i}"), 1)).collect();
    people[10].logins = people[9].logins.clone();
    let other = hold(&disk);

    let mut steps: Vec<_> = people.iter().map(|person| store.put_user(person)).collect();
    assert!(steps.iter_mut().all(|step| begin(step).is_none()));
    other.execute_batch("COMMIT").unwrap();

    run(async {
        for (i, step) in steps.into_iter().enumerate() {
            assert_eq!(step.await.is_ok(), i != 10, "person {i}");
            assert_eq!(store.user(&people[i].id).await.unwrap().is_some(), i != 10, "person {i}");
        }
    });
}

#[test]
fn a_step_whose_caller_has_gone_is_taken_all_the_same() {
    let disk = Disk::new();
    let store = SqliteStore::open(disk.database()).unwrap();
    let ada = user("ada", 1);
    let other = hold(&disk);

    let mut step = store.put_user(&ada);
    assert!(begin(&mut step).is_none());
    drop(step);
    other.execute_batch("COMMIT").unwrap();
    drop(store);

    let again = SqliteStore::open(disk.database()).unwrap();
    assert!(run(again.user("ada")).unwrap().is_some());
}

#[test]
fn reading_goes_on_while_the_file_is_held() {
    let disk = Disk::new();
    let store = SqliteStore::open(disk.database()).unwrap();
    run(store.put_user(&user("ada", 1))).unwrap();
    let _other = hold(&disk);

    assert!(run(store.user("ada")).unwrap().is_some());
}

#[test]
fn a_step_does_not_wait_for_another_process_for_ever() {
    let disk = Disk::new();
    let options = Options { patience: Duration::from_millis(1), ..Options::default() };
    let store = SqliteStore::open_with(disk.database(), options).unwrap();
    let other = hold(&disk);

    run(async {
        let answer = store.put_user(&user("ada", 1)).await;
        assert!(matches!(answer, Err(Fault::StoreBusy)), "{answer:?}");
        assert!(matches!(store.ready().await, Err(Fault::StoreBusy)));

        other.execute_batch("COMMIT").unwrap();
        store.put_user(&user("ada", 1)).await.unwrap();
    });
}
