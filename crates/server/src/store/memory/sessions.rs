//! Browser sessions and consents in memory.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::consent::Consent;
use crate::entity::session::Session;
use crate::fault::Fault;
use crate::store::{Answer, SessionUser, Sessions};

impl Sessions for MemoryStore {
    fn start_session<'a>(
        &'a self,
        session: &'a Session,
        replaces: Option<Digest>,
        now: Time,
    ) -> Answer<'a, ()> {
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

    fn end_session(&self, digest: Digest, now: Time) -> Answer<'_, ()> {
        Box::pin(async move {
            self.tables()?.end_session(digest, now);
            Ok(())
        })
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
    fn start_session(&mut self, session: &Session, replaces: Option<Digest>, now: Time) -> Result<(), Fault> {
        if replaces != Some(session.digest) && self.sessions.contains_key(&session.digest) {
            return Err(Fault::Store("a session with this digest is there already".to_owned()));
        }
        if let Some(old) = replaces.and_then(|digest| self.remove_session(digest))
            && !old.goes_on_as(session)
            && now < old.expires_at
        {
            self.end_sid(&old.sid, now);
        }
        self.insert_session(session)
    }

    fn session(&self, digest: Digest, idle: i64, now: Time) -> Option<SessionUser> {
        let session = self.sessions.get(&digest).filter(|session| session.is_live(idle, now))?;
        let user = self.active_user(&session.user_id)?;
        Some(SessionUser { session: session.clone(), user: user.clone() })
    }

    fn end_session(&mut self, digest: Digest, now: Time) {
        if let Some(session) = self.remove_session(digest)
            && now < session.expires_at
        {
            self.end_sid(&session.sid, now);
        }
    }

    pub(super) fn put_consent(&mut self, consent: &Consent) {
        self.consents
            .entry((consent.user_id.clone(), consent.client_id.clone()))
            .and_modify(|there| there.scope = there.scope.union(&consent.scope))
            .or_insert_with(|| consent.clone());
    }
}
