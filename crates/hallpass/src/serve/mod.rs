//! `hallpass serve`: the issuer as a program, by `hallpass.toml`.
//!
//! `certificate.rs` holds the certificate and takes up a new one, `registered.rs` puts the clients and people of the
//! file into the database, `health.rs` answers whoever watches over the program.

pub(crate) mod certificate;
mod health;
mod registered;
mod signals;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use hallpass_proto::env::Env;
use hallpass_server::config::ClientAddress;
use hallpass_server::core::Server;
use hallpass_server::fault::Fault;
use hallpass_server::keys::{Lifecycle, Schedule};
use hallpass_server::outbound::{Door, RootsError};

use crate::cli::ServeOptions;
use crate::config::{self, Master, Mistakes, NoMasterKey, Settings};
use crate::database::{Database, Location, OpenError};
use crate::listen::{self, ListenError, Speaks};
use crate::{output, upkeep};
use certificate::{Certificates, Unusable};
use registered::RegisterError;
use signals::{Signal, Signals};

/// Why the server cannot run: one line for the person who started it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error(transparent)]
    Config(#[from] Mistakes),
    #[error(transparent)]
    Tls(#[from] Unusable),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    MasterKey(#[from] NoMasterKey),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("[outbound] `ca_file` cannot be used: {0}")]
    Outbound(#[from] RootsError),
    #[error("the server cannot start with the database {database}: {source}")]
    Start { database: Location, source: Fault },
    #[error("the signals of the operating system cannot be caught: {0}")]
    Signals(std::io::Error),
}

/// Runs until SIGTERM or Ctrl-C, and then until the requests in flight have ended.
pub(crate) async fn run(options: &ServeOptions) -> Result<(), ServeError> {
    let env = Env::system();
    let settings = config::load(&options.config, &env)?;
    for note in &settings.notes {
        tracing::warn!("{}", note.at(&options.config.display().to_string()));
    }
    let certificates = settings.tls.clone().map(Certificates::load).transpose()?.map(Arc::new);
    let speaks = match &certificates {
        Some(certificates) => Speaks::Tls(certificate::acceptor(certificates.clone())?),
        None => Speaks::Http,
    };
    let master_keys = settings.master.keys().await?;
    let listeners = listen::bind(&settings.listen).await?;
    let mut signals = Signals::catch().map_err(ServeError::Signals)?;

    let database = Database::open(&settings.database).await?;
    let store = database.store();
    let keys = Lifecycle {
        store: store.as_ref(),
        env: &env,
        master_keys: &master_keys,
        schedule: Schedule::of(&settings.server),
    };
    registered::register(&keys, &settings).await?;
    let door = Door::new(settings.outbound.clone())?;
    let server = Server::builder(settings.server.clone(), env, store.clone())
        .outbound(Arc::new(door))
        .master_keys(master_keys)
        .build()
        .await
        .map_err(|source| ServeError::Start { database: settings.database.clone(), source })?;
    let router = server.router().merge(health::router(store));

    if matches!(settings.master, Master::None) {
        tracing::warn!("[keys] master_key is not given: private keys stand in the database as they are");
    }
    if matches!(settings.server.client_address, ClientAddress::Unknown) {
        tracing::warn!(
            "the addresses of people and devices are not known, since TLS ends in a proxy: wrong user codes are counted by \
             browser and person alone; list the proxy in trusted_proxies"
        );
    }
    print_start(&settings, &listeners);
    let (stop, stopped) = watch::channel(false);
    let mut tasks = Vec::new();
    for listener in listeners {
        let (router, speaks) = (router.clone(), speaks.clone());
        let served = listen::serve(listener, router, speaks, settings.connections, stopped.clone());
        tasks.push(tokio::spawn(served));
    }
    tasks.push(tokio::spawn(upkeep::deliver(server.clone(), stopped.clone())));
    tasks.push(tokio::spawn(upkeep::sweep(server.clone(), stopped.clone())));
    tasks.push(tokio::spawn(upkeep::follow_keys(server, stopped.clone())));
    if let Some(certificates) = certificates.clone() {
        tasks.push(tokio::spawn(certificates.watch(stopped)));
    }
    loop {
        match (signals.next().await, &certificates) {
            (Signal::Stop, _) => break,
            (Signal::Reload, Some(certificates)) => certificates.reload_for_signal(),
            (Signal::Reload, None) => tracing::info!("SIGHUP: there is no certificate to read again"),
        }
    }
    tracing::info!("stopping: requests in flight may end");
    // Nobody listens any more only if every task has ended, and then there is nobody to stop.
    let _ = stop.send(true);
    for task in tasks {
        let _ = task.await;
    }
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Says where everything is. A program may wait for this line.
fn print_start(settings: &Settings, listeners: &[TcpListener]) {
    let addresses: Vec<String> =
        listeners.iter().filter_map(|l| l.local_addr().ok()).map(|address| address.to_string()).collect();
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    output::say(&format!(
        "Hallpass {} is {}, listening for {scheme} on {}, with the database {}\n",
        env!("CARGO_PKG_VERSION"),
        settings.server.issuer,
        addresses.join(", "),
        settings.database,
    ));
}
