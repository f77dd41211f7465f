//! What becomes of the server's own keys: made, published, used, followed by others, and sealed under a master key.
//!
//! `entity/key_set.rs` decides, `lifecycle.rs` does; [`Server`](crate::core::Server) and a program beside it do the same.

mod lifecycle;
mod master_key;
mod schedule;

pub use lifecycle::{Lifecycle, Unchanged};
pub use master_key::{MasterKey, MasterKeyError, MasterKeys};
pub use schedule::Schedule;
