//! `hallpass demo`: the four roles of OAuth 2.0 in one process, on an embedded database, with nothing to configure.

mod api;
mod app;
mod credentials;
mod seed;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::{Router, middleware};
use tokio::sync::watch;

use hallpass_client::error::ConfigError;
use hallpass_client::transport::Hyper;
use hallpass_proto::env::Env;
use hallpass_proto::issuer::{Issuer, IssuerError};
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::fault::Fault;
use hallpass_server::outbound::{Door, DoorSettings, NotAllowable, RootsError};
use hallpass_store::sqlite::{OpenError, SqliteStore};

use crate::cli::DemoOptions;
use crate::listen::{ListenError, Localhost, stop_signal};
use crate::{logs, output, upkeep};
use api::ApiSettings;
use app::AppSettings;
use credentials::{CannotWrite, Credentials};
use seed::SeedError;

/// Where the three programs are.
pub(crate) struct Places {
    pub(crate) issuer: String,
    pub(crate) app: String,
    pub(crate) api: String,
}

/// Why the demo cannot run: one line for the person who started it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error(transparent)]
    Allowed(#[from] NotAllowable),
    #[error(transparent)]
    Credentials(#[from] CannotWrite),
    #[error(transparent)]
    Outbound(#[from] RootsError),
    #[error("the web app cannot start: {0}")]
    App(#[from] ConfigError),
    #[error("the server cannot start with the database in {}: {source}", data.display())]
    Start { data: PathBuf, source: Fault },
    #[error("--{first} and --{second} are the same port: give each its own")]
    SamePort { first: &'static str, second: &'static str },
}

/// Runs until Ctrl-C.
pub(crate) async fn run(options: &DemoOptions) -> Result<(), DemoError> {
    refuse_same_ports(options)?;
    let places = Places {
        issuer: format!("http://localhost:{}", options.issuer_port),
        app: format!("http://localhost:{}", options.app_port),
        api: format!("http://localhost:{}", options.api_port),
    };
    // The ports first: whoever starts the demo twice must hear of the port, not of the database.
    let at_issuer = Localhost::bind(options.issuer_port, "--issuer-port").await?;
    let at_app = Localhost::bind(options.app_port, "--app-port").await?;
    let at_api = Localhost::bind(options.api_port, "--api-port").await?;

    let env = Env::system();
    let issuer = Issuer::parse(&places.issuer)?;
    let store = Arc::new(SqliteStore::open(options.data.join("hallpass.db"))?);
    seed::seed(store.as_ref(), &env, &places).await?;
    let http = Arc::new(Hyper::new());
    let server =
        start_server(&options.data, options.app_port, issuer.clone(), env.clone(), store.clone()).await?;
    let credentials = Credentials::prepare(&options.data, &env)?;
    let app = app_router(&places, &credentials, issuer.clone(), env.clone(), http.clone())?;
    let api = api::router(ApiSettings {
        issuer,
        public_url: places.api.clone(),
        allowed_origin: places.app.clone(),
        docs_client_id: seed::SPA.client_id,
        env,
        http,
    })
    .layer(middleware::from_fn_with_state("api", logs::one_line));

    let (stop, stopped) = watch::channel(false);
    let serving = [
        tokio::spawn(at_issuer.serve(server.router(), stopped.clone())),
        tokio::spawn(at_app.serve(app, stopped.clone())),
        tokio::spawn(at_api.serve(api, stopped.clone())),
    ];
    let delivering = tokio::spawn(upkeep::deliver(server.clone(), stopped.clone()));
    let sweeping = tokio::spawn(upkeep::sweep(server, stopped));
    print_welcome(&places, &options.data);
    stop_signal().await;
    output::say("Stopping.\n");
    // Nobody listens any more only if every task has ended, and then there is nobody to stop.
    let _ = stop.send(true);
    for task in serving {
        let _ = task.await;
    }
    let _ = delivering.await;
    let _ = sweeping.await;
    // Writes what is left and joins the engine's threads, which block.
    let _ = tokio::task::spawn_blocking(move || store.close()).await;
    Ok(())
}

async fn start_server(
    data: &Path,
    app_port: u16,
    issuer: Issuer,
    env: Env,
    store: Arc<SqliteStore>,
) -> Result<Server, DemoError> {
    let mut config = Config::new(issuer);
    config.scopes.extend(seed::scope_texts());
    // The web app hears of sign-outs on this machine.
    let allowed = vec![format!("localhost:{app_port}").parse()?];
    let door = Door::new(DoorSettings { allowed, ..DoorSettings::default() })?;
    let server = Server::builder(config, env, store).outbound(Arc::new(door)).build();
    server.await.map_err(|source| DemoError::Start { data: data.to_owned(), source })
}

/// The web app. It is an ordinary client: what it knows of the issuer is its URL, and of itself its credentials.
fn app_router(
    places: &Places,
    credentials: &Credentials,
    issuer: Issuer,
    env: Env,
    http: Arc<Hyper>,
) -> Result<Router, ConfigError> {
    let app = app::router(AppSettings {
        issuer,
        public_url: places.app.clone(),
        api_url: places.api.clone(),
        web: credentials.of(&seed::WEB)?,
        spa_client_id: seed::SPA.client_id.to_owned(),
        service: credentials.of(&seed::SERVICE)?,
        legacy: credentials.of(&seed::LEGACY)?,
        session_key: credentials.session_key()?,
        env,
        http,
    })?;
    Ok(app.layer(middleware::from_fn_with_state("app", logs::one_line)))
}

fn refuse_same_ports(options: &DemoOptions) -> Result<(), DemoError> {
    let ports = [
        ("issuer-port", options.issuer_port),
        ("app-port", options.app_port),
        ("api-port", options.api_port),
    ];
    for (i, (second, port)) in ports.iter().enumerate() {
        if let Some((first, _)) = ports.iter().take(i).find(|(_, earlier)| earlier == port) {
            return Err(DemoError::SamePort { first, second });
        }
    }
    Ok(())
}

fn print_welcome(places: &Places, data: &Path) {
    let mut clients = String::new();
    for client in &seed::CLIENTS {
        let secret = client.secret.unwrap_or("(public)");
        clients.push_str(&format!("    {:<13} {:<20} {}\n", client.client_id, secret, client.purpose));
    }
    output::say(&format!(
        "Hallpass demo\n\n  \
           Web app  {app}   start here: sign in, or run any flow step by step\n  \
           Issuer   {issuer}   authorization server, its pages, discovery, keys\n  \
           API      {api}   GET /items, POST /items, GET /me; try them at {api}{docs}\n\n  \
           Sign in as {login} with the password {password}\n\n  \
           Clients (id, secret, for)\n{clients}\n  \
           The database is in {data}. Ctrl-C stops everything.\n\n",
        app = places.app,
        issuer = places.issuer,
        api = places.api,
        docs = api::DOCS,
        login = seed::LOGIN,
        password = seed::PASSWORD_OF_ADA,
        data = data.display(),
    ));
}
