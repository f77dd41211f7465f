//! `hallpass user …`: people of a live database.

use serde_json::{Map, Value};

use hallpass_proto::env::Env;
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::Status;
use hallpass_server::entity::user::{User, normalise_login};
use hallpass_server::password::hash_password;
use hallpass_server::store::Store;

use super::client::word;
use super::{open, password};
use crate::cli::{NewPassword, NewUser, OneUser, UserCommand};
use crate::output::say;

/// Does one command.
pub(crate) async fn run(command: UserCommand) -> Result<(), String> {
    match command {
        UserCommand::Add(new) => add(new).await,
        UserCommand::SetPassword(new) => set_password(new).await,
        UserCommand::Disable(one) => set(&one, Status::Disabled).await,
        UserCommand::Enable(one) => set(&one, Status::Active).await,
    }
}

async fn add(new: NewUser) -> Result<(), String> {
    let env = Env::system();
    let store = open(&new.place).await?;
    let logins: Vec<String> =
        std::iter::once(&new.login).chain(&new.more_logins).map(|login| normalise_login(login)).collect();
    for login in &logins {
        if login.is_empty() {
            return Err("a login is empty".to_owned());
        }
        if store.user_by_login(login).await.map_err(|e| e.to_string())?.is_some() {
            return Err(format!("there is somebody with the login {login:?} already"));
        }
    }
    let mut claims = Map::new();
    for (name, value) in new.claims {
        if name == "sub" {
            return Err("sub is not a claim to choose: it is made here".to_owned());
        }
        claims.insert(name, Value::String(value));
    }
    if let Some(name) = new.name {
        claims.insert("name".to_owned(), Value::String(name));
    }
    if let Some(email) = new.email {
        claims.insert("email".to_owned(), Value::String(email));
        claims.insert("email_verified".to_owned(), Value::Bool(true));
    }
    let password = password::read(new.password_file.as_deref())?;
    let user = User {
        id: env.id(),
        logins,
        password_hash: hash_password(&password, &env).map_err(|e| e.to_string())?,
        claims: Claims(claims),
        status: Status::Active,
        created_at: env.now(),
    };
    store.put_user(&user).await.map_err(|e| e.to_string())?;
    say(&format!("{} has the sub {}\n", user.logins.join(", "), user.id));
    Ok(())
}

async fn set_password(new: NewPassword) -> Result<(), String> {
    let store = open(&new.place).await?;
    let mut user = find(store.as_ref(), &new.login).await?;
    let password = password::read(new.password_file.as_deref())?;
    user.password_hash = hash_password(&password, &Env::system()).map_err(|e| e.to_string())?;
    store.put_user(&user).await.map_err(|e| e.to_string())?;
    say(&format!("{} has a new password\n", user.logins.join(", ")));
    Ok(())
}

async fn set(one: &OneUser, status: Status) -> Result<(), String> {
    let store = open(&one.place).await?;
    let mut user = find(store.as_ref(), &one.login).await?;
    user.status = status;
    store.put_user(&user).await.map_err(|e| e.to_string())?;
    if status == Status::Disabled {
        // The running server tells the clients.
        store.end_sessions_of(&user.id, Env::system().now()).await.map_err(|e| e.to_string())?;
    }
    say(&format!("{} is {}\n", user.logins.join(", "), word(status)));
    Ok(())
}

async fn find(store: &dyn Store, login: &str) -> Result<User, String> {
    let user = store.user_by_login(&normalise_login(login)).await.map_err(|e| e.to_string())?;
    user.ok_or_else(|| format!("there is nobody with the login {login:?}"))
}
