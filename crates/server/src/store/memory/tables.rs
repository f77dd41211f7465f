//! The maps, and the indices that keep every step short. What two steps have in common is here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::logout::Notices;
use crate::entity::client::Client;
use crate::entity::code::{Code, GrantRecorded};
use crate::entity::consent::Consent;
use crate::entity::device::{DeviceCode, DeviceState};
use crate::entity::grant::Grant;
use crate::entity::key_set::KeySet;
use crate::entity::logout::SessionClient;
use crate::entity::refresh::RefreshToken;
use crate::entity::registration_token::RegistrationToken;
use crate::entity::session::Session;
use crate::entity::user::User;
use crate::fault::Fault;
use crate::store::{DEVICE_CODE_KEPT, DeviceIssued, REPLAY_KEPT, REVOCATION_KEPT, SPENT_CODE_KEPT, Use};

#[derive(Default)]
pub(super) struct Tables {
    pub(super) clients: BTreeMap<String, Client>,
    pub(super) registration_tokens: HashMap<Digest, RegistrationToken>,
    pub(super) users: HashMap<String, User>,
    /// Login → user id.
    pub(super) logins: HashMap<String, String>,
    pub(super) sessions: HashMap<Digest, Session>,
    /// By `sid` and `client_id`.
    pub(super) session_clients: BTreeMap<(String, String), SessionClient>,
    pub(super) notices: Notices,
    /// By user id and `client_id`.
    pub(super) consents: BTreeMap<(String, String), Consent>,
    pub(super) codes: HashMap<Digest, Code>,
    pub(super) devices: HashMap<Digest, DeviceCode>,
    /// User code → device code.
    pub(super) user_codes: HashMap<Digest, Digest>,
    pub(super) grants: HashMap<String, Family>,
    pub(super) refresh: HashMap<Digest, RefreshToken>,
    /// `jti` → when the access token ends by itself.
    pub(super) revoked: HashMap<String, Time>,
    pub(super) sessions_of_user: BTreeSet<(String, Digest)>,
    sessions_of_sid: BTreeSet<(String, Digest)>,
    pub(super) keys: KeySet,
    /// What was used once → until when it could have been.
    used: HashMap<Digest, Time>,
    /// What ends with a browser session: fresh codes, and grants that were not ended.
    by_sid: HashMap<String, BTreeSet<Row>>,
    /// What ends with a consent, by user id and `client_id`: the same, and approved device codes.
    by_consent: HashMap<(String, String), BTreeSet<Row>>,
    /// From when on a row can have no effect any more.
    pub(super) done_at: BTreeSet<(Time, Row)>,
}

/// A grant and its refresh tokens.
pub(super) struct Family {
    pub(super) grant: Grant,
    pub(super) tokens: Vec<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    Session(Digest),
    /// By `sid` and `client_id`.
    SessionClient(String, String),
    Code(Digest),
    Device(Digest),
    Grant(String),
    Revoked(String),
    Used(Digest),
}

impl Tables {
    pub(super) fn insert_session(&mut self, session: &Session) -> Result<(), Fault> {
        if self.sessions.contains_key(&session.digest) {
            return Err(Fault::Store("a session with this digest is there already".to_owned()));
        }
        self.done_at.insert((session.expires_at, Row::Session(session.digest)));
        self.sessions_of_user.insert((session.user_id.clone(), session.digest));
        self.sessions_of_sid.insert((session.sid.clone(), session.digest));
        self.sessions.insert(session.digest, session.clone());
        Ok(())
    }

    pub(super) fn remove_session(&mut self, digest: Digest) -> Option<Session> {
        let session = self.sessions.remove(&digest)?;
        self.done_at.remove(&(session.expires_at, Row::Session(digest)));
        self.sessions_of_user.remove(&(session.user_id.clone(), digest));
        self.sessions_of_sid.remove(&(session.sid.clone(), digest));
        Some(session)
    }

    /// Whether there is a session of this `sid`.
    pub(super) fn has_session(&self, sid: &str) -> bool {
        let mut from_first = self.sessions_of_sid.range((sid.to_owned(), Digest::from_bytes([0; 32]))..);
        from_first.next().is_some_and(|(first, _)| first == sid)
    }

    /// Whether a grant may be given: where it says in which session, that session has to be there.
    pub(super) fn may_give(&self, grant: &Grant) -> bool {
        grant.sid.as_ref().is_none_or(|sid| self.has_session(sid))
    }

    pub(super) fn insert_code(&mut self, code: &Code) -> Result<(), Fault> {
        if self.codes.contains_key(&code.digest) {
            return Err(Fault::Store("a code with this digest is there already".to_owned()));
        }
        match code.grant_recorded {
            GrantRecorded::WithCode => self.insert_grant(&code.grant, None)?,
            GrantRecorded::AtRedemption => {}
        }
        let row = Row::Code(code.digest);
        self.done_at.insert((code.expires_at + SPENT_CODE_KEPT, row.clone()));
        self.index(&code.grant, row);
        self.codes.insert(code.digest, code.clone());
        Ok(())
    }

