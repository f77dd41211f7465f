//! What one connection is doing, and since when it does nothing.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Limits;

/// Counts the requests of a connection that are being answered.
pub(super) struct Activity(watch::Sender<State>);

#[derive(Clone, Copy)]
struct State {
    /// Requests that are being answered.
    working: usize,
    /// Whether there ever was one.
    asked: bool,
    /// When the last one ended, or the connection began.
    since: Instant,
}

/// A request that is being answered, until this is dropped.
pub(super) struct Working(watch::Sender<State>);

impl Activity {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(State { working: 0, asked: false, since: Instant::now() }))
    }

    /// A request begins.
    pub(super) fn begin(&self) -> Working {
        self.0.send_modify(|state| {
            state.working += 1;
            state.asked = true;
        });
        Working(self.0.clone())
    }

    /// Returns once the connection has done nothing for as long as it may. Where others wait for its place
    /// (`wanted`), a moment after an answer is enough; one that has not asked yet gets its time all the same.
    pub(super) async fn over(&self, limits: Limits, mut wanted: watch::Receiver<bool>) {
        /// A client that goes on does so within this.
        const MOMENT: Duration = Duration::from_millis(100);
        let mut changes = self.0.subscribe();
        loop {
            let State { working, asked, since } = *changes.borrow_and_update();
            let allowed = match (asked, *wanted.borrow_and_update()) {
                (false, _) => limits.header,
                (true, false) => limits.idle,
                (true, true) => MOMENT,
            };
            tokio::select! {
                () = tokio::time::sleep_until(since + allowed), if working == 0 => return,
                Ok(()) = changes.changed() => {}
                Ok(()) = wanted.changed() => {}
                // Nobody is left who could change anything.
                else => return,
            }
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.send_modify(|state| {
            state.working -= 1;
            state.since = Instant::now();
        });
    }
}
