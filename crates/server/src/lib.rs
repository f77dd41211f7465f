//! OAuth 2.0 authorization server and OpenID Provider, as a library for axum programs.

pub mod entity;
pub mod fault;
pub mod interact;
pub mod store;
