//! A web app that people sign in to — the authorization code flow of OpenID Connect Core §3.1, with PKCE.
//!
//! Everything it has to know comes from the environment; see README.md.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use hallpass_client::prelude::*;
use serde::Deserialize;
use tokio::net::TcpListener;

/// What the handlers read of the person's claims.
#[derive(Deserialize)]
struct Me {
    sub: String,
    email: Option<String>,
}

/// Anybody may see this.
async fn home(user: Option<LoggedIn<Me>>) -> Html<&'static str> {
    Html(match user {
        None => r#"<p>Nobody is signed in.</p><p><a href="/private">The private page</a></p>"#,
        Some(_) => {
            r#"<p><a href="/private">The private page</a></p><form method="post" action="/logout"><button>Sign out</button></form>"#
        }
    })
}

/// A browser without a session goes through `/login` and comes back here; a script gets 401.
async fn private(user: LoggedIn<Me>) -> String {
    format!(
        "Hello, {}! Your number at the issuer is {}.\n",
        user.email.as_deref().unwrap_or("stranger"),
        user.sub
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web-login: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env("APP_")?;
    let provider = Provider::discover(config.issuer.as_str()).await?;
    let login =
        Login::new(config.client(&provider)?, &config.public_url, LoginConfig::new(config.session_key))?;

    let app = Router::new()
        .route("/", get(home))
        .route("/private", get(private))
        .merge(login.routes()) // /login, /callback, /logout
        .layer(login.layer());

    let listener =
        TcpListener::bind(env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8100".to_owned())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
