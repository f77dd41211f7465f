//! HTTP: the URL table, bytes to forms, answers to responses. The only place in this crate that knows axum.

mod address;
pub(crate) mod cookie;
mod log;
pub(crate) mod path;
mod read;
mod reply;
mod router;
