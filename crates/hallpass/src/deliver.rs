//! Tells clients of sign-outs that they have not heard of yet, while the program runs.

use std::time::Duration;

use tokio::sync::watch;

use hallpass_server::core::Server;

/// How often it is looked whether there are any.
const EVERY: Duration = Duration::from_secs(5);

/// Tells them until `stopped` changes.
pub(crate) async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        if let Err(error) = server.deliver().await {
            tracing::warn!(%error, "clients could not be told of sign-outs; trying again in a moment");
        }
    }
}
