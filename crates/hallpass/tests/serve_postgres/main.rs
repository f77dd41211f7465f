//! `hallpass serve`, `client` and `user` on PostgreSQL, by running the program: several nodes over one database.
#![allow(clippy::unwrap_used)] // all of it is tests

mod conformance;
#[allow(dead_code)] // each target uses a part of it
#[path = "../serve/connection.rs"]
mod connection;
mod database;
mod nodes;
mod refused;
mod secrets;
#[allow(dead_code)] // each target uses a part of it
#[path = "../conformance/suite/mod.rs"]
mod suite;
#[allow(dead_code)] // each target uses a part of it
#[path = "../serve/world.rs"]
mod world;
