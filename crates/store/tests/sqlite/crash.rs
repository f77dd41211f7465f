//! The power goes: the files as they are at any moment hold every redemption that was answered.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hallpass_server::store::{Grants, Redeemed, Users};
use hallpass_store::sqlite::SqliteStore;
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::run;
use rusqlite::Connection;

use crate::disk::{Disk, code, redeem, user};

const CODES: usize = 600;
const IMAGES: usize = 4;

/// The names of codes whose redemption was answered.
type Answered = Arc<Mutex<BTreeSet<String>>>;

#[test]
fn every_answered_redemption_is_in_the_files() {
    let disk = Disk::new();
    let store = Arc::new(SqliteStore::open(disk.database()).unwrap());
    let answered = Answered::default();

    let images = run(async {
        store.put_user(&user("ada", 1)).await.unwrap();
        let tasks: Vec<_> =
            (0..16).map(|lane| tokio::spawn(redeem_many(store.clone(), answered.clone(), lane))).collect();
        let images = take_images(&disk, &answered).await;
        for task in tasks {
            task.await.unwrap();
        }
        images
    });

    assert_eq!(answered.lock().unwrap().len(), CODES);
    for (path, before) in images {
        assert!(before.len() < CODES, "this image was taken when all was over");
        let db = Connection::open(&path).unwrap();
        let intact: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(intact, "ok");
        drop(db);
        let image = SqliteStore::open(&path).unwrap();
        run(async {
            for name in &before {
                let again = redeem(&image, name, START).await.unwrap();
                assert!(matches!(again, Redeemed::Replayed { .. }), "{name}: {again:?}");
            }
        });
    }
}

/// Issues and redeems codes, and notes each after the answer.
async fn redeem_many(store: Arc<SqliteStore>, answered: Answered, lane: usize) {
    for i in (lane..CODES).step_by(16) {
        let name = format!("code {i}");
        store.issue_code(&code(&name)).await.unwrap();
        assert!(matches!(redeem(&*store, &name, START).await, Ok(Redeemed::Done(_))));
        answered.lock().unwrap().insert(name);
    }
}

/// Copies of the files, each with what had been answered before it was begun.
async fn take_images(disk: &Disk, answered: &Answered) -> Vec<(PathBuf, BTreeSet<String>)> {
    let mut images = Vec::new();
    for n in 1..=IMAGES {
        while answered.lock().unwrap().len() < n * CODES / (IMAGES + 2) {
            tokio::task::yield_now().await;
        }
        // The files are copied one after the other; a reader keeps the log from being started anew in between.
        let reader = Connection::open(disk.database()).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM heartbeat").unwrap();
        let before = answered.lock().unwrap().clone();
        let path = disk.path(&format!("image{n}.db"));
        for suffix in ["", "-wal"] {
            let from = format!("{}{suffix}", disk.database().display());
            fs::copy(from, format!("{}{suffix}", path.display())).unwrap();
        }
        images.push((path, before));
    }
    images
}
