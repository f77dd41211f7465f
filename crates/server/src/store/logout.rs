//! Who must hear of a sign-out: the clients of each browser session, and the notices that are still to be delivered.
//!
//! A notice is written in the step that ends the session. Whoever delivers it takes it for a while first, so that of
//! several nodes one tells the client; were that one to stop, the notice is due again afterwards.

use hallpass_proto::env::Time;

use super::{Answer, Recorded};
use crate::entity::logout::{LogoutNotice, SessionClient};

/// The clients of sessions, and what they are still to be told.
pub trait Logout {
    /// Notes that a person is signed in to a client in a session, in the place of an earlier note.
    /// There has to be a session of that `sid`: nobody would be told of the end of one that has ended.
    fn enter_session<'a>(&'a self, entered: &'a SessionClient) -> Answer<'a, Recorded>;

    /// Ends every session of a person, each as in [`Sessions::end_session`](super::Sessions::end_session), but that the
    /// notices are due at once, for whoever takes them. Returns how many sessions that were not over have ended.
    fn end_sessions_of<'a>(&'a self, user_id: &'a str, now: Time) -> Answer<'a, usize>;

    /// Takes at most `limit` notices that are due at `now`, the longest due first: `attempts` is one more, and they
    /// are not due again before `until`. In the order of `ended_at`, `sid`, `client_id`.
    fn take_notices(&self, limit: usize, until: Time, now: Time) -> Answer<'_, Vec<LogoutNotice>>;

    /// Has a notice that was taken come due at another time, unless somebody else has taken it since.
    fn postpone_notice<'a>(&'a self, taken: &'a LogoutNotice, due_at: Time) -> Answer<'a, ()>;

    /// Removes a notice: the client has answered, or is given up.
    fn settle_notice<'a>(&'a self, taken: &'a LogoutNotice) -> Answer<'a, ()>;
}
