//! People in SQLite.

use rusqlite::{Connection, Row};

use hallpass_server::entity::Status;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{Answer, Users};

use super::SqliteStore;
use super::column::{execute, first, json, to_json};
use super::failure::Failure;

pub(super) const BY_ID: &str = "SELECT body FROM users WHERE id = ?1";
pub(super) const BY_LOGIN: &str =
    "SELECT u.body FROM logins l JOIN users u ON u.id = l.user_id WHERE l.login = ?1";
pub(super) const PUT: &str = "INSERT INTO users (id, disabled, body) VALUES (?1, ?2, ?3)
    ON CONFLICT (id) DO UPDATE SET disabled = excluded.disabled, body = excluded.body";
pub(super) const FREE_LOGINS: &str = "DELETE FROM logins WHERE user_id = ?1";
/// Changes one row unless the login is somebody else's.
pub(super) const TAKE_LOGIN: &str = "INSERT INTO logins (login, user_id) VALUES (?1, ?2)
    ON CONFLICT (login) DO UPDATE SET user_id = excluded.user_id WHERE user_id = excluded.user_id";

impl Users for SqliteStore {
    fn user<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
        let id = id.to_owned();
        self.read(move |db| first(db, BY_ID, [&id], |row| user(row, 0)))
    }

    fn user_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
        let login = login.to_owned();
        self.read(move |db| first(db, BY_LOGIN, [&login], |row| user(row, 0)))
    }

    fn put_user<'a>(&'a self, user: &'a User) -> Answer<'a, ()> {
        let user = user.clone();
        self.write(move |db| put(db, &user))
    }
}

/// The person whose `body` is in a column.
pub(super) fn user(row: &Row<'_>, column: usize) -> Result<User, Failure> {
    json(row, column, "user")
}

fn put(db: &Connection, user: &User) -> Result<(), Failure> {
    execute(db, PUT, (&user.id, user.status == Status::Disabled, to_json(user)?))?;
    execute(db, FREE_LOGINS, [&user.id])?;
    for login in &user.logins {
        if execute(db, TAKE_LOGIN, (login, &user.id))? == 0 {
            return Err(Fault::Store("a login belongs to somebody else".to_owned()).into());
        }
    }
    Ok(())
}
