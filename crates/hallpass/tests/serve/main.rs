//! `hallpass serve`, `config check`, `client` and `user`, by running the program.

mod assertion;
mod certificate;
mod check;
mod connection;
mod connections;
mod database;
mod health;
mod https;
mod keys;
mod live;
mod plain;
mod registered;
mod registration;
mod restart;
mod secrets;
mod stop;
mod vault;
mod world;
