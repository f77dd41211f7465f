//! An API whose routes say in their signature who may call them — RFC 6750, RFC 9068, RFC 9728, OpenAPI 3.1.
//!
//! Set `ISSUER` to the authorization server and `AUDIENCE` to what tokens for this API have in `aud`; see README.md.

use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use hallpass_client::provider::Provider;
use hallpass_client::transport::Hyper;
use hallpass_proto::issuer::Issuer;
use hallpass_resource::api::{Docs, get};
use hallpass_resource::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

scope! {
    ItemsRead = "items:read", "Read items";
    ItemsWrite = "items:write", "Create items";
}

/// What the handlers read of a token, beside what every token has.
#[derive(Deserialize)]
struct Me {
    email: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Item {
    name: String,
}

/// Only with `items:read`.
async fn list(_: Auth<ItemsRead>) -> Json<Vec<Item>> {
    Json(vec![Item { name: "Atlas".to_owned() }])
}

/// Only with both scopes.
async fn add(auth: Auth<All<(ItemsRead, ItemsWrite)>>, Json(item): Json<Item>) -> (StatusCode, String) {
    (StatusCode::CREATED, format!("{} added {}\n", auth.sub, item.name))
}

/// With any valid token.
async fn me(auth: Auth<Authenticated, Me>) -> String {
    format!("{} ({})\n", auth.sub, auth.claims.email.as_deref().unwrap_or("no email in this token"))
}

/// With a token or without; but a token that is no good is refused.
async fn hello(auth: Option<Auth<Authenticated>>) -> String {
    format!("Hello, {}!\n", auth.as_ref().map_or("stranger", |auth| &auth.sub))
}

/// Open on purpose.
async fn health(_: Public) -> &'static str {
    "ok\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let issuer = Issuer::parse(&required("ISSUER")?)?;
    // Lazy: the API starts though the authorization server is not up yet, and answers 503 until it is.
    let provider = Provider::builder(issuer, Arc::new(Hyper::new())).lazy();
    let protect = Protect::jwt(&provider).audience(required("AUDIENCE")?).build()?;

    // /openapi.json, /.well-known/oauth-protected-resource and /docs come from the same types.
    let mut docs = Docs::at("/docs");
    if let Ok(client_id) = env::var("DOCS_CLIENT_ID") {
        docs = docs.client_id(client_id);
    }
    let public_url = env::var("PUBLIC_URL").unwrap_or_else(|_| "http://localhost:8002".to_owned());
    let app = Api::new(public_url)
        .protect(protect)
        .docs(docs)
        .at("/items", get(list).describe("Lists the items").post(add).describe("Adds an item"))
        .at("/me", get(me).describe("Says who you are"))
        .at("/hello", get(hello).describe("Greets you"))
        .at("/health", get(health).hidden())
        .build()?;

    let listener =
        TcpListener::bind(env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8002".to_owned())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

fn required(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}
