//! Listening and serving: bounded in number and time against slow clients, and drained at the end.

mod activity;
mod doorway;
mod limits;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::config::Address;
use doorway::Doorway;
pub(crate) use limits::Limits;

/// How long requests in flight may take to end after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Why a port cannot be listened on: one line for the person who started the program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("port {port} is in use by another program: choose another with {flag} PORT")]
    InUse { port: u16, flag: &'static str },
    #[error("cannot listen on port {port} ({flag}): {source}")]
    Other { port: u16, flag: &'static str, source: io::Error },
    #[error("cannot listen on {address}: {source}")]
    Address { address: Address, source: io::Error },
}

/// Listens on addresses of a configuration file.
pub(crate) async fn bind(addresses: &[Address]) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::new();
    for address in addresses.iter().copied() {
        match address {
            Address::Socket(socket) => {
                let listener = TcpListener::bind(socket).await;
                listeners.push(listener.map_err(|source| ListenError::Address { address, source })?);
            }
            Address::Localhost(port) => listeners.extend(
                Localhost::both(port).await.map_err(|source| ListenError::Address { address, source })?,
            ),
        }
    }
    Ok(listeners)
}

/// What is spoken on a listener.
#[derive(Clone)]
pub(crate) enum Speaks {
    Http,
    Tls(TlsAcceptor),
}

/// Both addresses of `localhost`, since browsers and libraries differ in which they try.
pub(crate) struct Localhost {
    listeners: Vec<TcpListener>,
}

impl Localhost {
    /// Binds a port. `flag` is the option that moves it.
    pub(crate) async fn bind(port: u16, flag: &'static str) -> Result<Self, ListenError> {
        let error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { port, flag },
            _ => ListenError::Other { port, flag, source },
        };
        Ok(Self { listeners: Self::both(port).await.map_err(error)? })
    }

    async fn both(port: u16) -> io::Result<Vec<TcpListener>> {
        let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(v6) => Ok(vec![v4, v6]),
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => Err(e),
            // A machine without IPv6.
            Err(_) => Ok(vec![v4]),
        }
    }

    /// Serves until `stop` changes, and then until the requests in flight have ended.
    pub(crate) async fn serve(self, router: Router, stop: watch::Receiver<bool>) {
        let tasks: Vec<_> = self
            .listeners
            .into_iter()
            .map(|listener| {
                let (router, stop) = (router.clone(), stop.clone());
                tokio::spawn(serve(listener, router, Speaks::Http, Limits::default(), stop))
            })
            .collect();
        for task in tasks {
            let _ = task.await;
        }
    }
}

/// Serves one listener until `stop` changes, and then until the requests in flight have ended.
///
/// While as many connections are open as there may be, the next ones wait in the operating system's line: those that
/// have nothing to do are closed to make room.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    speaks: Speaks,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let doorway = Doorway::new(limits, router, stop.clone());
    loop {
        let accepted = async {
            let place = doorway.place().await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            accepted = accepted => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        // From here on the end waits for this connection, also while it shakes hands.
        let (doorway, peer) = (doorway.clone(), stream.peer_addr().ok());
        match speaks.clone() {
            Speaks::Http => tokio::spawn(async move { doorway.converse(stream, peer, place).await }),
            Speaks::Tls(acceptor) => tokio::spawn(async move {
                match tokio::time::timeout(limits.header, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => doorway.converse(stream, peer, place).await,
                    Ok(Err(error)) => tracing::debug!(target: "hallpass::connection", %error, "no TLS"),
                    Err(_) => tracing::debug!(target: "hallpass::connection", "no TLS in time"),
                }
            }),
        };
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, doorway.empty()).await.is_err() {
        tracing::warn!("some requests did not end within {} seconds and were cut off", DRAIN.as_secs());
    }
}

/// The next connection. An error here is the machine's (no file descriptors left), and passes.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Waits for Ctrl-C, or for SIGTERM where there is such a thing.
pub(crate) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
