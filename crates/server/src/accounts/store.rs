//! The accounts of the server's own store, with passwords by argon2id.

use std::sync::Arc;

use hallpass_proto::env::Env;
use hallpass_proto::userinfo::Claims;
use serde_json::{Map, Value};

use super::{Accounts, Created, Credentials, Kept, NewAccount, Verdict};
use crate::config::Config;
use crate::entity::user::User;
use crate::fault::Fault;
use crate::password::Passwords;
use crate::store::{Answer, Store};

/// The people of a [`Store`]: what a server has that is given no other [`Accounts`].
pub struct StoreAccounts {
    store: Arc<dyn Store>,
    passwords: Passwords,
    env: Env,
}

impl StoreAccounts {
    /// Over the store that the server works on. Passwords are checked on as many workers as the settings say.
    pub fn new(store: Arc<dyn Store>, config: &Config, env: &Env) -> Result<Self, Fault> {
        let passwords = Passwords::new(config.password_workers, config.password_queue, env)?;
        Ok(Self { store, passwords, env: env.clone() })
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

    fn creates(&self) -> bool {
        true
    }

    fn create<'a>(&'a self, new: &'a NewAccount<'a>) -> Answer<'a, Created> {
        Box::pin(async move {
            if self.store.user_by_login(new.login).await?.is_some() {
                return Ok(Created::Taken);
            }
            let hash = self.passwords.hash(new.password.clone(), &self.env).await?;
            let Some(password_hash) = hash else { return Ok(Created::Overloaded) };
            let user = User {
                logins: vec![new.login.to_owned()],
                password_hash,
                claims: claims(new),
                ..User::new(&self.env.id(), new.now)
            };
            match self.store.put_user(&user).await {
                Ok(()) => Ok(Created::Account(Box::new(user))),
                // Somebody else may have taken the login a moment ago, and then that is the reason.
                Err(fault) => match self.store.user_by_login(new.login).await? {
                    Some(_) => Ok(Created::Taken),
                    None => Err(fault),
                },
            }
        })
    }

    fn kept(&self) -> Kept {
        Kept::InStore
    }
}

/// What a person has said of themselves: nothing that anybody has verified.
fn claims(new: &NewAccount<'_>) -> Claims {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if let Some(name) = new.name {
        put("name", name.into());
    }
    // Not `email`, though it may be an address: many a client takes that for proof of whose account it is.
    put("preferred_username", new.login.into());
    put("updated_at", new.now.unix().into());
    Claims(claims)
}
