//! How many connections there may be, and how long one may do nothing.

use std::time::Duration;

/// The limits of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How many connections are open at once.
    pub(crate) connections: u32,
    /// How long a client may take to shake hands, and then to send the headers of a request. On HTTP/1.1 this counts
    /// from the end of the answer before.
    pub(crate) header: Duration,
    /// How long a connection stays open without a request.
    pub(crate) idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 10_000, header: Duration::from_secs(10), idle: Duration::from_secs(60) }
    }
}