    fn remove_code(&mut self, digest: Digest) {
        if let Some(code) = self.codes.remove(&digest) {
            self.unindex(&code.grant, &Row::Code(digest));
            self.done_at.remove(&(code.expires_at + SPENT_CODE_KEPT, Row::Code(digest)));
        }
    }

    /// A spent code ends with nothing any more: what it became does.
    pub(super) fn unindex_code(&mut self, code: &Code) {
        self.unindex(&code.grant, &Row::Code(code.digest));
    }

    pub(super) fn insert_device(&mut self, device: &DeviceCode) -> Result<DeviceIssued, Fault> {
        if self.user_codes.contains_key(&device.user_code) {
            return Ok(DeviceIssued::UserCodeTaken);
        }
        if self.devices.contains_key(&device.digest) {
            return Err(Fault::Store("a device code with this digest is there already".to_owned()));
        }
        self.done_at.insert((device.expires_at + DEVICE_CODE_KEPT, Row::Device(device.digest)));
        self.user_codes.insert(device.user_code, device.digest);
        self.devices.insert(device.digest, device.clone());
        Ok(DeviceIssued::Done)
    }

    fn remove_device(&mut self, digest: Digest) {
        let Some(device) = self.devices.remove(&digest) else { return };
        self.user_codes.remove(&device.user_code);
        self.done_at.remove(&(device.expires_at + DEVICE_CODE_KEPT, Row::Device(digest)));
        if let DeviceState::Approved(grant) = &device.state {
            self.unindex_device(digest, grant);
        }
    }

    /// An approved device code ends with the consent.
    pub(super) fn index_device(&mut self, digest: Digest, grant: &Grant) {
        self.by_consent.entry(of_consent(grant)).or_default().insert(Row::Device(digest));
    }

    /// A spent one ends with nothing any more: what it became does.
    pub(super) fn unindex_device(&mut self, digest: Digest, grant: &Grant) {
        take(&mut self.by_consent, &of_consent(grant), &Row::Device(digest));
    }

    pub(super) fn insert_grant(
        &mut self,
        grant: &Grant,
        refresh: Option<&RefreshToken>,
    ) -> Result<(), Fault> {
        if self.grants.contains_key(&grant.id) {
            return Err(Fault::Store("a grant with this id is there already".to_owned()));
        }
        if refresh.is_some_and(|token| self.refresh.contains_key(&token.digest)) {
            return Err(Fault::Store("a refresh token with this digest is there already".to_owned()));
        }
        let row = Row::Grant(grant.id.clone());
        self.done_at.insert((ends_at(grant), row.clone()));
        if grant.revoked_at.is_none() {
            self.index(grant, row);
        }
        self.grants.insert(grant.id.clone(), Family { grant: grant.clone(), tokens: Vec::new() });
        if let Some(token) = refresh {
            self.insert_refresh(&grant.id, token);
        }
        Ok(())
    }

    /// When a grant that has not been ended runs out.
    pub(super) fn grant_until(&self, id: &str) -> Option<Time> {
        let grant = &self.grants.get(id)?.grant;
        grant.revoked_at.is_none().then_some(grant.expires_at)
    }

    /// Adds a refresh token to a grant that is there.
    pub(super) fn join_grant(&mut self, id: &str, refresh: Option<&RefreshToken>) -> Result<(), Fault> {
        if refresh.is_some_and(|token| self.refresh.contains_key(&token.digest)) {
            return Err(Fault::Store("a refresh token with this digest is there already".to_owned()));
        }
        if let Some(token) = refresh {
            self.insert_refresh(id, token);
        }
        Ok(())
    }

    /// Into a family that is there, under a digest that is not.
    pub(super) fn insert_refresh(&mut self, grant_id: &str, token: &RefreshToken) {
        if let Some(family) = self.grants.get_mut(grant_id) {
            family.tokens.push(token.digest);
            self.refresh
                .insert(token.digest, RefreshToken { grant_id: grant_id.to_owned(), ..token.clone() });
        }
    }

    /// Ends a grant unless it has ended.
    pub(super) fn end_grant(&mut self, id: &str, now: Time) {
        let Some(family) = self.grants.get_mut(id).filter(|family| family.grant.is_live(now)) else { return };
        let row = Row::Grant(id.to_owned());
        self.done_at.remove(&(ends_at(&family.grant), row.clone()));
        family.grant.revoked_at = Some(now);
        self.done_at.insert((now, row.clone()));
        let grant = family.grant.clone();
        self.unindex(&grant, &row);
    }

    /// Ends what was given in a browser session and does not outlive it.
    pub(super) fn end_grants_of(&mut self, sid: &str, now: Time) {
        self.end_rows(self.by_sid.get(sid).cloned(), now);
    }

