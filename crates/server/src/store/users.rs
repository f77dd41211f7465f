//! People.

use super::Answer;
use crate::entity::user::User;

/// The people who can sign in.
pub trait Users {
    /// One person by `sub`.
    fn user<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>>;

    /// One person by a login in its normal form ([`crate::entity::user::normalise_login`]).
    fn user_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>>;

    /// Records a person, in the place of one with the same `id`. The logins are theirs from now on; one that
    /// belongs to somebody else is a [`crate::fault::Fault::Store`], and nothing is recorded.
    fn put_user<'a>(&'a self, user: &'a User) -> Answer<'a, ()>;
}
