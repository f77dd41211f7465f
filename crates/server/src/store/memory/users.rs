//! People in memory.

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::Status;
use crate::entity::user::User;
use crate::fault::Fault;
use crate::store::{Answer, Users};

impl Users for MemoryStore {
    fn user<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
        Box::pin(async move { Ok(self.tables()?.users.get(id).cloned()) })
    }

    fn user_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
        Box::pin(async move {
            let tables = self.tables()?;
            Ok(tables.logins.get(login).and_then(|id| tables.users.get(id)).cloned())
        })
    }

    fn put_user<'a>(&'a self, user: &'a User) -> Answer<'a, ()> {
        Box::pin(async move { self.tables()?.put_user(user) })
    }
}

impl Tables {
    /// Somebody who is there and not disabled.
    pub(super) fn active_user(&self, id: &str) -> Option<&User> {
        self.users.get(id).filter(|user| user.status == Status::Active)
    }

    fn put_user(&mut self, user: &User) -> Result<(), Fault> {
        if user.logins.iter().any(|login| self.logins.get(login).is_some_and(|id| *id != user.id)) {
            return Err(Fault::Store("a login belongs to somebody else".to_owned()));
        }
        if let Some(old) = self.users.insert(user.id.clone(), user.clone()) {
            for login in &old.logins {
                self.logins.remove(login);
            }
        }
        self.logins.extend(user.logins.iter().map(|login| (login.clone(), user.id.clone())));
        Ok(())
    }
}
