//! A club's website whose members sign in elsewhere with their club account: an OpenID Provider inside an axum program.
//!
//! `members.rs` has the people, `pages.rs` the one page that is the club's own; see README.md and `docs/embed.md`.

mod members;
mod pages;
#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::secret::Secret;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::entity::client::Client;
use hallpass_server::store::Store;
use hallpass_store::sqlite::SqliteStore;
use tokio::net::TcpListener;

use members::Members;
use pages::ClubPages;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let env = Env::system();
    let issuer = Issuer::parse("http://localhost:9100/auth")?;
    let store = Arc::new(SqliteStore::open("club.db")?);
    let secret = Secret::from(env::var("CLIENT_SECRET").map_err(|_| "CLIENT_SECRET is not set")?);
    register(store.as_ref(), &secret, &env).await?;

    let members = Arc::new(Members::with_founders(&env)?);
    let server = provider(issuer, env, store, members.clone()).await?;
    tokio::spawn(tend(server.clone()));
    let app = website(members).merge(server.routes());

    let listener = TcpListener::bind("127.0.0.1:9100").await?;
    println!("listening on http://localhost:9100");
    axum::serve(listener, app).await?;
    Ok(())
}

/// The provider, with the club's members and the club's sign-in page.
async fn provider(
    issuer: Issuer,
    env: Env,
    store: Arc<dyn Store>,
    members: Arc<Members>,
) -> Result<Server, Box<dyn Error>> {
    let server = Server::builder(Config::new(issuer), env, store)
        .accounts(members)
        .pages(Arc::new(ClubPages))
        .build()
        .await?;
    Ok(server)
}

/// What the website has beside that. Its paths and those of the issuer must not be the same.
fn website(members: Arc<Members>) -> Router {
    Router::new()
        .route("/", get(async || "The club. Members: /members\n"))
        .route("/members", get(async move || format!("{} members\n", members.count())))
        .route("/club.css", get(async || ([("content-type", "text/css; charset=utf-8")], pages::STYLESHEET)))
        .fallback(async || (StatusCode::NOT_FOUND, "The club has no such page.\n"))
}

/// The application that members sign in to: `examples/web-login`.
async fn register(store: &dyn Store, secret: &Secret, env: &Env) -> Result<(), Box<dyn Error>> {
    let client = Client {
        client_name: "Club calendar".to_owned(),
        client_secret: Some(secret.digest()),
        redirect_uris: vec![RedirectUri::parse("http://localhost:8100/callback")?],
        scope: "openid profile email".parse()?,
        ..Client::new("calendar", env.now())
    };
    store.put_client(&client).await?;
    Ok(())
}

/// Tells clients of sign-outs that they have missed, and, once a minute, removes what has expired and lets keys be
/// followed by new ones.
async fn tend(server: Server) {
    for round in 0_u64.. {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if let Err(error) = server.deliver().await {
            eprintln!("clients could not be told of sign-outs: {error}");
        }
        if round % 12 == 0
            && let Err(error) = server.sweep().await
        {
            eprintln!("expired rows could not be removed: {error}");
        }
    }
}
