//! From a browser's cookie to its session, for both places where sessions are kept.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use hallpass_proto::env::Env;
use hallpass_proto::secret::Digest;

use super::cookie::Jar;
use super::seals::Seals;
use super::session::{MemorySessions, Session, SessionFault, SessionStore, Whose};

const SUFFIX: &str = "-session";
const PURPOSE: &str = "session";

/// Where sessions are kept.
#[derive(Clone)]
pub enum SessionPlace {
    /// On the server, tokens included; the cookie holds a random id.
    Store(Arc<dyn SessionStore>),
    /// In the cookie itself, sealed, without tokens: it needs no store, but it cannot be ended from the server.
    SealedCookie,
}

impl Default for SessionPlace {
    /// In memory.
    fn default() -> Self {
        Self::Store(Arc::new(MemorySessions::default()))
    }
}

/// A session and what it is kept under.
#[derive(Clone, Debug)]
pub struct Found {
    /// The session.
    pub session: Arc<Session>,
    /// Its key in the store; `None` for a sealed cookie.
    pub key: Option<Digest>,
}

pub(crate) struct Sessions {
    place: SessionPlace,
    seals: Arc<Seals>,
    jar: Jar,
    env: Env,
}

impl Sessions {
    pub(crate) fn new(place: SessionPlace, seals: Arc<Seals>, jar: Jar, env: Env) -> Self {
        Self { place, seals, jar, env }
    }

    /// The session of the browser that sent these headers. A cookie that is no session is no session.
    pub(crate) async fn find(&self, headers: &HeaderMap) -> Result<Option<Found>, SessionFault> {
        let Some(cookie) = self.jar.get(headers, SUFFIX).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let now = self.env.now();
        match &self.place {
            SessionPlace::Store(store) => {
                let key = Digest::of(cookie.as_bytes());
                let session = store.get(&key, now).await?;
                Ok(session.map(|session| Found { session, key: Some(key) }))
            }
            SessionPlace::SealedCookie => {
                let session =
                    self.seals.open(PURPOSE, cookie).filter(|session: &Session| now < session.expires_at);
                Ok(session.map(|session| Found { session: Arc::new(session), key: None }))
            }
        }
    }

    /// Starts a session under a new id, and ends the one that the browser had.
    pub(crate) async fn start(
        &self,
        headers: &HeaderMap,
        mut session: Session,
    ) -> Result<(Found, HeaderValue), SessionFault> {
        let now = self.env.now();
        let max_age = session.expires_at.since(now);
        let (value, key) = match &self.place {
            SessionPlace::Store(store) => {
                self.end(headers).await?;
                let id = self.env.token();
                store.put(id.digest(), session.clone(), now).await?;
                (id.expose().clone(), Some(id.digest()))
            }
            SessionPlace::SealedCookie => {
                session.tokens = None;
                let sealed = self.seals.seal(PURPOSE, &session, &self.env);
                (sealed.map_err(|error| SessionFault(error.to_string()))?, None)
            }
        };
        let too_big = || {
            SessionFault("the claims do not fit into a cookie of 4 kB: keep sessions in a store".to_owned())
        };
        let cookie = self.jar.set(SUFFIX, &value, max_age).ok_or_else(too_big)?;
        Ok((Found { session: Arc::new(session), key }, cookie))
    }

    /// Keeps new tokens in a session that goes on.
    pub(crate) async fn replace(&self, key: Digest, session: Session) -> Result<(), SessionFault> {
        match &self.place {
            SessionPlace::Store(store) => store.put(key, session, self.env.now()).await,
            SessionPlace::SealedCookie => Ok(()),
        }
    }

    /// Ends sessions wherever their browsers are; how many.
    pub(crate) async fn end_of(&self, whose: Whose<'_>) -> Result<usize, SessionFault> {
        match &self.place {
            SessionPlace::Store(store) => store.remove_all(whose).await,
            SessionPlace::SealedCookie => Ok(0),
        }
    }

    /// Ends the browser's session; the header removes its cookie.
    pub(crate) async fn end(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, SessionFault> {
        if let (SessionPlace::Store(store), Some(cookie)) = (&self.place, self.jar.get(headers, SUFFIX)) {
            store.remove(&Digest::of(cookie.as_bytes())).await?;
        }
        Ok(self.jar.remove(SUFFIX))
    }
}
