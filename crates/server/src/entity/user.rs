//! A person who can sign in: the resource owner of RFC 6749 §1.1, the End-User of OpenID Connect.

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;
use hallpass_proto::userinfo::Claims;

use super::Status;

/// A person's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The `sub` of tokens: never used again for another person.
    pub id: String,
    /// What the person types to sign in, each in the form of [`normalise_login`].
    pub logins: Vec<String>,
    /// The PHC string of the password (argon2id); or whatever [`Accounts`](crate::accounts::Accounts) that are kept
    /// elsewhere want to find here. Empty where there is none.
    pub password_hash: Secret,
    /// What is known of the person.
    pub claims: Claims,
    /// Whether the person may sign in.
    pub status: Status,
    /// When the account was made.
    pub created_at: Time,
}

impl User {
    /// A person of whom nothing is known but the `sub`. Anything else is for the caller to set:
    /// `User { logins, ..User::new(id, now) }`.
    pub fn new(id: &str, created_at: Time) -> Self {
        Self {
            id: id.to_owned(),
            logins: Vec::new(),
            password_hash: Secret::from(""),
            claims: Claims::default(),
            status: Status::Active,
            created_at,
        }
    }

    /// A name for pages: the full name, or else the first login.
    pub fn display_name(&self) -> &str {
        self.claims.text("name").or_else(|| self.login()).unwrap_or(&self.id)
    }

    /// The first login.
    pub fn login(&self) -> Option<&str> {
        self.logins.first().map(String::as_str)
    }
}

/// The one form of a login: without surrounding space, in lower case, so that `Ada@Example.com ` and
/// `ada@example.com` are the same person to sign-in and to the lock-out alike.
pub fn normalise_login(typed: &str) -> String {
    typed.trim().to_lowercase()
}
