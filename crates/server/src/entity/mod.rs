//! What the server knows and keeps. State enums; transitions take `self` or `&self` and the time.

pub mod client;
pub mod code;
pub mod consent;
pub mod device;
pub mod grant;
pub mod key;
pub mod key_set;
pub mod logout;
pub mod refresh;
pub mod registration_token;
pub mod session;
pub mod user;

use serde::{Deserialize, Serialize};

/// Whether something may be used at all. Whatever is disabled ends the tokens that depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// Switched off by the operator.
    Disabled,
}
