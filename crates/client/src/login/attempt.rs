//! Sign-ins under way: each is one sealed cookie of its own, so that any number of tabs can sign in at once.
//!
//! The cookie's name is derived from the `state`, and the `state` is sealed in as additional data: an answer finds
//! its own attempt and no other. The time stands in front of the seal, bound to it too, so that the oldest attempts
//! can be dropped without being opened.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use hallpass_proto::env::{Env, Time};
use hallpass_proto::secret::Digest;
use serde::{Deserialize, Serialize};

use super::cookie::Jar;
use super::seals::Seals;
use crate::authorize::Pending;
use crate::error::{CallbackError, ConfigError};

/// How long a person may take to sign in, in seconds.
pub(crate) const LIFETIME: i64 = 600;
/// How many attempts one browser may have; the oldest goes first. Cookies travel with every request.
pub(crate) const MAX_ATTEMPTS: usize = 5;
const SUFFIX: &str = "-attempt-";

/// One sign-in under way.
#[derive(Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) pending: Pending,
    pub(crate) return_to: String,
}

pub(crate) struct Attempts {
    seals: Arc<Seals>,
    jar: Jar,
    env: Env,
}

impl Attempts {
    pub(crate) fn new(seals: Arc<Seals>, jar: Jar, env: Env) -> Self {
        Self { seals, jar, env }
    }

    /// The cookies to set: the new attempt, and removals of what is beyond the limit.
    pub(crate) fn begin(
        &self,
        headers: &HeaderMap,
        attempt: &Attempt,
    ) -> Result<Vec<HeaderValue>, ConfigError> {
        let too_big = || ConfigError::Invalid {
            variable: "scope".to_owned(),
            reason: "the sign-in attempt does not fit into a cookie: shorten the scope or the redirect URI"
                .to_owned(),
        };
        let now = self.env.now();
        let state = attempt.pending.state().expose();
        let sealed = self.seals.seal(&purpose(state, now), attempt, &self.env).map_err(|_| too_big())?;
        let cookie =
            self.jar.set(&suffix(state), &format!("{now}.{sealed}"), LIFETIME).ok_or_else(too_big)?;
        let mut cookies = self.beyond(headers, MAX_ATTEMPTS - 1, now);
        cookies.push(cookie);
        Ok(cookies)
    }

    /// The attempt that an answer with this `state` belongs to.
    pub(crate) fn find(&self, headers: &HeaderMap, state: &str) -> Result<Attempt, CallbackError> {
        let open = || {
            let (time, sealed) = self.jar.get(headers, &suffix(state))?.split_once('.')?;
            let time = Time::from_unix(time.parse().ok()?);
            let age = self.env.now().since(time);
            let attempt = self.seals.open(&purpose(state, time), sealed)?;
            (age < LIFETIME).then_some(attempt)
        };
        open().ok_or(CallbackError::AttemptUnknown)
    }

    /// Removals of one attempt, and of those that are over. The others may still be finished in their tabs.
    pub(crate) fn end(&self, headers: &HeaderMap, state: &str) -> Vec<HeaderValue> {
        let mut cookies = self.beyond(headers, MAX_ATTEMPTS, self.env.now());
        cookies.extend(self.jar.remove(&suffix(state)));
        cookies
    }

    fn beyond(&self, headers: &HeaderMap, keep: usize, now: Time) -> Vec<HeaderValue> {
        let time_of =
            |value: &str| value.split_once('.').and_then(|(time, _)| time.parse::<i64>().ok()).unwrap_or(0);
        let mut attempts: Vec<(i64, &str)> =
            self.jar.starting(headers, SUFFIX).into_iter().map(|(id, value)| (time_of(value), id)).collect();
        attempts.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
        let is_over = |time: i64| now.since(Time::from_unix(time)) >= LIFETIME;
        let dropped = attempts.iter().enumerate().filter(|(i, (time, _))| *i >= keep || is_over(*time));
        dropped.filter_map(|(_, (_, id))| self.jar.remove(&format!("{SUFFIX}{id}"))).collect()
    }
}

fn suffix(state: &str) -> String {
    let digest = Digest::of(state.as_bytes()).to_base64url();
    format!("{SUFFIX}{}", digest.get(..16).unwrap_or(&digest))
}

fn purpose(state: &str, at: Time) -> String {
    format!("sign-in attempt at {at} with state {state}")
}
