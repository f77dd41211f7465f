//! `hallpass client …`: clients of a live database.

use std::fmt::Write as _;
use std::path::Path;

use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::registration::ClientMetadata;
use hallpass_server::client_secret;
use hallpass_server::config::Config;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::register::{Registrant, Rules, metadata_of};
use hallpass_server::store::Store;
use serde_json::{Map, Value};

use super::key::Keys;
use super::open;
use crate::cli::{ClientCommand, NewClient, OneClient};
use crate::config::print::summary;
use crate::output::say;

/// What a client may ask for where nobody says it.
const USUAL_SCOPE: &str = "openid profile email";

/// Does one command.
pub(crate) async fn run(command: ClientCommand) -> Result<(), String> {
    match command {
        ClientCommand::Add(new) => add(*new).await,
        ClientCommand::List(place) => {
            let clients = open(&place).await?.clients().await.map_err(|e| e.to_string())?;
            let mut out = String::new();
            for client in &clients {
                let _ =
                    writeln!(out, "{:<24} {:<8} {}", client.client_id, word(client.status), summary(client));
            }
            say(&out);
            Ok(())
        }
        ClientCommand::Show(one) => {
            let client = find(open(&one.place).await?.as_ref(), &one.client_id).await?;
            say(&describe(&client));
            Ok(())
        }
        ClientCommand::Remove(one) => remove(&one).await,
        ClientCommand::RegistrationToken(command) => super::registration_token::run(command).await,
        ClientCommand::Disable(one) => set(&one, Status::Disabled).await,
        ClientCommand::Enable(one) => set(&one, Status::Active).await,
    }
}

async fn add(new: NewClient) -> Result<(), String> {
    let env = Env::system();
    let client_id = new.client_id.clone().unwrap_or_else(|| env.id());
    let mut metadata = metadata(&new)?;
    metadata.client_name.get_or_insert_with(|| client_id.clone());
    metadata.scope.get_or_insert_with(|| USUAL_SCOPE.to_owned());
    let mut client = rules()?.check(&client_id, &metadata, env.now()).map_err(|wrongs| {
        let each: Vec<String> = wrongs.iter().map(ToString::to_string).collect();
        each.join("; ")
    })?;
    let method = client.token_endpoint_auth_method;
    let wanted = method.has_secret() || client.needs_its_secret();
    let secret = wanted.then(|| client_secret::make(&client, &env));
    let store = open(&new.place).await?;
    if store.client(&client.client_id).await.map_err(|e| e.to_string())?.is_some() {
        return Err(format!("there is a client {:?} already", client.client_id));
    }
    if let Some(secret) = &secret {
        // Most secrets are kept as digests, and nobody needs the master key to add a client with one.
        let keys = if client.needs_its_secret() {
            Keys::open(&new.place).await?
        } else {
            Keys::sealed_under_nothing(store.clone())
        };
        client_secret::give(&keys.lifecycle(&env), &mut client, secret).await.map_err(|e| e.to_string())?;
    }
    store.put_client(&client).await.map_err(|e| e.to_string())?;
    match secret {
        Some(secret) => {
            say(&format!("client_id      {}\nclient_secret  {}\n", client.client_id, secret.expose()))
        }
        None => say(&format!("client_id      {}\n", client.client_id)),
    }
    Ok(())
}

async fn set(one: &OneClient, status: Status) -> Result<(), String> {
    let store = open(&one.place).await?;
    let mut client = find(store.as_ref(), &one.client_id).await?;
    client.status = status;
    store.put_client(&client).await.map_err(|e| e.to_string())?;
    say(&format!("{} is {}\n", client.client_id, word(status)));
    Ok(())
}

async fn remove(one: &OneClient) -> Result<(), String> {
    let store = open(&one.place).await?;
    let now = Env::system().now();
    if !store.delete_client(&one.client_id, now).await.map_err(|e| e.to_string())? {
        return Err(format!("there is no client {:?}", one.client_id));
    }
    say(&format!("{} is removed\n", one.client_id));
    Ok(())
}

async fn find(store: &dyn Store, client_id: &str) -> Result<Client, String> {
    let client = store.client(client_id).await.map_err(|e| e.to_string())?;
    client.ok_or_else(|| format!("there is no client {client_id:?}"))
}

pub(super) fn word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Disabled => "disabled",
    }
}

/// What the flags say, and the file for what they do not say.
fn metadata(new: &NewClient) -> Result<ClientMetadata, String> {
    let given = |list: &[String]| if list.is_empty() { None } else { Some(list.to_vec()) };
    let flags = ClientMetadata {
        client_name: new.name.clone(),
        token_endpoint_auth_method: new.auth_method.clone(),
        redirect_uris: given(&new.redirect_uris),
        post_logout_redirect_uris: given(&new.post_logout_redirect_uris),
        grant_types: given(&new.grant_types),
        response_types: given(&new.response_types),
        scope: new.scope.clone(),
        require_pkce: new.without_pkce.then_some(false),
        audience: given(&new.audience),
        jwks: new.jwks_file.as_deref().map(jwks).transpose()?,
        jwks_uri: new.jwks_uri.clone(),
        ..ClientMetadata::default()
    };
    let Some(file) = &new.metadata else { return Ok(flags) };
    let cannot = |why: &dyn std::fmt::Display| format!("{} cannot be read: {why}", file.display());
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    let held = ClientMetadata::parse(&bytes).map_err(|error| cannot(&error))?;
    Ok(held.overridden_by(flags))
}

/// The keys in a file.
fn jwks(file: &Path) -> Result<Map<String, Value>, String> {
    let cannot = |why: &dyn std::fmt::Display| format!("{} cannot be read: {why}", file.display());
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| cannot(&error))
}

/// Those of any server: what it offers does not depend on its address, nor on secrets that it alone has.
fn rules() -> Result<Rules, String> {
    Ok(Rules::new(&config()?, Registrant::Operator))
}

fn config() -> Result<Config, String> {
    Ok(Config::new(Issuer::parse("http://localhost").map_err(|e| e.to_string())?))
}

/// Everything but secrets, in the names of RFC 7591.
fn describe(client: &Client) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<28} {value}");
    };
    line("client_id", &client.client_id);
    line("status", word(client.status));
    let Ok(Value::Object(members)) = serde_json::to_value(metadata_of(client)) else { return out };
    for (name, value) in &members {
        match value {
            Value::String(text) => line(name, text),
            Value::Array(values) if name == "grant_types" => {
                line(name, &values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
            }
            Value::Array(values) => values.iter().filter_map(Value::as_str).for_each(|text| line(name, text)),
            other => line(name, &other.to_string()),
        }
    }
    out
}
