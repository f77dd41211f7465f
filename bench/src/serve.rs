//! Hallpass as a library over one of its engines.

use std::sync::Arc;

use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::store::Store;
use hallpass_server::store::memory::MemoryStore;
use hallpass_store::postgres::PostgresStore;
use hallpass_store::sqlite::SqliteStore;

use crate::{Done, standing, told, world};

/// Serves `memory`, the path of a SQLite file, or a PostgreSQL URL.
pub(crate) async fn serve(engine: &str) -> Done {
    let env = Env::system();
    let store: Arc<dyn Store> = if engine == "memory" {
        Arc::new(MemoryStore::new())
    } else if engine.contains("://") {
        Arc::new(PostgresStore::open(engine).await.map_err(told)?)
    } else {
        Arc::new(SqliteStore::open(engine).map_err(told)?)
    };
    world::seed(store.clone(), &env, 0).await?;
    let (listener, port) = standing::listen().await?;
    let issuer = Issuer::parse(&format!("http://localhost:{port}")).map_err(told)?;
    let server = Server::new(Config::new(issuer), env, store).await.map_err(told)?;
    tokio::select! {
        ended = axum::serve(listener, server.router()) => ended.map_err(told),
        ended = standing::stand(port) => ended,
    }
}
