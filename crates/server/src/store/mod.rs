//! The contract between the server and whatever keeps its data.
//!
//! One method is one atomic step: it happens whole or not at all, and is durable when it returns `Ok`. Verbs are
//! protocol events. Secrets arrive as digests. Time arrives as an argument: an engine has no clock. A failure is a
//! [`Fault`], never an empty answer: what cannot be read must not look like what is not there.
//!
//! The contract suite in `hallpass-testkit` holds every engine to this.

use std::future::Future;
use std::pin::Pin;

pub mod clients;
pub mod devices;
pub mod grants;
pub mod keys;
pub mod logout;
pub mod memory;
pub mod registrations;
pub mod replay;
pub mod sessions;
pub mod users;

use hallpass_proto::env::Time;

use crate::fault::Fault;

pub use clients::Clients;
pub use devices::{Decided, DeviceIssued, DeviceRedemption, Devices};
pub use grants::{
    AccessTokenId, CodeRedemption, Grants, Issued, Redeemed, RefreshRedemption, Revocation, Revoked, Unfit,
};
pub use keys::{Keys, KeysChanged};
pub use logout::Logout;
pub use registrations::{Registered, Registrations};
pub use replay::{Replay, Use};
pub use sessions::{Recorded, SessionUser, Sessions};
pub use users::Users;

/// What every method of the store returns.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// Everything that the server keeps.
pub trait Store:
    Clients + Registrations + Users + Sessions + Logout + Grants + Devices + Keys + Replay + Send + Sync
{
    /// Removes at most `limit` rows that can have no effect any more at `now`, and says how many there were.
    /// Called again while it removes `limit`.
    fn sweep(&self, limit: usize, now: Time) -> Answer<'_, usize>;

    /// Whether the store can do its work at this moment.
    fn ready(&self) -> Answer<'_, ()>;
}

/// How long a spent or expired code is kept, in seconds, so that a late second use still ends the grant.
pub const SPENT_CODE_KEPT: i64 = 3600;

/// How long a device code is kept past its end, in seconds, so that the device is told that it is too old, and a late
/// second use still ends the grant.
pub const DEVICE_CODE_KEPT: i64 = 600;

/// How long the revocation of an access token is kept past the end of the token, in seconds: longer than the leeway
/// that any clock is given.
pub const REVOCATION_KEPT: i64 = 600;

/// How long a notice that nobody takes is kept past the time at which it is due, in seconds.
pub const NOTICE_KEPT: i64 = 2 * 24 * 60 * 60;
/// How long what was used once is remembered past its end, in seconds: longer than the leeway that any clock is given.
pub const REPLAY_KEPT: i64 = 600;
