//! A value fetched from a server and kept: read without waiting, fetched once at a time, at a bounded rate.
//!
//! The fetch runs in a task of its own: a caller that goes away does not end it for the others.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use hallpass_proto::env::{Env, Time};
use tokio::sync::watch;

use crate::error::Error;
use crate::http_client::BoxFuture;
use crate::token_source::is_final;

/// When a value is fetched again. All in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Older than this: fetched again in the background when somebody reads it.
    pub(crate) refresh_after: i64,
    /// Older than this: not served any more.
    pub(crate) max_stale: i64,
    /// Between the starts of two fetches, when the first one succeeded.
    pub(crate) cooldown: i64,
    /// The longest pause after a failed fetch; the first pauses are shorter.
    pub(crate) failure_pause: i64,
}

/// Whether a value is still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It is.
    Fresh,
    /// It is, and a newer one is to be fetched in the background.
    Due,
    /// It is not served any more.
    Stale,
}

/// The pauses between the starts of two fetches. All in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// When the first one succeeded.
    pub(crate) cooldown: i64,
    /// When it failed, at most; the first pauses are shorter.
    pub(crate) failure: i64,
}

/// A value and when it came.
pub(crate) struct Fetched<T> {
    pub(crate) value: T,
    at: Time,
}

/// Why there is nothing newer.
#[derive(Clone, Debug)]
pub(crate) enum NotNewer {
    /// A fetch was made a moment ago; the next one may start after that many seconds.
    Cooling(i64),
    /// The fetch failed; the next one may start after that many seconds.
    Failed(Error, i64),
}

impl<T> Fetched<T> {
    /// When it came.
    pub(crate) fn at(&self) -> Time {
        self.at
    }
}

type Judge<T> = Box<dyn Fn(&Fetched<T>, Time) -> Freshness + Send + Sync>;
type Fetch<T> = Box<dyn Fn() -> BoxFuture<'static, Result<T, Error>> + Send + Sync>;
type Outcome = Option<Result<(), Error>>;

pub(crate) struct Refreshing<T> {
    value: ArcSwapOption<Fetched<T>>,
    flight: Mutex<Flight>,
    env: Env,
    pauses: Pauses,
    freshness: Judge<T>,
    fetch: Fetch<T>,
}

#[derive(Default)]
struct Flight {
    started: Option<Time>,
    failures: u32,
    last_error: Option<Error>,
    running: Option<watch::Receiver<Outcome>>,
}

impl<T: Send + Sync + 'static> Refreshing<T> {
    /// A value that is judged by its age.
    pub(crate) fn new(env: Env, policy: Policy, fetch: Fetch<T>) -> Arc<Self> {
        let by_age = move |fetched: &Fetched<T>, now: Time| match now.since(fetched.at) {
            age if age > policy.max_stale => Freshness::Stale,
            age if age >= policy.refresh_after => Freshness::Due,
            _ => Freshness::Fresh,
        };
        let pauses = Pauses { cooldown: policy.cooldown, failure: policy.failure_pause };
        Self::with_freshness(env, pauses, Box::new(by_age), fetch)
    }

    /// A value that says itself how long it is good.
    pub(crate) fn with_freshness(
        env: Env,
        pauses: Pauses,
        freshness: Judge<T>,
        fetch: Fetch<T>,
    ) -> Arc<Self> {
        Arc::new(Self {
            value: ArcSwapOption::empty(),
            flight: Mutex::default(),
            env,
            pauses,
            freshness,
            fetch,
        })
    }

    /// Begins with a value that is there already.
    pub(crate) fn begin_with(&self, value: T) {
        self.value.store(Some(Arc::new(Fetched { value, at: self.env.now() })));
    }

    /// What is there, if it is not too old; starts a fetch in the background when it is due. Never waits.
    pub(crate) fn current(self: &Arc<Self>) -> Option<Arc<Fetched<T>>> {
        let now = self.env.now();
        let fetched = self.value.load_full()?;
        match (self.freshness)(&fetched, now) {
            Freshness::Fresh => Some(fetched),
            Freshness::Due => {
                // Not started because of the cooldown: a later reader will.
                let _ = self.start(Some(&fetched), now);
                Some(fetched)
            }
            Freshness::Stale => {
                let _ = self.start(None, now);
                None
            }
        }
    }

    /// Waits for something newer than what the caller has seen: joins the running fetch or starts one.
    pub(crate) async fn newer(self: &Arc<Self>, seen: Option<&Arc<Fetched<T>>>) -> Result<(), NotNewer> {
        let Some(mut running) = self.start(seen, self.env.now())? else { return Ok(()) };
        let outcome = match running.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None, // the runtime that fetched is gone
        };
        match outcome {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(NotNewer::Failed(error, self.pause())),
            None => Err(NotNewer::Cooling(self.pause())),
        }
    }

    /// `None` when there is already something newer.
    fn start(
        self: &Arc<Self>,
        seen: Option<&Arc<Fetched<T>>>,
        now: Time,
    ) -> Result<Option<watch::Receiver<Outcome>>, NotNewer> {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        // What is too old to be served counts as absent: nobody has seen it, and it is not something newer.
        let current =
            self.value.load_full().filter(|fetched| (self.freshness)(fetched, now) != Freshness::Stale);
        if current.as_ref().map(Arc::as_ptr) != seen.map(Arc::as_ptr) {
            return Ok(None);
        }
        if let Some(running) = flight.running.as_ref().filter(|running| running.has_changed().is_ok()) {
            return Ok(Some(running.clone()));
        }
        if let Some(wait) = flight.wait(self.pauses, now) {
            return Err(match &flight.last_error {
                Some(error) => NotNewer::Failed(error.clone(), wait),
                None => NotNewer::Cooling(wait),
            });
        }
        flight.started = Some(now); // the pause counts from here, whatever becomes of the fetch
        let (done, running) = watch::channel(None);
        flight.running = Some(running.clone());
        drop(flight);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = (this.fetch)().await;
            let _ = done.send(Some(this.finish(fetched)));
        });
        Ok(Some(running))
    }

    fn finish(&self, fetched: Result<T, Error>) -> Result<(), Error> {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        flight.running = None;
        match fetched {
            Ok(value) => {
                flight.failures = 0;
                flight.last_error = None;
                self.value.store(Some(Arc::new(Fetched { value, at: self.env.now() })));
                Ok(())
            }
            Err(error) => {
                flight.failures = flight.failures.saturating_add(1);
                flight.last_error = Some(error.clone());
                tracing::warn!(error = %error, failures = flight.failures, "a fetch failed; what is kept stays in use");
                Err(error)
            }
        }
    }

    fn pause(&self) -> i64 {
        let flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        flight.wait(self.pauses, self.env.now()).unwrap_or(1)
    }
}

impl Flight {
    /// Seconds until the next fetch may start; `None` when it may start now.
    fn wait(&self, pauses: Pauses, now: Time) -> Option<i64> {
        // What will never be better is not asked for again.
        if self.last_error.as_ref().is_some_and(is_final) {
            return Some(pauses.failure.max(1));
        }
        let pause = match self.failures {
            0 => pauses.cooldown,
            n => pauses.failure.min(1 << n.min(16).saturating_sub(1)),
        };
        let elapsed = now.since(self.started?);
        // A clock that was set back must not stop the fetches.
        (elapsed >= 0 && elapsed < pause).then(|| pause - elapsed)
    }
}
