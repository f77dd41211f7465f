//! Browser sessions at the provider, and the consents that people gave in them.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::Answer;
use crate::entity::consent::Consent;
use crate::entity::logout::LogoutNotice;
use crate::entity::session::Session;
use crate::entity::user::User;

/// A session with the person who is signed in.
#[derive(Clone, Debug)]
pub struct SessionUser {
    /// The session.
    pub session: Session,
    /// The person. Never a disabled one.
    pub user: User,
}

/// What became of something that was to hold in a browser session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    Done,
    /// There is no session of this `sid`: the person has signed out. Nothing changed.
    SessionOver,
}

/// Browser sessions and consents.
pub trait Sessions {
    /// Records a session and ends the one that it replaces, if any: a session id never survives a sign-in.
    /// Where both have the same `sid` (the person signed in again), the grants and clients of the old one go on under
    /// the new one; otherwise it ends as in [`Sessions::end_session`].
    fn start_session<'a>(
        &'a self,
        session: &'a Session,
        replaces: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Vec<LogoutNotice>>;

    /// A session by the digest of its cookie, when it is live at `now` and its person is not disabled.
    /// `idle` is how many seconds it may go unused.
    fn session(&self, digest: Digest, idle: i64, now: Time) -> Answer<'_, Option<SessionUser>>;

    /// Notes that a session was used at `now`.
    fn touch_session(&self, digest: Digest, now: Time) -> Answer<'_, ()>;

    /// Ends a session, and every grant that was given in it (`Grant::sid`) and does not outlive it
    /// (`Grant::offline`); codes that would become such a grant cannot be redeemed any more. The clients of the session
    /// are to be told: a notice for each is recorded in the same step, and returned by `client_id`. The caller holds
    /// them, as the first who took them, for [`FIRST_ATTEMPT`](crate::entity::logout::FIRST_ATTEMPT) seconds. A session
    /// that was over by itself leaves everything as it is.
    fn end_session(&self, digest: Digest, now: Time) -> Answer<'_, Vec<LogoutNotice>>;

    /// What a person has allowed a client.
    fn consent<'a>(&'a self, user_id: &'a str, client_id: &'a str) -> Answer<'a, Option<Consent>>;

    /// What a person has allowed, by client.
    fn consents<'a>(&'a self, user_id: &'a str) -> Answer<'a, Vec<Consent>>;

    /// Records a consent: its scope and claims are added to those of one that is there, which keeps its date.
    fn put_consent<'a>(&'a self, consent: &'a Consent) -> Answer<'a, ()>;

    /// Removes a consent, and ends every grant that the person gave the client, and every code that would become one.
    fn withdraw_consent<'a>(&'a self, user_id: &'a str, client_id: &'a str, now: Time) -> Answer<'a, ()>;
}
