//! Tokens that are refused although they are valid: what was revoked, for a resource that cannot wait for `exp`.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use hallpass_proto::env::Time;

use crate::token::Token;

/// Says which verified tokens are refused. It is asked at every request, so it answers from memory.
pub trait DenyList: Send + Sync {
    /// Whether this token is refused.
    fn denies(&self, token: &Token) -> bool;
}

/// Single tokens by `jti`, and all tokens of a session by `sid`, each of one issuer, in the memory of this process. An
/// entry is for as long as the tokens that it means may live.
#[derive(Debug, Default)]
pub struct Denied {
    entries: RwLock<HashMap<Entry, Time>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Entry {
    Jti(String, String),
    Sid(String, String),
}

impl Denied {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses a token of an issuer by its `jti` until the given time: its `exp`.
    pub fn jti(&self, issuer: &str, jti: &str, until: Time) {
        self.add(Entry::Jti(issuer.to_owned(), jti.to_owned()), until);
    }

    /// Refuses every token of an issuer's session, such as one that a logout token names, until the given time: now and
    /// the longest life of an access token.
    pub fn sid(&self, issuer: &str, sid: &str, until: Time) {
        self.add(Entry::Sid(issuer.to_owned(), sid.to_owned()), until);
    }

    /// Forgets the entries that are over; call it now and then.
    pub fn sweep(&self, now: Time) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until > now);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn add(&self, entry: Entry, until: Time) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let kept = entries.entry(entry).or_insert(until);
        *kept = (*kept).max(until);
    }
}

impl DenyList for Denied {
    fn denies(&self, token: &Token) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        // Nothing is copied for the usual case.
        if entries.is_empty() {
            return false;
        }
        let sid = token.sid.as_ref().map(|sid| Entry::Sid(token.iss.clone(), sid.clone()));
        entries.contains_key(&Entry::Jti(token.iss.clone(), token.jti.clone()))
            || sid.is_some_and(|sid| entries.contains_key(&sid))
    }
}
