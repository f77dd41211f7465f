//! Who is signed in to the program, and where that is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::{Digest, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http_client::BoxFuture;

/// One person's session at the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The person at the issuer: the `sub` of the ID token.
    pub sub: String,
    /// The session at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The verified claims of the ID token, and beside them those of UserInfo.
    pub claims: Map<String, Value>,
    /// When the person signed in.
    pub signed_in_at: Time,
    /// When the session ends, whatever happens.
    pub expires_at: Time,
    /// The tokens. Kept on the server only: a sealed cookie has none.
    #[serde(skip)]
    pub tokens: Option<SessionTokens>,
}

/// What the program can call APIs with in the person's name.
#[derive(Clone, Debug)]
pub struct SessionTokens {
    /// For APIs.
    pub access_token: Secret,
    /// When it ends, when the issuer says.
    pub expires_at: Option<Time>,
    /// For the next access token.
    pub refresh_token: Option<Secret>,
    /// For the sign-out at the issuer.
    pub id_token: Option<Secret>,
    /// What the access token allows.
    pub scope: Scope,
}

/// A session store cannot do its work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the session store failed: {0}")]
pub struct SessionFault(pub String);

/// Keeps sessions on the server. Keys are digests: a copy of the store lets nobody in.
pub trait SessionStore: Send + Sync {
    /// Keeps a session under its key, in place of one that is there.
    fn put<'a>(&'a self, key: Digest, session: Session, now: Time)
    -> BoxFuture<'a, Result<(), SessionFault>>;
    /// The session, if it is there and not over.
    fn get<'a>(
        &'a self,
        key: &'a Digest,
        now: Time,
    ) -> BoxFuture<'a, Result<Option<Arc<Session>>, SessionFault>>;
    /// Ends a session.
    fn remove<'a>(&'a self, key: &'a Digest) -> BoxFuture<'a, Result<(), SessionFault>>;
}

/// Sessions in this process's memory: they end when it does. Bounded; a session that nobody uses ends early.
pub struct MemorySessions {
    capacity: usize,
    idle: i64,
    held: Mutex<HashMap<Digest, Held>>,
}

struct Held {
    session: Arc<Session>,
    used_at: Time,
}

impl MemorySessions {
    /// At most `capacity` sessions; one that is not used for `idle` seconds ends.
    pub fn new(capacity: usize, idle: i64) -> Self {
        Self { capacity: capacity.max(1), idle, held: Mutex::default() }
    }

    fn is_over(&self, held: &Held, now: Time) -> bool {
        now >= held.session.expires_at || now.since(held.used_at) >= self.idle
    }

    fn insert(&self, key: Digest, session: Session, now: Time) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= self.capacity && !held.contains_key(&key) {
            held.retain(|_, entry| !self.is_over(entry, now));
        }
        if held.len() >= self.capacity
            && !held.contains_key(&key)
            && let Some(oldest) = held.iter().min_by_key(|(_, entry)| entry.used_at).map(|(key, _)| *key)
        {
            held.remove(&oldest);
        }
        held.insert(key, Held { session: Arc::new(session), used_at: now });
    }

    fn find(&self, key: &Digest, now: Time) -> Option<Arc<Session>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(key).is_some_and(|entry| self.is_over(entry, now)) {
            held.remove(key);
        }
        let entry = held.get_mut(key)?;
        entry.used_at = now;
        Some(Arc::clone(&entry.session))
    }
}

impl Default for MemorySessions {
    /// 100,000 sessions, two hours.
    fn default() -> Self {
        Self::new(100_000, 2 * 3600)
    }
}

impl SessionStore for MemorySessions {
    fn put<'a>(
        &'a self,
        key: Digest,
        session: Session,
        now: Time,
    ) -> BoxFuture<'a, Result<(), SessionFault>> {
        self.insert(key, session, now);
        Box::pin(async { Ok(()) })
    }

    fn get<'a>(
        &'a self,
        key: &'a Digest,
        now: Time,
    ) -> BoxFuture<'a, Result<Option<Arc<Session>>, SessionFault>> {
        let found = self.find(key, now);
        Box::pin(async move { Ok(found) })
    }

    fn remove<'a>(&'a self, key: &'a Digest) -> BoxFuture<'a, Result<(), SessionFault>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(sub: &str, expires_at: i64) -> Session {
        Session {
            sub: sub.to_owned(),
            sid: None,
            claims: Map::new(),
            signed_in_at: Time::from_unix(0),
            expires_at: Time::from_unix(expires_at),
            tokens: None,
        }
    }

    fn key(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    #[test]
    fn a_session_ends_when_it_is_over_or_idle() {
        let sessions = MemorySessions::new(10, 100);
        let at = Time::from_unix;
        sessions.insert(key("a"), session("a", 1000), at(0));
        assert!(sessions.find(&key("a"), at(99)).is_some());
        assert!(sessions.find(&key("a"), at(198)).is_some());
        assert!(sessions.find(&key("a"), at(298)).is_none(), "idle");
        sessions.insert(key("b"), session("b", 50), at(0));
        assert!(sessions.find(&key("b"), at(50)).is_none(), "over");
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let sessions = MemorySessions::new(3, 1000);
        for (i, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            sessions.insert(
                key(name),
                session(name, 1000),
                Time::from_unix(i64::try_from(i).expect("small")),
            );
        }
        let now = Time::from_unix(10);
        assert!(sessions.find(&key("a"), now).is_none(), "the one that was not used for longest");
        assert!(["b", "c", "d"].into_iter().all(|name| sessions.find(&key(name), now).is_some()));
    }
}
