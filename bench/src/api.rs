//! A protected route beside the same route bare — what `hallpass-resource` costs.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use hallpass_client::provider::Provider;
use hallpass_client::transport::Hyper;
use hallpass_proto::issuer::Issuer;
use hallpass_resource::axum::Auth;
use hallpass_resource::{Authenticated, Protect};

use crate::{Done, standing, told, world};

/// Serves both routes for tokens of an issuer.
pub(crate) async fn serve(issuer: &str) -> Done {
    let issuer = Issuer::parse(issuer).map_err(told)?;
    let provider = Provider::builder(issuer, Arc::new(Hyper::new())).lazy();
    let protect = Protect::jwt(&provider).audience(world::AUDIENCE).build().map_err(told)?;
    let protected = get(|_: Auth<Authenticated>| async { "ok" }).layer(protect.layer());
    let router = Router::new().route("/bare", get(|| async { "ok" })).route("/protected", protected);
    let (listener, port) = standing::listen().await?;
    tokio::select! {
        ended = axum::serve(listener, router) => ended.map_err(told),
        ended = standing::stand(port) => ended,
    }
}
