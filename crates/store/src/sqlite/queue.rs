//! A bounded queue between many callers and a few threads.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use hallpass_server::fault::Fault;

/// Jobs in the order they came.
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    arrived: Condvar,
    capacity: usize,
}

struct State<J> {
    jobs: VecDeque<J>,
    open: bool,
}

impl<J> Queue<J> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { jobs: VecDeque::new(), open: true };
        Self { state: Mutex::new(state), arrived: Condvar::new(), capacity }
    }

    /// Adds a job, or says at once that there are too many.
    pub(super) fn push(&self, job: J) -> Result<(), Fault> {
        let mut state = self.state();
        if !state.open {
            return Err(Fault::Store("the database was closed".to_owned()));
        }
        if state.jobs.len() >= self.capacity {
            return Err(Fault::StoreBusy);
        }
        state.jobs.push_back(job);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits until there is a job, and takes up to `limit`. None at all: the queue is closed and empty.
    pub(super) fn take(&self, limit: usize) -> Vec<J> {
        let mut state = self.state();
        while state.jobs.is_empty() && state.open {
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let n = state.jobs.len().min(limit);
        state.jobs.drain(..n).collect()
    }

    /// Takes no more jobs; those that wait are still to be done.
    pub(super) fn close(&self) {
        self.state().open = false;
        self.arrived.notify_all();
    }

    /// No critical section here can leave the state half changed, so a poisoned lock is as good as another.
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_refused_at_once() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.push(2).unwrap();

        assert!(matches!(queue.push(3), Err(Fault::StoreBusy)));
        assert_eq!(queue.take(1), [1]);
        queue.push(4).unwrap();
        assert_eq!(queue.take(9), [2, 4]);
    }

    #[test]
    fn a_closed_queue_gives_what_waits_and_takes_no_more() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.close();

        assert!(matches!(queue.push(2), Err(Fault::Store(_))));
        assert_eq!(queue.take(9), [1]);
        assert!(queue.take(9).is_empty());
    }
}
