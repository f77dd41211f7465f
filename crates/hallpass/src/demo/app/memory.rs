//! What the pages remember between two requests: bounded, and gone with the process.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use hallpass_proto::secret::Digest;

use super::run::Run;

/// How many of each are remembered; the oldest go first.
const CAPACITY: usize = 500;

/// Remembers by the digest of what names it: a session's id, a request's `state`.
#[derive(Default)]
pub(super) struct Memory {
    requests: Mutex<VecDeque<(Digest, String)>>,
    runs: Mutex<VecDeque<(Digest, Run)>>,
}

impl Memory {
    /// An authorization request that the browser was sent away with, by its `state`.
    pub(super) fn keep_request(&self, state: &str, url: &str) {
        keep(&self.requests, Digest::of(state.as_bytes()), url.to_owned());
    }

    /// The request of this `state`.
    pub(super) fn request(&self, state: &str) -> Option<String> {
        find(&self.requests, &Digest::of(state.as_bytes()))
    }

    /// How a session's sign-in went.
    pub(super) fn keep_run(&self, session: Digest, run: Run) {
        keep(&self.runs, session, run);
    }

    /// How this session's sign-in went.
    pub(super) fn run(&self, session: &Digest) -> Option<Run> {
        find(&self.runs, session)
    }
}

fn keep<T>(entries: &Mutex<VecDeque<(Digest, T)>>, key: Digest, value: T) {
    let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
    if entries.len() == CAPACITY {
        entries.pop_front();
    }
    entries.push_back((key, value));
}

fn find<T: Clone>(entries: &Mutex<VecDeque<(Digest, T)>>, key: &Digest) -> Option<T> {
    let entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
    entries.iter().rev().find(|(k, _)| k == key).map(|(_, value)| value.clone())
}
