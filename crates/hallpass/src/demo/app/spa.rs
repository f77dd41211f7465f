//! `/spa`: an app that lives in the browser. Its script starts the flows of a public client and takes the answer
//! out of the address bar; `/spa/verify` checks the signatures, which takes the issuer's keys.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hallpass_client::error::Error;
use hallpass_client::id_token::Expected;
use hallpass_proto::id_token::Requirement;
use hallpass_proto::secret::Secret;
use serde::{Deserialize, Serialize};

use super::App;
use super::page::{self, Bar, Visitor};
use super::run::{Checked, access_token_checks, failure, id_token_checks};

/// The script of the page.
pub(super) const SCRIPT: &str = include_str!("../../../ui/static/spa.js");

#[derive(Template)]
#[template(path = "spa.html")]
struct SpaPage<'a> {
    bar: Bar,
    issuer: &'a str,
    client_id: &'a str,
    redirect_uri: String,
    api: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let clients = &app.clients;
    // Without the issuer the page is there all the same; its buttons say that they cannot work.
    let metadata = clients.provider.metadata().await.ok();
    let endpoint = |of: fn(&hallpass_proto::metadata::ServerMetadata) -> Option<String>| {
        metadata.as_deref().and_then(of).unwrap_or_default()
    };
    page::html(&SpaPage {
        bar: Bar::new(&visitor, "flows"),
        issuer: clients.provider.issuer().as_str(),
        client_id: clients.spa.client_id(),
        redirect_uri: app.login.public_url().to("/spa/callback"),
        api: &clients.api_url,
        authorization_endpoint: endpoint(|m| m.authorization_endpoint.clone()),
        token_endpoint: endpoint(|m| m.token_endpoint.clone()),
    })
}

/// What the script received.
#[derive(Deserialize)]
pub(super) struct Received {
    id_token: Option<Secret>,
    access_token: Option<Secret>,
    nonce: Option<String>,
    /// Whether the tokens came through the address bar, which asks more of the ID token.
    implicit: bool,
}

#[derive(Serialize)]
struct Verdict {
    id_token: Vec<Checked>,
    access_token: Vec<Checked>,
}

pub(super) async fn verify(State(app): State<App>, Json(received): Json<Received>) -> Response {
    let Received { id_token, access_token, nonce, implicit } = received;
    let mut verdict = Verdict { id_token: Vec::new(), access_token: Vec::new() };
    if let Some(id_token) = &id_token {
        let expected = Expected {
            nonce: Some(nonce.as_deref().unwrap_or_default()),
            access_token: access_token.as_ref(),
            at_hash: if implicit { Requirement::Required } else { Requirement::IfPresent },
            ..Expected::default()
        };
        verdict.id_token = match app.clients.spa.verify_id_token(id_token, expected).await {
            Ok(id_token) => id_token_checks(&id_token),
            Err(error @ Error::IdToken(_)) => vec![Checked::failed("ID token", error.to_string())],
            Err(error) => vec![failure(&error)],
        };
    }
    if let Some(access_token) = &access_token {
        verdict.access_token = access_token_checks(&app.clients, access_token).await;
    }
    Json(verdict).into_response()
}
