//! People in PostgreSQL.

use deadpool_postgres::Object;
use tokio_postgres::Row;

use hallpass_server::entity::Status;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{Answer, Users};

use super::PostgresStore;
use super::column::{execute, first, json, to_json};
use super::failure::{Failure, Twice};

const BY_ID: &str = "SELECT body FROM users WHERE id = $1";
const BY_LOGIN: &str = "SELECT u.body FROM logins l JOIN users u ON u.id = l.user_id WHERE l.login = $1";
const PUT: &str = "INSERT INTO users (id, disabled, body) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET disabled = excluded.disabled, body = excluded.body";
const FREE_LOGINS: &str = "DELETE FROM logins WHERE user_id = $1 AND login <> ALL ($2)";
/// Changes one row unless the login is somebody else's.
const TAKE_LOGIN: &str = "INSERT INTO logins (login, user_id) VALUES ($1, $2)
    ON CONFLICT (login) DO UPDATE SET user_id = excluded.user_id WHERE logins.user_id = excluded.user_id";

impl Users for PostgresStore {
    fn user<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
        self.read(
            move |db| async move { first(&db, BY_ID, &[&id]).await?.map(|row| user(&row, 0)).transpose() },
        )
    }

    fn user_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
        self.read(move |db| async move {
            first(&db, BY_LOGIN, &[&login]).await?.map(|row| user(&row, 0)).transpose()
        })
    }

    fn put_user<'a>(&'a self, user: &'a User) -> Answer<'a, ()> {
        self.step(Twice::Harmful, move |db| put(db, user))
    }
}

/// The person whose `body` is in a column.
pub(super) fn user(row: &Row, column: usize) -> Result<User, Failure> {
    json(row, column, "user")
}

async fn put(mut db: Object, user: &User) -> Result<(), Failure> {
    // In one order, so that two people who exchange logins do not wait for each other.
    let mut logins: Vec<&str> = user.logins.iter().map(String::as_str).collect();
    logins.sort_unstable();
    let step = db.transaction().await?;
    execute(&step, PUT, &[&user.id, &(user.status == Status::Disabled), &to_json(user)?]).await?;
    execute(&step, FREE_LOGINS, &[&user.id, &logins]).await?;
    for login in logins {
        if execute(&step, TAKE_LOGIN, &[&login, &user.id]).await? == 0 {
            return Err(Fault::Store("a login belongs to somebody else".to_owned()).into());
        }
    }
    Ok(step.commit().await?)
}
