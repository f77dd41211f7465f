//! Keeps the database from growing while the program runs.

use std::time::Duration;

use tokio::sync::watch;

use hallpass_server::core::Server;

/// How often rows that can have no effect any more are removed.
const EVERY: Duration = Duration::from_secs(60);

/// Removes them until `stopped` changes.
pub(crate) async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        if let Err(error) = server.sweep().await {
            tracing::warn!(%error, "expired rows could not be removed; trying again in a minute");
        }
    }
}
