//! Browser sessions and consents in memory.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use super::logout::First;
use super::tables::Tables;
use crate::entity::consent::Consent;
use crate::entity::logout::LogoutNotice;
use crate::entity::session::Session;
use crate::fault::Fault;
use crate::store::{Answer, SessionUser, Sessions};

impl Sessions for MemoryStore {
    fn start_session<'a>(
        &'a self,
        session: &'a Session,
        replaces: Option<Digest>,
        now: Time,
    ) -> Answer<'a, Vec<LogoutNotice>> {
        Box::pin(async move { self.tables()?.start_session(session, replaces, now) })
    }

    fn session(&self, digest: Digest, idle: i64, now: Time) -> Answer<'_, Option<SessionUser>> {
        Box::pin(async move { Ok(self.tables()?.session(digest, idle, now)) })
    }

    fn touch_session(&self, digest: Digest, now: Time) -> Answer<'_, ()> {
        Box::pin(async move {
            if let Some(session) = self.tables()?.sessions.get_mut(&digest) {
                session.seen_at = session.seen_at.max(now);
            }
            Ok(())
        })
    }

    fn end_session(&self, digest: Digest, now: Time) -> Answer<'_, Vec<LogoutNotice>> {
        Box::pin(async move { Ok(self.tables()?.end_session(digest, First::by_caller(now), now).1) })
    }

    fn consent<'a>(&'a self, user_id: &'a str, client_id: &'a str) -> Answer<'a, Option<Consent>> {
        Box::pin(async move {
            Ok(self.tables()?.consents.get(&(user_id.to_owned(), client_id.to_owned())).cloned())
        })
    }

    fn consents<'a>(&'a self, user_id: &'a str) -> Answer<'a, Vec<Consent>> {
        Box::pin(async move {
            let tables = self.tables()?;
            let from_first = tables.consents.range((user_id.to_owned(), String::new())..);
            Ok(from_first
                .take_while(|((user, _), _)| user == user_id)
                .map(|(_, consent)| consent.clone())
                .collect())
        })
    }

    fn put_consent<'a>(&'a self, consent: &'a Consent) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables()?.put_consent(consent);
            Ok(())
        })
    }

    fn withdraw_consent<'a>(&'a self, user_id: &'a str, client_id: &'a str, now: Time) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            tables.consents.remove(&(user_id.to_owned(), client_id.to_owned()));
            tables.end_consent(user_id, client_id, now);
            Ok(())
        })
    }
}

impl Tables {
    fn start_session(
        &mut self,
        session: &Session,
        replaces: Option<Digest>,
        now: Time,
    ) -> Result<Vec<LogoutNotice>, Fault> {
        if replaces != Some(session.digest) && self.sessions.contains_key(&session.digest) {
            return Err(Fault::Store("a session with this digest is there already".to_owned()));
        }
        let notices = match replaces.and_then(|digest| self.remove_session(digest)) {
            Some(old) if old.goes_on_as(session) => {
                self.keep_clients(&session.sid, session.expires_at);
                Vec::new()
            }
            Some(old) if now < old.expires_at => self.end_sid(&old.sid, First::by_caller(now), now),
            Some(_) | None => Vec::new(),
        };
        self.insert_session(session)?;
        Ok(notices)
    }

    fn session(&self, digest: Digest, idle: i64, now: Time) -> Option<SessionUser> {
        let session = self.sessions.get(&digest).filter(|session| session.is_live(idle, now))?;
        let user = self.active_user(&session.user_id)?;
        Some(SessionUser { session: session.clone(), user: user.clone() })
    }

    /// How many sessions that were not over have ended by it, none or one; and who is to be told.
    pub(super) fn end_session(
        &mut self,
        digest: Digest,
        first: First,
        now: Time,
    ) -> (usize, Vec<LogoutNotice>) {
        match self.remove_session(digest) {
            Some(session) if now < session.expires_at => (1, self.end_sid(&session.sid, first, now)),
            Some(_) | None => (0, Vec::new()),
        }
    }

    /// Ends what was given in a browser session and does not outlive it, and has its clients told.
    fn end_sid(&mut self, sid: &str, first: First, now: Time) -> Vec<LogoutNotice> {
        self.end_grants_of(sid, now);
        self.leave(sid, first, now)
    }

    pub(super) fn put_consent(&mut self, consent: &Consent) {
        self.consents
            .entry((consent.user_id.clone(), consent.client_id.clone()))
            .and_modify(|there| {
                there.scope = there.scope.union(&consent.scope);
                there.claims.extend(consent.claims.iter().cloned());
            })
            .or_insert_with(|| consent.clone());
    }
}
