//! The keys at one `jwks_uri`: read without waiting when they are there, fetched once at a time and at a bounded rate.
//!
//! The fetch runs in a task of its own: a caller that goes away does not end it for the others.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use tokio::sync::watch;

use hallpass_proto::env::Time;
use hallpass_proto::jose::jwk::JwkSet;

use super::KeySet;
use crate::core::Core;
use crate::outbound::Outbound;

/// Keys older than this are fetched again before they are used: so long a key that the client has given up may still be
/// believed.
const REFRESH_AFTER: i64 = 10 * 60;
/// Keys older than this are not used any more: so long their server may be down, while they are used on.
const MAX_STALE: i64 = 24 * 60 * 60;
/// Between the starts of two fetches, when the first one succeeded.
const COOLDOWN: i64 = 30;
/// The longest pause after a fetch that failed: 1, 2, 4 … seconds up to this.
const FAILURE_PAUSE: i64 = 5;
/// How many bytes the document may have.
const LARGEST: usize = 64 * 1024;

pub(super) struct Source {
    uri: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    fetched: Option<Fetched>,
    started: Option<Time>,
    failures: u32,
    /// Changes when the fetch that is under way has ended.
    running: Option<watch::Receiver<bool>>,
}

#[derive(Clone)]
struct Fetched {
    set: Arc<KeySet>,
    at: Time,
}

impl Source {
    pub(super) fn new(uri: &str) -> Self {
        Self { uri: uri.to_owned(), state: Arc::default() }
    }

    pub(super) fn is_at(&self, uri: &str) -> bool {
        self.uri == uri
    }

    /// The keys that are kept; when there are none, those that a fetch brings.
    pub(super) async fn current(&self, core: &Core) -> Option<Arc<KeySet>> {
        let now = core.env.now();
        match self.kept(now) {
            Some(kept) if now.since(kept.at) < REFRESH_AFTER => Some(kept.set),
            Some(kept) => {
                let fails = self.fails(now);
                let running = self.fetch(core, now);
                if !fails {
                    wait(running).await;
                }
                // What was kept, when the fetch brought nothing.
                self.kept(now).or(Some(kept)).map(|kept| kept.set)
            }
            None => {
                wait(self.fetch(core, now)).await;
                self.kept(now).map(|kept| kept.set)
            }
        }
    }

    /// Newer keys than `seen`, if there are or can be any; otherwise the same.
    pub(super) async fn newer(&self, core: &Core, seen: &Arc<KeySet>) -> Arc<KeySet> {
        let now = core.env.now();
        let kept = |source: &Self| source.kept(now).map(|kept| kept.set);
        match kept(self) {
            Some(set) if !Arc::ptr_eq(&set, seen) => set,
            Some(_) | None => {
                wait(self.fetch(core, now)).await;
                kept(self).unwrap_or_else(|| seen.clone())
            }
        }
    }

    /// Whether the last fetch has failed, and not long ago: nobody waits for the next one then.
    fn fails(&self, now: Time) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures > 0
            && state.started.is_some_and(|started| (0..REFRESH_AFTER).contains(&now.since(started)))
    }

    fn kept(&self, now: Time) -> Option<Fetched> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fetched.clone().filter(|fetched| now.since(fetched.at) <= MAX_STALE)
    }

    /// Joins the fetch that is under way, or starts one. None when it is too early for one.
    fn fetch(&self, core: &Core, now: Time) -> Option<watch::Receiver<bool>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // One whose task is gone, since its runtime is, has ended.
        if let Some(running) = state.running.as_ref().filter(|running| running.has_changed().is_ok()) {
            return Some(running.clone());
        }
        if state.pauses(now) {
            return None;
        }
        state.started = Some(now);
        let (done, running) = watch::channel(false);
        state.running = Some(running.clone());
        drop(state);
        let (outbound, uri, shared) = (core.outbound.clone(), self.uri.clone(), self.state.clone());
        tokio::spawn(async move {
            let set = fetch(outbound.as_ref(), &uri).await;
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.running = None;
            match set {
                Ok(set) => {
                    state.failures = 0;
                    state.fetched = Some(Fetched { set: Arc::new(KeySet::new(set)), at: now });
                }
                Err(error) => {
                    state.failures = state.failures.saturating_add(1);
                    tracing::warn!(%uri, error, "the keys of a client cannot be had; what is kept stays in use");
                }
            }
            drop(state);
            // Nobody may be waiting.
            let _ = done.send(true);
        });
        Some(running)
    }
}

impl State {
    fn pauses(&self, now: Time) -> bool {
        let pause = match self.failures {
            0 => COOLDOWN,
            n => FAILURE_PAUSE.min(1 << n.min(16).saturating_sub(1)),
        };
        // A clock that was set back must not stop the fetches.
        self.started.is_some_and(|started| (0..pause).contains(&now.since(started)))
    }
}

async fn wait(running: Option<watch::Receiver<bool>>) {
    if let Some(mut running) = running {
        // An error means that the task is gone: there is nothing to wait for.
        let _ = running.wait_for(|done| *done).await;
    }
}

async fn fetch(outbound: &dyn Outbound, uri: &str) -> Result<JwkSet, String> {
    let request = Request::get(uri).header(header::ACCEPT, "application/jwk-set+json, application/json");
    let request = request.body(Bytes::new()).map_err(|error| error.to_string())?;
    let response = outbound.send(request, LARGEST).await.map_err(|error| error.to_string())?;
    if response.status() != StatusCode::OK {
        return Err(format!("the answer is {}", response.status()));
    }
    JwkSet::parse(response.body()).map_err(|error| error.to_string())
}
