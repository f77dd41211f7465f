//! Notices that are still due: after a failure, after a node that stopped, or left by a program beside the server.

use super::backchannel::tell;
use crate::core::Server;
use crate::fault::Fault;

impl Server {
    /// Tells clients of sign-outs that they have not heard of yet, as far as it is time to: OpenID Connect
    /// Back-Channel Logout 1.0. Call it every few seconds, on every node; each notice is taken by one. Returns how many
    /// were taken. Whether a client could be told is for the log.
    pub async fn deliver(&self) -> Result<usize, Fault> {
        /// How many are taken at once.
        const BATCH: usize = 32;
        /// For how long, in seconds.
        const HELD: i64 = 60;
        let mut taken = 0;
        loop {
            let now = self.core.env.now();
            let notices = self.core.store.take_notices(BATCH, now + HELD, now).await?;
            tell(&self.core, &notices, now).await?.until_answered().await;
            taken += notices.len();
            if notices.len() < BATCH {
                return Ok(taken);
            }
        }
    }
}
