//! Who must hear of a sign-out, in memory.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use super::tables::{Row, Tables};
use crate::entity::logout::{FIRST_ATTEMPT, LogoutNotice, SessionClient};
use crate::store::{Answer, Logout, NOTICE_KEPT, Recorded};

/// Who makes the first attempt to deliver the notices of a session that ends.
#[derive(Clone, Copy)]
pub(super) struct First {
    attempts: u32,
    due_at: Time,
}

impl First {
    /// Whoever ends the session.
    pub(super) fn by_caller(now: Time) -> Self {
        Self { attempts: 1, due_at: now + FIRST_ATTEMPT }
    }

    /// Whoever takes them.
    fn by_anybody(now: Time) -> Self {
        Self { attempts: 0, due_at: now }
    }
}

/// Notices by `sid` and `client_id`, and in the order in which they are due.
#[derive(Default)]
pub(super) struct Notices {
    held: BTreeMap<(String, String), LogoutNotice>,
    due: BTreeSet<(Time, (String, String))>,
}

impl Logout for MemoryStore {
    fn enter_session<'a>(&'a self, entered: &'a SessionClient) -> Answer<'a, Recorded> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            if !tables.has_session(&entered.sid) {
                return Ok(Recorded::SessionOver);
            }
            tables.insert_session_client(entered);
            Ok(Recorded::Done)
        })
    }

    fn end_sessions_of<'a>(&'a self, user_id: &'a str, now: Time) -> Answer<'a, usize> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            let from_first =
                tables.sessions_of_user.range((user_id.to_owned(), Digest::from_bytes([0; 32]))..);
            let theirs: Vec<_> =
                from_first.take_while(|(user, _)| user == user_id).map(|(_, digest)| *digest).collect();
            let first = First::by_anybody(now);
            Ok(theirs.into_iter().map(|digest| tables.end_session(digest, first, now).0).sum())
        })
    }

    fn take_notices(&self, limit: usize, until: Time, now: Time) -> Answer<'_, Vec<LogoutNotice>> {
        Box::pin(async move { Ok(self.tables()?.notices.take(limit, until, now)) })
    }

    fn postpone_notice<'a>(&'a self, taken: &'a LogoutNotice, due_at: Time) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            let there = tables.notices.held.get(&key(taken)).filter(|n| n.attempts == taken.attempts);
            if let Some(notice) = there.cloned() {
                tables.notices.put(LogoutNotice { due_at, ..notice });
            }
            Ok(())
        })
    }

    fn settle_notice<'a>(&'a self, taken: &'a LogoutNotice) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables()?.notices.remove(&key(taken));
            Ok(())
        })
    }
}

impl Tables {
    fn insert_session_client(&mut self, entered: &SessionClient) {
        self.remove_session_client(&entered.sid, &entered.client_id);
        let row = Row::SessionClient(entered.sid.clone(), entered.client_id.clone());
        self.done_at.insert((entered.expires_at, row));
        self.session_clients.insert((entered.sid.clone(), entered.client_id.clone()), entered.clone());
    }

    pub(super) fn remove_session_client(&mut self, sid: &str, client_id: &str) {
        let (sid, client_id) = (sid.to_owned(), client_id.to_owned());
        if let Some(there) = self.session_clients.remove(&(sid.clone(), client_id.clone())) {
            self.done_at.remove(&(there.expires_at, Row::SessionClient(sid, client_id)));
        }
    }

    /// The session goes on to another time, and its clients with it.
    pub(super) fn keep_clients(&mut self, sid: &str, expires_at: Time) {
        for there in self.clients_of(sid) {
            self.insert_session_client(&SessionClient { expires_at, ..there });
        }
    }

    /// The clients of a session that ends are to be told.
    pub(super) fn leave(&mut self, sid: &str, first: First, now: Time) -> Vec<LogoutNotice> {
        let mut notices = Vec::new();
        for SessionClient { sid, client_id, user_id, expires_at: _ } in self.clients_of(sid) {
            self.remove_session_client(&sid, &client_id);
            let First { attempts, due_at } = first;
            let notice = LogoutNotice { sid, client_id, user_id, ended_at: now, attempts, due_at };
            self.notices.put(notice.clone());
            notices.push(notice);
        }
        notices
    }

    fn clients_of(&self, sid: &str) -> Vec<SessionClient> {
        let from_first = self.session_clients.range((sid.to_owned(), String::new())..);
        from_first.take_while(|((of, _), _)| of == sid).map(|(_, client)| client.clone()).collect()
    }
}

impl Notices {
    fn put(&mut self, notice: LogoutNotice) {
        let key = key(&notice);
        self.remove(&key);
        self.due.insert((notice.due_at, key.clone()));
        self.held.insert(key, notice);
    }

    fn remove(&mut self, key: &(String, String)) {
        if let Some(notice) = self.held.remove(key) {
            self.due.remove(&(notice.due_at, key.clone()));
        }
    }

    fn take(&mut self, limit: usize, until: Time, now: Time) -> Vec<LogoutNotice> {
        let due: Vec<_> = self.due_by(now).take(limit).cloned().collect();
        let mut taken = Vec::with_capacity(due.len());
        for key in due {
            let Some(there) = self.held.get(&key).cloned() else { continue };
            let notice = LogoutNotice { attempts: there.attempts + 1, due_at: until, ..there };
            self.put(notice.clone());
            taken.push(notice);
        }
        taken.sort_by(|a, b| (a.ended_at, &a.sid, &a.client_id).cmp(&(b.ended_at, &b.sid, &b.client_id)));
        taken
    }

    /// Removes at most `limit` that nobody has taken for too long.
    pub(super) fn sweep(&mut self, limit: usize, now: Time) -> usize {
        let over: Vec<_> = self.due_by(now - NOTICE_KEPT).take(limit).cloned().collect();
        for key in &over {
            self.remove(key);
        }
        over.len()
    }

    fn due_by(&self, now: Time) -> impl Iterator<Item = &(String, String)> {
        self.due.iter().take_while(move |(at, _)| *at <= now).map(|(_, key)| key)
    }
}

fn key(notice: &LogoutNotice) -> (String, String) {
    (notice.sid.clone(), notice.client_id.clone())
}
