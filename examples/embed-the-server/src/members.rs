//! The club's members, in the club's own hands. Here a map in memory; elsewhere a table that is there already.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use hallpass_proto::env::{Env, Time};
use hallpass_proto::secret::Secret;
use hallpass_proto::userinfo::Claims;
use hallpass_server::accounts::{Accounts, Credentials, Verdict};
use hallpass_server::entity::Status;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::password::{Passwords, hash_password};
use hallpass_server::store::Answer;

/// A member, as the club knows them.
struct Member {
    name: &'static str,
    email: &'static str,
    password_hash: Secret,
    /// Somebody who has left keeps the number: nobody else gets it.
    left: bool,
}

/// Everybody, by membership number.
pub(crate) struct Members {
    list: RwLock<HashMap<u32, Member>>,
    passwords: Passwords,
}

impl Members {
    /// The club on its first day. A real one asks for passwords instead of writing them down here.
    pub(crate) fn with_founders(env: &Env) -> Result<Self, Fault> {
        let member = |name, email, password: &str| -> Result<Member, Fault> {
            let password_hash = hash_password(&password.into(), env)?;
            Ok(Member { name, email, password_hash, left: false })
        };
        let list = HashMap::from([
            (1, member("Ada Lovelace", "ada@example.com", "lovelace")?),
            (2, member("Grace Hopper", "grace@example.com", "nanoseconds")?),
        ]);
        Ok(Self { list: RwLock::new(list), passwords: Passwords::new(1, 64, env)? })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.list.read().unwrap_or_else(PoisonError::into_inner).values().filter(|m| !m.left).count()
    }

    /// A member leaves: their tokens and sessions end with it.
    #[cfg(test)]
    pub(crate) fn leave(&self, number: u32) {
        if let Some(member) = self.list.write().unwrap_or_else(PoisonError::into_inner).get_mut(&number) {
            member.left = true;
        }
    }

    fn find(&self, fits: impl Fn(u32, &Member) -> bool) -> Option<User> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.iter()
            .find(|(number, member)| fits(**number, member))
            .map(|(number, member)| member.user(*number))
    }
}

impl Member {
    /// The member as the provider sees them. The number is the `sub`.
    fn user(&self, number: u32) -> User {
        let claims = [("name", self.name), ("email", self.email)];
        User {
            logins: vec![self.email.to_owned()],
            password_hash: self.password_hash.clone(),
            claims: Claims(claims.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()),
            status: if self.left { Status::Disabled } else { Status::Active },
            ..User::new(&number.to_string(), Time::from_unix(0))
        }
    }
}

impl Accounts for Members {
    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
        Box::pin(async move { Ok(self.find(|number, _| number.to_string() == id)) })
    }

    fn find_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
        Box::pin(async move { Ok(self.find(|_, member| member.email == login)) })
    }

    fn verify<'a>(&'a self, user: Option<&'a User>, shown: &'a Credentials<'a>) -> Answer<'a, Verdict> {
        Box::pin(async move {
            // Without a hash it takes as long, and the answer is no.
            let hash = user.map(|user| user.password_hash.clone());
            Ok(self.passwords.check(shown.password().clone(), hash).await?.into())
        })
    }
}
