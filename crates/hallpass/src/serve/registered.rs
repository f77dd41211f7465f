//! The clients and people of the file, put into the database at every start.

use hallpass_proto::env::Env;
use hallpass_server::client_secret;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::keys::Lifecycle;
use hallpass_server::password::hash_password;
use hallpass_server::store::Store;

use crate::config::{Settings, StaticClient, StaticPassword, StaticUser};

/// Why they cannot be put there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error(
        "the login {login:?} of a [[user]] belongs to somebody else in the database, whose sub is {sub:?}"
    )]
    LoginTaken { login: String, sub: String },
}

/// What the file says wins; what it does not say (whether somebody is disabled, since when) stays as it is.
pub(super) async fn register(keys: &Lifecycle<'_>, settings: &Settings) -> Result<(), RegisterError> {
    let (store, env) = (keys.store, keys.env);
    for client in &settings.clients {
        register_client(keys, client).await?;
    }
    for user in &settings.users {
        match register_user(store, env, user).await {
            // Another node that starts now may have been first, and made the person: then it is there by now.
            Err(RegisterError::Store(_)) => register_user(store, env, user).await?,
            ended => ended?,
        }
    }
    Ok(())
}

async fn register_client(keys: &Lifecycle<'_>, registered: &StaticClient) -> Result<(), RegisterError> {
    let mut client = registered.client.clone();
    let store = keys.store;
    let held = store.client(&client.client_id).await?;
    client.status = status(registered.disabled, held.as_ref().map(|held| held.status));
    if let Some(held) = &held {
        client.created_at = held.created_at;
    }
    if let Some(secret) = &registered.secret {
        match &held {
            // Sealed once more it would be another value, and the client would be written at every start.
            Some(held)
                if held.client_secret == Some(secret.digest()) && is_kept_as_it_should(held, &client) =>
            {
                client.client_secret = held.client_secret;
                client.client_secret_sealed.clone_from(&held.client_secret_sealed);
            }
            Some(_) | None => client_secret::give(keys, &mut client, secret).await?,
        }
    }
    if held.as_ref() != Some(&client) {
        store.put_client(&client).await?;
    }
    Ok(())
}

fn is_kept_as_it_should(held: &Client, client: &Client) -> bool {
    held.client_secret_sealed.is_some() == client.needs_its_secret()
}

async fn register_user(store: &dyn Store, env: &Env, registered: &StaticUser) -> Result<(), RegisterError> {
    let mut held = match &registered.sub {
        Some(sub) => store.user(sub).await?,
        None => None,
    };
    for login in &registered.logins {
        let Some(owner) = store.user_by_login(login).await? else { continue };
        let own = registered.sub.as_ref().or(held.as_ref().map(|held| &held.id));
        if own.is_some_and(|own| *own != owner.id) {
            return Err(RegisterError::LoginTaken { login: login.clone(), sub: owner.id });
        }
        held = Some(owner);
    }
    let user = User {
        id: match (&registered.sub, &held) {
            (Some(sub), _) => sub.clone(),
            (None, Some(held)) => held.id.clone(),
            (None, None) => env.id(),
        },
        logins: registered.logins.clone(),
        password_hash: match &registered.password {
            StaticPassword::Hash(hash) => hash.clone(),
            StaticPassword::Plain(password) => hash_password(password, env)?,
        },
        claims: registered.claims.clone(),
        status: status(registered.disabled, held.as_ref().map(|held| held.status)),
        created_at: held.map_or(env.now(), |held| held.created_at),
    };
    store.put_user(&user).await?;
    Ok(())
}

fn status(disabled: Option<bool>, held: Option<Status>) -> Status {
    match disabled {
        Some(true) => Status::Disabled,
        Some(false) => Status::Active,
        None => held.unwrap_or_default(),
    }
}
