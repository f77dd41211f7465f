//! The requests that the server makes itself — keys of clients, sector documents, request objects, logout tokens.
//!
//! They all go through one trait. What is fetched is named by clients, so an implementation must not let them reach
//! where the server alone can: https only, no redirects, bounded in size and time, no private addresses (DESIGN §5).

mod address;
mod allow;
mod door;
mod hosts;
mod roots;
mod target;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};

pub use allow::{Allowed, NotAllowable};
pub use door::{Door, DoorSettings};
pub use roots::RootsError;

/// What [`Outbound::send`] returns.
pub type Answered<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, OutboundError>> + Send + 'a>>;

/// Sends requests to where clients have said.
pub trait Outbound: Send + Sync {
    /// Sends one request, and reads a response of at most `most` bytes, whatever its status. Never follows a redirect.
    fn send(&self, request: Request<Bytes>, most: usize) -> Answered<'_>;
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// This server makes no requests.
    #[error("this server is not set up to make requests")]
    Closed,
    /// The URL is not an https URL of a host.
    #[error("not an https URL: {0}")]
    Url(String),
    /// The host is, or resolves to, an address that requests may not reach.
    #[error("{0} is not an address that may be reached: allow it in the settings if it should be")]
    Forbidden(String),
    /// The name is unknown, nobody listens, or TLS failed.
    #[error("no connection to {0}")]
    Connect(String),
    /// It took too long.
    #[error("no answer from {0} in time")]
    Timeout(String),
    /// The response is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke before the response was complete.
    #[error("the connection to {0} broke")]
    Broken(String),
    /// Too many requests are under way.
    #[error("too many requests are under way")]
    Busy,
}

/// No requests at all: what a server has that is given nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Closed;

impl Outbound for Closed {
    fn send(&self, _: Request<Bytes>, _: usize) -> Answered<'_> {
        Box::pin(async { Err(OutboundError::Closed) })
    }
}
