//! Whose accounts people sign in with: those of the server's store, or those of the program that it is part of — the
//! authentication of the End-User that OpenID Connect Core §3.1.2.3 leaves to each provider.
//!
//! ```
//! use hallpass_proto::env::Time;
//! use hallpass_server::accounts::{Accounts, Credentials, Verdict};
//! use hallpass_server::entity::user::User;
//! use hallpass_server::store::Answer;
//!
//! /// One person, who is always there.
//! struct OnlyAda;
//!
//! fn ada() -> User {
//!     User { logins: vec!["ada".to_owned()], ..User::new("1815", Time::from_unix(0)) }
//! }
//!
//! impl Accounts for OnlyAda {
//!     fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
//!         Box::pin(async move { Ok(Some(ada()).filter(|ada| ada.id == id)) })
//!     }
//!
//!     fn find_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
//!         Box::pin(async move { Ok(Some(ada()).filter(|_| login == "ada")) })
//!     }
//!
//!     fn verify<'a>(&'a self, user: Option<&'a User>, shown: &'a Credentials<'a>) -> Answer<'a, Verdict> {
//!         // A real one compares a hash, and takes as long where there is nobody.
//!         Box::pin(async move {
//!             let right = user.is_some() && *shown.password() == "analytical".into();
//!             Ok(if right { Verdict::by_password() } else { Verdict::Wrong })
//!         })
//!     }
//! }
//! ```

mod standing;
mod store;

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;

use crate::entity::user::User;
use crate::password::PasswordCheck;
use crate::store::Answer;

pub(crate) use standing::{admit, current};
pub use store::StoreAccounts;

/// The people who can sign in.
///
/// The server asks whenever a person matters: at a sign-in, on each page, when a code or a refresh token becomes
/// tokens, at UserInfo and at introspection. Who is gone or disabled by then gets nothing, and their sessions and
/// tokens have ended. A [`Fault`](crate::fault::Fault) refuses too, and is `temporarily_unavailable` to the peer.
///
/// Guessing is slowed by the server for every kind of account; an implementation need not count.
pub trait Accounts: Send + Sync {
    /// One person by `id`, the `sub` of tokens: 1 to 255 ASCII characters, and never given to anybody else.
    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>>;

    /// One person by what was typed, in the form of [`normalise_login`](crate::entity::user::normalise_login).
    fn find_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>>;

    /// Whether the credentials are this person's. `user` is what [`Accounts::find_by_login`] gave for the login, or
    /// none where there is nobody or somebody disabled: this takes as long then, and says [`Verdict::Wrong`].
    fn verify<'a>(&'a self, user: Option<&'a User>, shown: &'a Credentials<'a>) -> Answer<'a, Verdict>;

    /// Whether [`Accounts::create`] makes accounts. Without it nobody can sign up, whatever the settings say.
    fn creates(&self) -> bool {
        false
    }

    /// Makes an account for somebody who asks for one at `/sign-up`, where
    /// [`Config::sign_up`](crate::config::Config::sign_up) allows it. How often is bounded by the server.
    fn create<'a>(&'a self, _: &'a NewAccount<'a>) -> Answer<'a, Created> {
        Box::pin(async { Ok(Created::Closed) })
    }

    /// Where the people are kept. [`Kept::Elsewhere`], unless they are the rows of the server's own store.
    fn kept(&self) -> Kept {
        Kept::Elsewhere
    }
}

/// What a person types to get an account.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// What they will sign in with, in the form of [`normalise_login`](crate::entity::user::normalise_login).
    pub login: &'a str,
    /// Of 8 to 1024 characters.
    pub password: &'a Secret,
    /// Their name, if they gave one.
    pub name: Option<&'a str>,
    /// When they asked.
    pub now: Time,
    form: &'a Form<'a>,
}

impl<'a> NewAccount<'a> {
    pub(crate) fn new(login: &'a str, password: &'a Secret, form: &'a Form<'a>, now: Time) -> Self {
        let name = form.get("name").map(str::trim).filter(|name| !name.is_empty());
        Self { login, password, name, now, form }
    }

    /// Another field of the form, for [`Pages`](crate::interact::pages::Pages) with one.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.form.get(name)
    }
}

/// What came of [`Accounts::create`].
#[derive(Clone, Debug)]
pub enum Created {
    /// The account. Whoever asked is signed in with it.
    Account(Box<User>),
    /// Somebody has this login already.
    Taken,
    /// Too many passwords are being hashed; nothing was made.
    Overloaded,
    /// Nobody can make an account here.
    Closed,
}

/// Where people are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the store that the server works on: whatever it reads there of a person is true, and nobody need be asked.
    InStore,
    /// Anywhere else. The store gets a row with the `id` of whoever signs in and nothing more, so that sessions and
    /// tokens have somebody to belong to; for all else these accounts are asked.
    Elsewhere,
}

/// What a person shows to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    password: &'a Secret,
    form: Option<&'a Form<'a>>,
}

impl<'a> Credentials<'a> {
    /// A password alone, as the password grant brings it.
    pub fn password_alone(password: &'a Secret) -> Self {
        Self { password, form: None }
    }

    /// A sign-in form with its password.
    pub(crate) fn of_form(password: &'a Secret, form: &'a Form<'a>) -> Self {
        Self { password, form: Some(form) }
    }

    /// The password, or the empty string.
    pub fn password(&self) -> &'a Secret {
        self.password
    }

    /// Another field of the sign-in form, for [`Pages`](crate::interact::pages::Pages) with one: a one-time code.
    /// None in the password grant.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.form?.get(name)
    }
}

/// What came of [`Accounts::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are this person's.
    Right {
        /// How that was proved: values of RFC 8176 §2, for `amr` in ID tokens.
        amr: Vec<String>,
    },
    /// They are not, or there is no such person.
    Wrong,
    /// Too many are being checked; nothing was. The person is told to come back in a moment.
    Overloaded,
}

impl Verdict {
    /// [`Verdict::Right`] by a password: `amr` is `pwd`.
    pub fn by_password() -> Self {
        Self::Right { amr: vec!["pwd".to_owned()] }
    }
}

impl From<PasswordCheck> for Verdict {
    fn from(check: PasswordCheck) -> Self {
        match check {
            PasswordCheck::Right => Self::by_password(),
            PasswordCheck::Wrong => Self::Wrong,
            PasswordCheck::Overloaded => Self::Overloaded,
        }
    }
}
