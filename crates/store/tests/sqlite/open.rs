//! Opening a file: what is made, who may read it, and one clear line for everything that cannot be opened.

use std::fs;

use hallpass_server::fault::Fault;
use hallpass_server::store::{Redeemed, Store, Users};
use hallpass_store::sqlite::{OpenError, SqliteStore};
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::run;
use rusqlite::Connection;

use crate::disk::{Disk, code, redeem, user};

/// The error, after a look at how it prints: one line that names the file.
fn cannot_open(path: &std::path::Path) -> OpenError {
    let error = SqliteStore::open(path).expect_err("this cannot be opened");
    let line = error.to_string();
    assert!(line.lines().count() == 1 && line.len() < 400, "{line}");
    assert!(
        line.contains(path.file_name().unwrap().to_str().unwrap()) || line.contains("directory"),
        "{line}"
    );
    error
}

#[cfg(unix)]
#[test]
fn directory_and_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let disk = Disk::new();
    let path = disk.path("new/and/deep/hallpass.db");

    let store = SqliteStore::open(&path).unwrap();
    run(store.put_user(&user("ada", 1))).unwrap();

    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for directory in ["new", "new/and", "new/and/deep"] {
        assert_eq!(mode(&disk.path(directory)), 0o700, "{directory}");
    }
    for file in ["hallpass.db", "hallpass.db-wal", "hallpass.db-shm"] {
        assert_eq!(mode(&path.with_file_name(file)), 0o600, "{file}");
    }
}

#[test]
fn a_directory_that_cannot_be_made() {
    let disk = Disk::new();
    fs::write(disk.path("file"), "").unwrap();

    assert!(matches!(cannot_open(&disk.path("file/hallpass.db")), OpenError::Directory { .. }));
}

#[test]
fn a_directory_in_the_place_of_the_file() {
    let disk = Disk::new();
    fs::create_dir(disk.database()).unwrap();

    assert!(matches!(cannot_open(&disk.database()), OpenError::Sqlite { .. }));
}

#[test]
fn a_file_that_is_no_database_stays_as_it_is() {
    let disk = Disk::new();
    let text = "dear diary, ".repeat(200);
    fs::write(disk.database(), &text).unwrap();

    assert!(matches!(cannot_open(&disk.database()), OpenError::NotADatabase { .. }));
    assert_eq!(fs::read_to_string(disk.database()).unwrap(), text);
}

#[test]
fn a_database_of_somebody_else() {
    let disk = Disk::new();
    Connection::open(disk.database()).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();

    assert!(matches!(cannot_open(&disk.database()), OpenError::NotADatabase { .. }));
}

#[test]
fn a_database_of_a_later_release() {
    let disk = Disk::new();
    drop(SqliteStore::open(disk.database()).unwrap());
    Connection::open(disk.database()).unwrap().pragma_update(None, "user_version", 99).unwrap();

    assert!(matches!(cannot_open(&disk.database()), OpenError::Newer { found: 99, .. }));
}

/// Mode 0400 stops everybody but root.
#[cfg(unix)]
#[test]
fn a_file_that_may_only_be_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let disk = Disk::new();
    drop(SqliteStore::open(disk.database()).unwrap());
    fs::set_permissions(disk.database(), fs::Permissions::from_mode(0o400)).unwrap();

    if fs::metadata(disk.database()).unwrap().uid() == 0 {
        run(SqliteStore::open(disk.database()).unwrap().put_user(&user("ada", 1))).unwrap();
    } else {
        assert!(matches!(cannot_open(&disk.database()), OpenError::ReadOnly { .. }));
    }
}

#[test]
fn a_row_that_cannot_be_read_is_a_fault_and_not_an_absence() {
    let disk = Disk::new();
    let store = SqliteStore::open(disk.database()).unwrap();
    run(store.put_user(&user("ada", 1))).unwrap();
    Connection::open(disk.database()).unwrap().execute("UPDATE users SET body = '{}'", []).unwrap();

    let answer = run(store.user("ada"));

    assert!(matches!(answer, Err(Fault::Corrupt { what: "user", .. })), "{answer:?}");
}

#[test]
fn a_closed_store_answers_with_faults() {
    let disk = Disk::new();
    let store = SqliteStore::open(disk.database()).unwrap();
    run(store.put_user(&user("ada", 1))).unwrap();

    store.close();
    store.close();

    assert!(matches!(run(store.put_user(&user("bob", 1))), Err(Fault::Store(_))));
    assert!(matches!(run(store.user("ada")), Err(Fault::Store(_))));
    assert!(run(store.ready()).is_err());
    assert!(!disk.path("hallpass.db-wal").exists(), "a store that was closed is one file");
}

/// Two processes, in effect: a code is spent once among them.
#[test]
fn two_stores_on_one_file_spend_a_code_once() {
    let disk = Disk::new();
    let stores = [0, 1].map(|_| SqliteStore::open(disk.database()).unwrap());
    run(async {
        use hallpass_server::store::Grants;
        stores[0].put_user(&user("ada", 1)).await.unwrap();
        for i in 0..20 {
            let name = format!("code {i}");
            stores[0].issue_code(&code(&name)).await.unwrap();

            let (a, b) = tokio::join!(redeem(&stores[0], &name, START), redeem(&stores[1], &name, START));

            let done = [a.unwrap(), b.unwrap()].iter().filter(|r| matches!(r, Redeemed::Done(_))).count();
            assert_eq!(done, 1);
        }
    });
}
