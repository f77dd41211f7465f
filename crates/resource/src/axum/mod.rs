//! For axum: what a handler takes says who may call it.

mod auth;
mod public;
mod refused;

pub use auth::Auth;
pub use public::Public;
