//! Who is signed in to the program, and where that is kept.

use std::collections::{BTreeSet, HashMap};
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
    /// Ends all of these sessions; how many there were.
    fn remove_all<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<usize, SessionFault>>;
}

/// Which sessions the issuer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Those that came of one session at the issuer.
    Session {
        /// Its name there: [`Session::sid`].
        sid: &'a str,
        /// And nobody else's, where it is said who.
        sub: Option<&'a str>,
    },
    /// All of one person.
    Person {
        /// [`Session::sub`].
        sub: &'a str,
    },
}

impl Whose<'_> {
    /// Whether a session is one of them.
    pub fn includes(&self, session: &Session) -> bool {
        match self {
            Self::Session { sid, sub } => {
                session.sid.as_deref() == Some(*sid) && sub.is_none_or(|sub| sub == session.sub)
            }
            Self::Person { sub } => session.sub == *sub,
        }
    }
}

/// Sessions in this process's memory: they end when it does. Bounded; a session that nobody uses ends early.
pub struct MemorySessions {
    capacity: usize,
    idle: i64,
    held: Mutex<HeldSessions>,
}

/// Sessions by key, and their keys by `sub`: the issuer ends what it names by either.
#[derive(Default)]
struct HeldSessions {
    by_key: HashMap<Digest, Held>,
    of_person: BTreeSet<(String, Digest)>,
}

impl HeldSessions {
    fn insert(&mut self, key: Digest, held: Held) {
        self.remove(&key);
        self.of_person.insert((held.session.sub.clone(), key));
        self.by_key.insert(key, held);
    }

    fn remove(&mut self, key: &Digest) {
        if let Some(held) = self.by_key.remove(key) {
            self.of_person.remove(&(held.session.sub.clone(), *key));
        }
    }

    /// The keys of these sessions: along the index where it is said who, and else among all.
    fn keys(&self, whose: Whose<'_>) -> Vec<Digest> {
        let fits = |key: &&Digest| self.by_key.get(*key).is_some_and(|held| whose.includes(&held.session));
        match whose {
            Whose::Session { sub: Some(sub), .. } | Whose::Person { sub } => {
                let from_first = self.of_person.range((sub.to_owned(), Digest::from_bytes([0; 32]))..);
                let theirs = from_first.take_while(|(of, _)| of == sub).map(|(_, key)| key);
                theirs.filter(fits).copied().collect()
            }
            Whose::Session { sub: None, .. } => self.by_key.keys().filter(fits).copied().collect(),
        }
    }
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
        let is_full =
            |held: &HeldSessions| held.by_key.len() >= self.capacity && !held.by_key.contains_key(&key);
        if is_full(&held) {
            let over = held.by_key.iter().filter(|(_, entry)| self.is_over(entry, now));
            for key in over.map(|(key, _)| *key).collect::<Vec<_>>() {
                held.remove(&key);
            }
        }
        if is_full(&held)
            && let Some(oldest) =
                held.by_key.iter().min_by_key(|(_, entry)| entry.used_at).map(|(key, _)| *key)
        {
            held.remove(&oldest);
        }
        held.insert(key, Held { session: Arc::new(session), used_at: now });
    }

    fn find(&self, key: &Digest, now: Time) -> Option<Arc<Session>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.by_key.get(key).is_some_and(|entry| self.is_over(entry, now)) {
            held.remove(key);
        }
        let entry = held.by_key.get_mut(key)?;
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

    fn remove_all<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<usize, SessionFault>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = held.keys(whose);
        for key in &keys {
            held.remove(key);
        }
        Box::pin(async move { Ok(keys.len()) })
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
