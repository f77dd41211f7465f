//! The accounts of the server's own store, with passwords by argon2id.

use std::sync::Arc;

use hallpass_proto::env::Env;

use super::{Accounts, Credentials, Kept, Verdict};
use crate::config::Config;
use crate::entity::user::User;
use crate::fault::Fault;
use crate::password::Passwords;
use crate::store::{Answer, Store};

/// The people of a [`Store`]: what a server has that is given no other [`Accounts`].
pub struct StoreAccounts {
    store: Arc<dyn Store>,
    passwords: Passwords,
}

impl StoreAccounts {
    /// Over the store that the server works on. Passwords are checked on as many workers as the settings say.
    pub fn new(store: Arc<dyn Store>, config: &Config, env: &Env) -> Result<Self, Fault> {
        Ok(Self { store, passwords: Passwords::new(config.password_workers, config.password_queue, env)? })
    }
}

impl Accounts for StoreAccounts {
    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
        self.store.user(id)
    }

    fn find_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
        self.store.user_by_login(login)
    }

    fn verify<'a>(&'a self, user: Option<&'a User>, shown: &'a Credentials<'a>) -> Answer<'a, Verdict> {
        Box::pin(async move {
            let hash = user.map(|user| user.password_hash.clone());
            Ok(self.passwords.check(shown.password().clone(), hash).await?.into())
        })
    }

    fn kept(&self) -> Kept {
        Kept::InStore
    }
}
