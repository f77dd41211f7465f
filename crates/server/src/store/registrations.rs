//! Clients that register themselves, and the tokens that let them.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::Answer;
use crate::entity::client::Client;
use crate::entity::registration_token::RegistrationToken;

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is recorded, and a use of the token is spent.
    Done,
    /// The token is unknown, spent or too old; nothing changed.
    TokenUnfit,
}

/// Clients that register themselves, and initial access tokens.
pub trait Registrations {
    /// Records a client under an id that nobody has, and spends one use of the initial access token, if one came: both
    /// or neither. An id that is taken is a [`crate::fault::Fault::Store`].
    fn register_client<'a>(
        &'a self,
        client: &'a Client,
        token: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Registered>;

    /// Puts `after` in the place of `before`, if that is what is there; whether it was. A client that was removed
    /// meanwhile does not come back, and no change of somebody else's is lost.
    fn update_client<'a>(&'a self, before: &'a Client, after: &'a Client) -> Answer<'a, bool>;

    /// Removes a client, and with it every consent to it, every grant that it was given, and every code that would
    /// become one. Whether it was there.
    fn delete_client<'a>(&'a self, client_id: &'a str, now: Time) -> Answer<'a, bool>;

    /// All initial access tokens, the oldest first.
    fn registration_tokens(&self) -> Answer<'_, Vec<RegistrationToken>>;

    /// The initial access token of this digest, good or not.
    fn registration_token(&self, digest: Digest) -> Answer<'_, Option<RegistrationToken>>;

    /// Records an initial access token.
    fn issue_registration_token<'a>(&'a self, token: &'a RegistrationToken) -> Answer<'a, ()>;

    /// Removes an initial access token by its id; whether it was there. The clients that were registered with it stay.
    fn revoke_registration_token<'a>(&'a self, id: &'a str) -> Answer<'a, bool>;
}
