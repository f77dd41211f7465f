//! `hallpass client …`: clients of a live database.

use std::fmt::Write as _;

use hallpass_proto::env::Env;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::store::Store;

use super::open;
use crate::cli::{ClientCommand, NewClient, OneClient};
use crate::config::print::summary;
use crate::config::registration::ClientForm;
use crate::output::say;

/// Does one command.
pub(crate) async fn run(command: ClientCommand) -> Result<(), String> {
    match command {
        ClientCommand::Add(new) => add(new).await,
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
        ClientCommand::Disable(one) => set(&one, Status::Disabled).await,
        ClientCommand::Enable(one) => set(&one, Status::Active).await,
    }
}

async fn add(new: NewClient) -> Result<(), String> {
    let env = Env::system();
    let given = |list: Vec<String>| if list.is_empty() { None } else { Some(list) };
    let form = ClientForm {
        client_id: new.client_id.unwrap_or_else(|| env.id()),
        client_name: new.name,
        token_endpoint_auth_method: Some(new.auth_method),
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        grant_types: given(new.grant_types),
        response_types: given(new.response_types),
        scope: Some(new.scope),
        require_pkce: Some(!new.without_pkce),
        audience: new.audience,
        ..ClientForm::default()
    };
    let mut client = form.check(env.now()).map_err(|wrongs| {
        let each: Vec<String> =
            wrongs.into_iter().map(|wrong| format!("{} {}", wrong.field, wrong.why)).collect();
        each.join("; ")
    })?;
    let secret = if client.is_public() { None } else { Some(env.token()) };
    client.client_secret = secret.as_ref().map(|secret| secret.digest());
    let store = open(&new.place).await?;
    if store.client(&client.client_id).await.map_err(|e| e.to_string())?.is_some() {
        return Err(format!("there is a client {:?} already", client.client_id));
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

/// Everything but the secret's digest, in the names of RFC 7591.
fn describe(client: &Client) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<28} {value}");
    };
    line("client_id", &client.client_id);
    line("client_name", &client.client_name);
    line("status", word(client.status));
    line("token_endpoint_auth_method", client.token_endpoint_auth_method.as_str());
    for uri in &client.redirect_uris {
        line("redirect_uris", uri.as_str());
    }
    for uri in &client.post_logout_redirect_uris {
        line("post_logout_redirect_uris", uri.as_str());
    }
    line("grant_types", &client.grant_types.join(" "));
    for response_type in &client.response_types {
        line("response_types", &response_type.to_string());
    }
    line("scope", &client.scope.to_string());
    line("require_pkce", if client.needs_pkce() { "true" } else { "false" });
    for audience in &client.audience {
        line("audience", audience);
    }
    line("id_token_signed_response_alg", client.id_token_signed_response_alg.as_str());
    let pages = [
        ("client_uri", &client.client_uri),
        ("logo_uri", &client.logo_uri),
        ("policy_uri", &client.policy_uri),
        ("tos_uri", &client.tos_uri),
    ];
    for (name, page) in pages {
        if let Some(page) = page {
            line(name, page);
        }
    }
    out
}
