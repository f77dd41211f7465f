//! What the program does again and again while it runs, until `stopped` changes.

use std::time::Duration;

use tokio::sync::watch;

use hallpass_server::core::Server;

/// Removes rows that can have no effect any more, so that the database does not grow.
pub(crate) async fn sweep(server: Server, stopped: watch::Receiver<bool>) {
    let server = &server;
    every(Duration::from_secs(60), stopped, || async move {
        if let Err(error) = server.sweep().await {
            tracing::warn!(%error, "expired rows could not be removed; trying again in a minute");
        }
    })
    .await;
}

/// Tells clients of sign-outs that they have not heard of yet.
pub(crate) async fn deliver(server: Server, stopped: watch::Receiver<bool>) {
    let server = &server;
    every(Duration::from_secs(5), stopped, || async move {
        if let Err(error) = server.deliver().await {
            tracing::warn!(%error, "clients could not be told of sign-outs; trying again in a moment");
        }
    })
    .await;
}

/// Follows the keys, so that no request has to wait for the database to say that they are as they were.
pub(crate) async fn follow_keys(server: Server, stopped: watch::Receiver<bool>) {
    let server = &server;
    every(Duration::from_secs(1), stopped, || server.follow_keys()).await;
}

async fn every<F>(period: Duration, mut stopped: watch::Receiver<bool>, step: impl Fn() -> F)
where
    F: Future<Output = ()>,
{
    loop {
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        step().await;
    }
}
