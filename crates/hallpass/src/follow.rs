//! Follows the keys, so that no request has to wait for the database to say that they are as they were.

use std::time::Duration;

use tokio::sync::watch;

use hallpass_server::core::Server;

/// How late a node may be.
const EVERY: Duration = Duration::from_secs(1);

/// Follows them until `stopped` changes.
pub(crate) async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        server.follow_keys().await;
    }
}
