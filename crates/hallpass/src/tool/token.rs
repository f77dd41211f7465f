//! `hallpass token`: any flow, from a terminal, against any issuer.

use std::process::{Command, Stdio};

use hallpass_client::client::Client;
use hallpass_client::error::Error;
use hallpass_client::tokens::Tokens;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;
use serde_json::{Map, Value};

use super::loopback::Loopback;
use super::options::{Flow, Show, TokenOptions};
use super::{discover, read_secret, told};
use crate::output::say;

/// The environment variable that may hold the client's secret.
const SECRET: &str = "HALLPASS_CLIENT_SECRET";

/// Gets tokens and prints them.
pub(crate) async fn run(options: &TokenOptions) -> Result<(), String> {
    let scope: Scope = options.scope.parse().map_err(|error| format!("--scope: {error}"))?;
    let provider = discover(&options.issuer).await?;
    let mut builder = Client::builder(&provider, &options.client_id);
    if let Some(secret) = secret(options)? {
        builder = builder.secret(secret);
    }
    if let Some(method) = &options.auth_method {
        builder = builder.auth_method(method.parse().map_err(|error| format!("--auth-method: {error}"))?);
    }
    let client = builder.build().map_err(|error| error.to_string())?;
    let tokens = match options.flow {
        Flow::Browser => return browser(options, &client, &scope).await,
        Flow::Device => device(&client, &scope).await,
        Flow::ClientCredentials => client.client_credentials(&scope).await,
        Flow::Refresh => client.refresh(&read_secret("Refresh token: ")?, &scope, None).await,
        Flow::Password => {
            let username = options.username.as_deref().ok_or("--flow password needs --username")?;
            client.password(username, &read_secret("Password: ")?, &scope).await
        }
    };
    print(options.show, &tokens.map_err(|error| told(&error))?);
    Ok(())
}

async fn browser(options: &TokenOptions, client: &Client, scope: &Scope) -> Result<(), String> {
    let loopback = Loopback::listen(options.port).await?;
    let start = client.authorize().scope(scope).redirect_uri(&loopback.redirect_uri()).start().await;
    let start = start.map_err(|error| told(&error))?;
    // To standard error, so that the output is the token alone.
    eprintln!("Sign in at\n\n  {}\n", start.url);
    if !options.no_browser {
        open(&start.url);
    }
    let state = start.pending.state().expose().clone();
    let response = loopback.response(&state).await?;
    let tokens = client.complete(start.pending, response).await.map_err(|error| told(&error))?;
    print(options.show, &tokens);
    Ok(())
}

/// Says where the code is entered, and waits until it was.
async fn device(client: &Client, scope: &Scope) -> Result<Tokens, Error> {
    let mut device = client.device(scope).await?;
    // To standard error, so that the output is the token alone.
    eprintln!(
        "On any machine, open\n\n  {}\n\nand enter the code\n\n  {}\n",
        device.verification_uri(),
        device.user_code()
    );
    if let Some(complete) = device.verification_uri_complete() {
        eprintln!("This address has the code in it:\n\n  {complete}\n");
    }
    device.wait().await
}

/// Opens a browser where there is one. The address is printed, so nothing is lost where there is none.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    let _ = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

fn secret(options: &TokenOptions) -> Result<Option<Secret>, String> {
    if let Some(file) = &options.client_secret_file {
        let text =
            std::fs::read_to_string(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        return Ok(Some(Secret::from(text.trim_end())));
    }
    Ok(std::env::var(SECRET).ok().filter(|secret| !secret.is_empty()).map(Secret::new))
}

fn print(show: Show, tokens: &Tokens) {
    match show {
        Show::AccessToken => say(&format!("{}\n", tokens.access_token.expose())),
        Show::Json => {
            let mut json = Map::new();
            let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
            put("access_token", tokens.access_token.expose().as_str().into());
            if let Some(at) = tokens.expires_at {
                put("expires_at", at.unix().into());
            }
            if let Some(token) = &tokens.refresh_token {
                put("refresh_token", token.expose().as_str().into());
            }
            if !tokens.scope.is_empty() {
                put("scope", tokens.scope.to_string().into());
            }
            if let Some(id_token) = &tokens.id_token {
                put("id_token", id_token.raw.expose().as_str().into());
            }
            say(&format!("{:#}\n", Value::Object(json)));
        }
    }
}
