//! Recording many things in a store: some hundred at once, since an engine commits what waits together.

use std::future::Future;

use hallpass_server::fault::Fault;
use tokio::task::JoinSet;

use crate::{Done, told};

/// How many are under way at once.
const AT_ONCE: usize = 500;

/// Steps of a store that are under way.
pub(crate) struct Recording<T>(JoinSet<Result<T, Fault>>);

impl<T: Send + 'static> Recording<T> {
    pub(crate) fn new() -> Self {
        Self(JoinSet::new())
    }

    /// Begins a step; waits for those before it when there are many.
    pub(crate) async fn record(
        &mut self,
        step: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Done {
        self.0.spawn(step);
        if self.0.len() >= AT_ONCE { self.end().await } else { Ok(()) }
    }

    /// Waits for all of them.
    pub(crate) async fn end(&mut self) -> Done {
        while let Some(recorded) = self.0.join_next().await {
            recorded.map_err(told)?.map_err(told)?;
        }
        Ok(())
    }
}
