//! An issuer's public keys — RFC 7517 §5: fetched, kept, renewed ahead of time, and served while the issuer is down.

use std::sync::Arc;

use hallpass_proto::env::Env;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::VerifyingKey;

use crate::answer;
use crate::authenticate;
use crate::error::Error;
use crate::http_client::{BoxFuture, HttpClient, exchange};
use crate::refreshing::{NotNewer, Policy, Refreshing};

/// When keys are fetched. All in seconds.
#[derive(Clone, Copy, Debug)]
pub struct KeysConfig {
    /// Keys older than this are fetched again in the background when they are next used. Default 10 minutes.
    pub refresh_after: i64,
    /// Keys older than this are not used any more. Default 24 hours.
    pub max_stale: i64,
    /// Between two fetches for unknown keys: what a flood of made-up `kid`s can cause. Default 30 seconds.
    pub cooldown: i64,
    /// The longest pause after a fetch that failed: 1, 2, 4 … up to this. Default 5 seconds.
    pub failure_pause: i64,
}

impl Default for KeysConfig {
    fn default() -> Self {
        Self { refresh_after: 600, max_stale: 24 * 3600, cooldown: 30, failure_pause: 5 }
    }
}

/// Why there is no key.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyError {
    /// The issuer's keys are here, and this one is not among them: the token is not the issuer's.
    #[error("{endpoint} has no key for this token")]
    Unknown {
        /// Whose keys.
        endpoint: String,
    },
    /// The token names no key, and several fit.
    #[error("the token has no kid, and several keys of {endpoint} fit it")]
    Ambiguous {
        /// Whose keys.
        endpoint: String,
    },
    /// There are no keys, and they cannot be had now. Says nothing about the token: answer 503, not 401.
    #[error("the keys of {endpoint} cannot be had: {}", reason.as_ref().map_or_else(|| "a fetch is under way".to_owned(), ToString::to_string))]
    Unavailable {
        /// Whose keys.
        endpoint: String,
        /// Seconds until the next try.
        retry_after: u64,
        /// What happened.
        #[source]
        reason: Option<Arc<Error>>,
    },
}

/// A cache of an issuer's keys. Cheap to clone; all clones share what was fetched.
///
/// Reading a known key never waits. An unknown `kid` causes at most one fetch in each `cooldown`, however many ask.
#[derive(Clone)]
pub struct Keys {
    cache: Arc<Refreshing<KeySet>>,
    name: Arc<str>,
}

type Locate = Box<dyn Fn() -> BoxFuture<'static, Result<String, Error>> + Send + Sync>;

struct KeySet(Vec<Key>);

struct Key {
    kid: Option<String>,
    verifying: Arc<VerifyingKey>,
}

impl Keys {
    /// The keys at a `jwks_uri`.
    pub fn new(jwks_uri: &str, http: Arc<dyn HttpClient>, env: Env, config: KeysConfig) -> Self {
        let uri = jwks_uri.to_owned();
        let locate = move || {
            let uri = uri.clone();
            Box::pin(async move { Ok(uri) }) as _
        };
        Self::located_by(Box::new(locate), jwks_uri, http, env, config)
    }

    pub(crate) fn located_by(
        locate: Locate,
        name: &str,
        http: Arc<dyn HttpClient>,
        env: Env,
        config: KeysConfig,
    ) -> Self {
        let locate = Arc::new(locate);
        let fetch = move || {
            let (locate, http) = (Arc::clone(&locate), Arc::clone(&http));
            Box::pin(async move { fetch(&locate().await?, http.as_ref()).await }) as _
        };
        let KeysConfig { refresh_after, max_stale, cooldown, failure_pause } = config;
        let policy = Policy { refresh_after, max_stale, cooldown, failure_pause };
        Self { cache: Refreshing::new(env, policy, Box::new(fetch)), name: name.into() }
    }

    /// The key that a token names by `kid`, or for a token without `kid` the only key that fits its algorithm.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] and [`KeyError::Ambiguous`] are about the token, [`KeyError::Unavailable`] is not.
    pub async fn get(&self, kid: Option<&str>, alg: SigningAlg) -> Result<Arc<VerifyingKey>, KeyError> {
        let seen = self.cache.current();
        if let Some(found) = seen.as_ref().and_then(|set| set.value.find(kid, alg)) {
            return found.map_err(|Several| self.ambiguous());
        }
        let outcome = self.cache.newer(seen.as_ref()).await;
        match self.cache.current() {
            Some(set) => match set.value.find(kid, alg) {
                Some(found) => found.map_err(|Several| self.ambiguous()),
                None => Err(KeyError::Unknown { endpoint: self.name.to_string() }),
            },
            None => Err(self.unavailable(outcome.err())),
        }
    }

    fn ambiguous(&self) -> KeyError {
        KeyError::Ambiguous { endpoint: self.name.to_string() }
    }

    fn unavailable(&self, why: Option<NotNewer>) -> KeyError {
        let (reason, wait) = match why {
            Some(NotNewer::Failed(error, wait)) => (Some(Arc::new(error)), wait),
            Some(NotNewer::Cooling(wait)) => (None, wait),
            None => (None, 1),
        };
        let retry_after = u64::try_from(wait).unwrap_or(1).max(1);
        KeyError::Unavailable { endpoint: self.name.to_string(), retry_after, reason }
    }
}

struct Several;

impl KeySet {
    fn find(&self, kid: Option<&str>, alg: SigningAlg) -> Option<Result<Arc<VerifyingKey>, Several>> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.verifying.verifies(alg))
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        let first = fitting.next()?;
        // Two keys under one kid: the first one, as JwkSet::find has it.
        if kid.is_none() && fitting.next().is_some() {
            Some(Err(Several))
        } else {
            Some(Ok(Arc::clone(&first.verifying)))
        }
    }
}

async fn fetch(jwks_uri: &str, http: &dyn HttpClient) -> Result<KeySet, Error> {
    let response = exchange(http, jwks_uri, authenticate::get(jwks_uri, None)?).await?;
    answer::success(jwks_uri, &response)?;
    let set = JwkSet::parse(response.body())
        .map_err(|error| answer::malformed(jwks_uri, &response, &error.to_string()))?;
    let usable = |jwk| VerifyingKey::from_jwk(jwk).ok().map(Arc::new);
    let keys: Vec<Key> = set
        .keys
        .iter()
        .filter_map(|jwk| Some(Key { kid: jwk.kid.clone(), verifying: usable(jwk)? }))
        .collect();
    if keys.is_empty() {
        return Err(answer::malformed(jwks_uri, &response, "no usable key"));
    }
    Ok(KeySet(keys))
}
