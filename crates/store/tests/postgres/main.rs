//! The PostgreSQL engine: the store contract, and what a server beside it adds: it goes away, and nodes share it.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used)] // all of it is tests

mod database;
mod gate;
mod lost;
mod nodes;
mod open;
mod people;
mod round_trips;
mod waiting;

mod contract {
    use crate::database::Database;

    hallpass_testkit::contract!(match Database::new() {
        Some(database) => database,
        None => return,
    });
    hallpass_testkit::durable_contract!(match Database::new() {
        Some(database) => database,
        None => return,
    });
}