    /// Ends what a person gave a client.
    pub(super) fn end_consent(&mut self, user_id: &str, client_id: &str, now: Time) {
        self.end_rows(self.by_consent.get(&(user_id.to_owned(), client_id.to_owned())).cloned(), now);
    }

    /// Ends what anybody gave a client, and their consents. Rare, so all are looked through.
    pub(super) fn end_client(&mut self, client_id: &str, now: Time) {
        let of_client = |(_, client): &&(String, String)| client == client_id;
        let given: Vec<_> = self.by_consent.keys().filter(of_client).cloned().collect();
        for (user_id, client_id) in given {
            self.end_consent(&user_id, &client_id, now);
        }
        self.consents.retain(|(_, client), _| client != client_id);
        let asking = self.devices.values().filter(|device| device.client_id == client_id);
        for digest in asking.map(|device| device.digest).collect::<Vec<_>>() {
            self.remove_device(digest);
        }
    }

    fn end_rows(&mut self, rows: Option<BTreeSet<Row>>, now: Time) {
        for row in rows.into_iter().flatten() {
            match row {
                Row::Code(digest) => self.remove_code(digest),
                Row::Device(digest) => self.remove_device(digest),
                Row::Grant(id) => self.end_grant(&id, now),
                Row::Session(_) | Row::SessionClient(..) | Row::Revoked(_) | Row::Used(_) => {}
            }
        }
    }

    pub(super) fn revoke_jti(&mut self, jti: &str, expires_at: Time) {
        if !self.revoked.contains_key(jti) {
            self.done_at.insert((expires_at + REVOCATION_KEPT, Row::Revoked(jti.to_owned())));
            self.revoked.insert(jti.to_owned(), expires_at);
        }
    }

    pub(super) fn use_once(&mut self, id: Digest, until: Time) -> Use {
        if self.used.contains_key(&id) {
            return Use::Again;
        }
        self.done_at.insert((until + REPLAY_KEPT, Row::Used(id)));
        self.used.insert(id, until);
        Use::First
    }

    pub(super) fn sweep(&mut self, limit: usize, now: Time) -> usize {
        let mut removed = 0;
        while removed < limit {
            let Some((_, row)) = self.done_at.first().filter(|(at, _)| *at <= now).cloned() else { break };
            removed += match row {
                Row::Session(digest) => {
                    self.remove_session(digest);
                    1
                }
                Row::SessionClient(sid, client_id) => {
                    self.remove_session_client(&sid, &client_id);
                    1
                }
                Row::Code(digest) => {
                    self.remove_code(digest);
                    1
                }
                Row::Device(digest) => {
                    self.remove_device(digest);
                    1
                }
                Row::Revoked(jti) => {
                    if let Some(expires_at) = self.revoked.remove(&jti) {
                        self.done_at.remove(&(expires_at + REVOCATION_KEPT, Row::Revoked(jti)));
                    }
                    1
                }
                Row::Used(id) => {
                    if let Some(until) = self.used.remove(&id) {
                        self.done_at.remove(&(until + REPLAY_KEPT, Row::Used(id)));
                    }
                    1
                }
                Row::Grant(id) => self.remove_family(&id, limit - removed),
            };
        }
        removed + self.notices.sweep(limit - removed, now)
    }

    /// Its refresh tokens go first, so that a big family fits into a small batch.
    fn remove_family(&mut self, id: &str, limit: usize) -> usize {
        let Some(family) = self.grants.get_mut(id) else { return 0 };
        let tokens = family.tokens.split_off(family.tokens.len().saturating_sub(limit));
        for token in &tokens {
            self.refresh.remove(token);
        }
        if tokens.len() == limit {
            return limit;
        }
        if let Some(family) = self.grants.remove(id) {
            let row = Row::Grant(id.to_owned());
            self.unindex(&family.grant, &row);
            self.done_at.remove(&(ends_at(&family.grant), row));
        }
        tokens.len() + 1
    }

    fn index(&mut self, grant: &Grant, row: Row) {
        if let (Some(sid), false) = (&grant.sid, grant.offline) {
            self.by_sid.entry(sid.clone()).or_default().insert(row.clone());
        }
        self.by_consent.entry(of_consent(grant)).or_default().insert(row);
    }

    fn unindex(&mut self, grant: &Grant, row: &Row) {
        if let Some(sid) = &grant.sid {
            take(&mut self.by_sid, sid, row);
        }
        take(&mut self.by_consent, &of_consent(grant), row);
    }
}

fn ends_at(grant: &Grant) -> Time {
    grant.revoked_at.map_or(grant.expires_at, |at| at.min(grant.expires_at))
}

fn of_consent(grant: &Grant) -> (String, String) {
    (grant.user_id.clone(), grant.client_id.clone())
}

fn take<K: std::hash::Hash + Eq>(index: &mut HashMap<K, BTreeSet<Row>>, key: &K, row: &Row) {
    if let Some(rows) = index.get_mut(key) {
        rows.remove(row);
        if rows.is_empty() {
            index.remove(key);
        }
    }
}
