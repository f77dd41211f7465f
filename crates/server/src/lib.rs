//! OAuth 2.0 authorization server and OpenID Provider, as a library for axum programs.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use hallpass_proto::{env::Env, issuer::Issuer};
//! use hallpass_server::{config::Config, core::Server, store::memory::MemoryStore};
//!
//! let config = Config::new(Issuer::parse("http://localhost:9000")?);
//! let server = Server::new(config, Env::system(), Arc::new(MemoryStore::new())).await?;
//! let listener = tokio::net::TcpListener::bind("localhost:9000").await?;
//! axum::serve(listener, server.router()).await?;
//! # Ok(()) }
//! ```
//!
//! **The path of a token request:** `http/router.rs` → `endpoint/token.rs` (client authentication, grant look-up) →
//! `grant/<name>.rs` (what may it have?) → `store` (spend and record, one step) → `issue` (mint) → `http/reply.rs`.
//!
//! **The path of a sign-in:** `http/router.rs` → `endpoint/authorize.rs` → `authorize/pipeline.rs` (is the request
//! right?) → `authorize/decision.rs` (what is missing?) → a page in `interact` and back → `issue/code.rs`.
//!
//! Layers look downwards only: `http` → `endpoint` → `grant`, `authorize`, `client_auth`, `interact` → `issue`,
//! `entity`, `store` → `hallpass-proto`. Axum is known to `http` alone; time and randomness come from the `Env`.

pub mod accounts;
mod authorize;
mod client_auth;
mod client_keys;
pub mod client_secret;
pub mod config;
pub mod core;
mod device_rate;
mod endpoint;
pub mod entity;
pub mod event;
pub mod fault;
mod grant;
mod http;
pub mod interact;
mod issue;
mod keyring;
pub mod keys;
mod logout;
pub mod network;
pub mod outbound;
pub mod password;
mod rate;
pub mod refusal;
pub mod register;
pub mod store;
mod throttle;
mod user_code_tries;
