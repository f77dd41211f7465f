//! The SQLite engine: the store contract, and what a database on a disk adds to it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used)] // all of it is tests

mod crash;
mod disk;
mod full;
mod open;
mod waiting;

mod contract {
    use crate::disk::Disk;

    hallpass_testkit::contract!(Disk::new());
    hallpass_testkit::durable_contract!(Disk::new());
}
