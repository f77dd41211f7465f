//! `hallpass client registration-token …`: initial access tokens (RFC 7591 §3) of a live database.

use std::fmt::Write as _;

use hallpass_proto::env::{Env, Time};
use hallpass_server::entity::registration_token::RegistrationToken;

use super::open;
use crate::cli::{NewRegistrationToken, OneRegistrationToken, RegistrationTokenCommand};
use crate::config::duration;
use crate::output::say;

/// Does one command.
pub(crate) async fn run(command: RegistrationTokenCommand) -> Result<(), String> {
    match command {
        RegistrationTokenCommand::Add(new) => add(&new).await,
        RegistrationTokenCommand::List(place) => {
            let tokens = open(&place).await?.registration_tokens().await.map_err(|e| e.to_string())?;
            let now = Env::system().now();
            let mut out = String::new();
            for token in &tokens {
                let _ = writeln!(out, "{:<24} {}", token.id, described(token, now));
            }
            say(&out);
            Ok(())
        }
        RegistrationTokenCommand::Revoke(one) => revoke(&one).await,
    }
}

async fn add(new: &NewRegistrationToken) -> Result<(), String> {
    let env = Env::system();
    let now = env.now();
    let secret = env.token();
    let token = RegistrationToken {
        digest: secret.digest(),
        id: env.id(),
        label: new.label.clone().unwrap_or_default(),
        uses_left: new.uses,
        expires_at: new.lifetime.map(|seconds| now + seconds),
        created_at: now,
    };
    open(&new.place).await?.issue_registration_token(&token).await.map_err(|e| e.to_string())?;
    say(&format!("id     {}\ntoken  {}\n", token.id, secret.expose()));
    Ok(())
}

async fn revoke(one: &OneRegistrationToken) -> Result<(), String> {
    let store = open(&one.place).await?;
    if store.revoke_registration_token(&one.id).await.map_err(|e| e.to_string())? {
        say(&format!("{} is revoked\n", one.id));
        Ok(())
    } else {
        Err(format!("there is no initial access token with the id {:?}", one.id))
    }
}

fn described(token: &RegistrationToken, now: Time) -> String {
    let uses = match token.uses_left {
        None => "any number of clients".to_owned(),
        Some(1) => "1 client".to_owned(),
        Some(uses) => format!("{uses} clients"),
    };
    let ends = match token.expires_at {
        None => "does not end".to_owned(),
        Some(end) if end <= now => "has ended".to_owned(),
        Some(end) => format!("ends in {}", duration::print(end.since(now))),
    };
    if token.label.is_empty() {
        format!("{uses}; {ends}")
    } else {
        format!("{uses}; {ends}; {}", token.label)
    }
}
