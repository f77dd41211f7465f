//! `hallpass serve`, `config check`, `client` and `user`, by running the program.

mod certificate;
mod check;
mod connection;
mod https;
mod live;
mod plain;
mod restart;
mod secrets;
mod stop;
mod world;
