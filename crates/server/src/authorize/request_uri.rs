//! Request objects by reference — OpenID Connect Core §6.2, RFC 9101 §5.2. Anybody can have one fetched, with no more than
//! a link: for each client and URI one fetch is under way at a time, which all requests wait for, and what came of it is
//! the answer for a few seconds more. All of them together never take more than half of the places of the door.
//!
//! The fetch runs in a task of its own: a caller that goes away does not end it for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use tokio::sync::{Semaphore, watch};

use hallpass_proto::env::Time;

use crate::core::Core;
use crate::outbound::Outbound;

/// How many bytes an object may have.
const LARGEST: usize = 64 * 1024;
/// For how long an answer is the answer, in seconds, also when there was none.
const KEPT: i64 = 5;
/// How many objects are kept or under way.
const CAPACITY: usize = 256;
/// How many fetches may be under way.
const AT_ONCE: usize = 32;

/// The objects that are being fetched, or have just been.
pub(crate) struct RequestUris {
    /// By `client_id` and URI.
    entries: Mutex<HashMap<(String, String), Fetching>>,
    places: Arc<Semaphore>,
}

/// None while the fetch is under way.
type Fetching = watch::Receiver<Option<Fetched>>;

#[derive(Clone)]
struct Fetched {
    /// None when it could not be had; why stands in the log.
    object: Option<Arc<str>>,
    at: Time,
}

impl Default for RequestUris {
    fn default() -> Self {
        Self { entries: Mutex::default(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl RequestUris {
    /// The object at a URI without a fragment that the client has registered; None when it cannot be had.
    pub(super) async fn get(&self, core: &Core, client_id: &str, uri: &str, now: Time) -> Option<Arc<str>> {
        let mut fetching = self.fetching(core, client_id, uri, now)?;
        // An error means that the task is gone, since its runtime is.
        let fetched = fetching.wait_for(Option::is_some).await.ok()?.clone();
        fetched?.object
    }

    /// What was just fetched or is being fetched, or else a new fetch; None when there are too many.
    fn fetching(&self, core: &Core, client_id: &str, uri: &str, now: Time) -> Option<Fetching> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (client_id.to_owned(), uri.to_owned());
        if let Some(fetching) = entries.get(&key).filter(|fetching| counts(fetching, now)) {
            return Some(fetching.clone());
        }
        entries.retain(|_, fetching| counts(fetching, now));
        if entries.len() >= CAPACITY {
            // Those under way are fewer than that.
            entries.retain(|_, fetching| fetching.borrow().is_none());
        }
        let Some(place) = self.places.clone().try_acquire_owned().ok() else {
            tracing::warn!(client_id, uri, "too many request objects are being fetched");
            return None;
        };
        let (done, fetching) = watch::channel(None);
        entries.insert(key, fetching.clone());
        drop(entries);
        let (outbound, env) = (core.outbound.clone(), core.env.clone());
        let (client_id, uri) = (client_id.to_owned(), uri.to_owned());
        tokio::spawn(async move {
            let object = fetch(outbound.as_ref(), &uri)
                .await
                .inspect_err(|why| tracing::warn!(client_id, uri, why, "a request object cannot be had"));
            drop(place);
            // Nobody may be waiting.
            let _ = done.send(Some(Fetched { object: object.ok(), at: env.now() }));
        });
        Some(fetching)
    }
}

/// Whether it is under way, or new enough to be the answer.
fn counts(fetching: &Fetching, now: Time) -> bool {
    let at = fetching.borrow().as_ref().map(|fetched| fetched.at);
    match at {
        // A clock that was set back must not make it last.
        Some(at) => (0..KEPT).contains(&now.since(at)),
        // One whose task is gone, since its runtime is, has ended.
        None => fetching.has_changed().is_ok(),
    }
}

async fn fetch(outbound: &dyn Outbound, uri: &str) -> Result<Arc<str>, String> {
    let request =
        Request::get(uri).header(header::ACCEPT, "application/oauth-authz-req+jwt, application/jwt");
    let request = request.body(Bytes::new()).map_err(|error| error.to_string())?;
    let response = outbound.send(request, LARGEST).await.map_err(|error| error.to_string())?;
    if response.status() != StatusCode::OK {
        return Err(format!("the answer is {}", response.status()));
    }
    let text = std::str::from_utf8(response.body()).map_err(|error| error.to_string())?;
    Ok(text.trim().into())
}
