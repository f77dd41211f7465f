//! Taking a step on a connection of the pool, and again where that is safe.

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::Object;

use hallpass_server::store::Answer;

use super::PostgresStore;
use super::failure::{Failure, Twice, no_connection};

/// How often a step is taken at most.
const ATTEMPTS: u32 = 10;
/// How long the second attempt waits; each later one twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

impl PostgresStore {
    /// Looks something up.
    pub(super) fn read<'a, T, F>(&'a self, look: impl Fn(Object) -> F + Send + 'a) -> Answer<'a, T>
    where
        T: Send + 'a,
        F: Future<Output = Result<T, Failure>> + Send + 'a,
    {
        self.step(Twice::Harmless, look)
    }

    /// Takes a step. A lost connection is a fault unless taking it `twice` is harmless.
    pub(super) fn step<'a, T, F>(
        &'a self,
        twice: Twice,
        step: impl Fn(Object) -> F + Send + 'a,
    ) -> Answer<'a, T>
    where
        T: Send + 'a,
        F: Future<Output = Result<T, Failure>> + Send + 'a,
    {
        Box::pin(async move {
            let mut attempt = 1;
            loop {
                let db = self.pool.get().await.map_err(no_connection)?;
                let failure = match step(db).await {
                    Ok(answer) => return Ok(answer),
                    Err(failure) => failure,
                };
                if attempt == ATTEMPTS || !failure.may_go_again(twice) {
                    return Err(failure.into());
                }
                tracing::debug!(?failure, attempt, "a step is taken again");
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
                attempt += 1;
            }
        })
    }
}
