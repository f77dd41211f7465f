//! The threads that read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot::Sender;

use hallpass_server::fault::Fault;

use super::failure::Failure;
use super::queue::Queue;

/// One look-up, with its answer to send.
pub(super) type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Makes a look-up into a job. Nobody looks for somebody who has gone.
pub(super) fn job<T, F>(look: F, answer: Sender<Result<T, Fault>>) -> Job
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
{
    Box::new(move |db| {
        if !answer.is_closed() {
            // Whoever asked may have gone meanwhile.
            let _ = answer.send(look(db).map_err(Fault::from));
        }
    })
}

/// Does look-ups until the queue is closed.
pub(super) fn run(db: &Connection, jobs: &Queue<Job>) {
    loop {
        let batch = jobs.take(1);
        if batch.is_empty() {
            return;
        }
        for job in batch {
            if catch_unwind(AssertUnwindSafe(|| job(db))).is_err() {
                tracing::error!("a look-up panicked");
            }
        }
    }
}
