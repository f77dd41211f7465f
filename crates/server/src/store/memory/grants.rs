//! Codes, grants and tokens in memory.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::code::{Code, CodeState, CodeUnfit, GrantRecorded};
use crate::entity::grant::{Authority, Grant, RefreshOutcome};
use crate::entity::refresh::{RefreshState, RefreshToken, RefreshUnfit, RefreshUse};
use crate::entity::user::User;
use crate::fault::Fault;
use crate::store::{
    AccessTokenId, Answer, CodeRedemption, Grants, Issued, Recorded, Redeemed, RefreshRedemption, Revocation,
    Revoked, Unfit,
};

impl Grants for MemoryStore {
    fn issue_code<'a>(&'a self, code: &'a Code) -> Answer<'a, Recorded> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            if !tables.may_give(&code.grant) {
                return Ok(Recorded::SessionOver);
            }
            tables.insert_code(code).map(|()| Recorded::Done)
        })
    }

    fn redeem_code<'a>(
        &'a self,
        spends: &'a CodeRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        Box::pin(async move { self.tables()?.redeem_code(spends, issued, now) })
    }

    fn redeem_refresh<'a>(
        &'a self,
        spends: &'a RefreshRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        Box::pin(async move { self.tables()?.redeem_refresh(spends, issued, now) })
    }

    fn record_grant<'a>(&'a self, grant: &'a Grant, issued: &'a Issued) -> Answer<'a, Recorded> {
        Box::pin(async move {
            let mut tables = self.tables()?;
            if !tables.may_give(grant) {
                return Ok(Recorded::SessionOver);
            }
            tables.insert_grant(grant, issued.refresh.as_ref()).map(|()| Recorded::Done)
        })
    }

    fn access_token<'a>(
        &'a self,
        id: AccessTokenId<'a>,
        now: Time,
    ) -> Answer<'a, Option<Option<(Grant, User)>>> {
        Box::pin(async move { Ok(self.tables()?.access_token(id, now)) })
    }

    fn refresh_token(&self, token: Digest, now: Time) -> Answer<'_, Option<(RefreshToken, Grant, User)>> {
        Box::pin(async move { Ok(self.tables()?.refresh_token(token, now)) })
    }

    fn revoke<'a>(&'a self, what: Revocation<'a>, now: Time) -> Answer<'a, Revoked> {
        Box::pin(async move { Ok(self.tables()?.revoke(what, now)) })
    }
}

impl Tables {
    fn redeem_code(
        &mut self,
        spends: &CodeRedemption<'_>,
        issued: &Issued,
        now: Time,
    ) -> Result<Redeemed, Fault> {
        let Some(code) = self.codes.get(&spends.code) else { return Ok(Redeemed::Refused(Unfit::Unknown)) };
        match code.check(self.grant_until(&code.grant.id), &spends.proof, now) {
            Ok(()) => {}
            Err(CodeUnfit::Spent) => {
                let grant_id = code.grant.id.clone();
                self.end_grant(&grant_id, now);
                return Ok(Redeemed::Replayed { grant_id });
            }
            Err(unfit) => return Ok(Redeemed::Refused(Unfit::Code(unfit))),
        }
        let Some(user) = self.active_user(&code.grant.user_id).cloned() else {
            return Ok(Redeemed::Refused(Unfit::User));
        };
        let code = code.clone();
        match code.grant_recorded {
            GrantRecorded::AtRedemption => self.insert_grant(&code.grant, issued.refresh.as_ref())?,
            GrantRecorded::WithCode => self.join_grant(&code.grant.id, issued.refresh.as_ref())?,
        }
        self.unindex_code(&code);
        if let Some(code) = self.codes.get_mut(&spends.code) {
            code.state = CodeState::Spent(now);
        }
        Ok(Redeemed::Done(Box::new(Authority {
            scope: code.grant.scope.clone(),
            grant: code.grant,
            user,
            nonce: code.nonce,
            refresh: if issued.refresh.is_some() { RefreshOutcome::Issued } else { RefreshOutcome::None },
        })))
    }

    fn redeem_refresh(
        &mut self,
        spends: &RefreshRedemption<'_>,
        issued: &Issued,
        now: Time,
    ) -> Result<Redeemed, Fault> {
        let Some((token, grant)) = self.token_and_grant(spends.token) else {
            return Ok(Redeemed::Refused(Unfit::Unknown));
        };
        let successor = match token.state {
            RefreshState::Current => None,
            RefreshState::Superseded { by, .. } => self.refresh.get(&by),
        };
        let next = issued.refresh.as_ref().map(|token| token.digest);
        let used = match token.check(grant, successor, next, &spends.proof, now) {
            Ok(used) => used,
            Err(RefreshUnfit::Reused) => {
                let grant_id = grant.id.clone();
                self.end_grant(&grant_id, now);
                return Ok(Redeemed::Replayed { grant_id });
            }
            Err(unfit) => return Ok(Redeemed::Refused(Unfit::Refresh(unfit))),
        };
        let Some(user) = self.active_user(&grant.user_id).cloned() else {
            return Ok(Redeemed::Refused(Unfit::User));
        };
        let grant = grant.clone();
        let refresh = match used {
            RefreshUse::Keep => {
                self.keep_refresh(spends.token, issued.refresh.as_ref());
                RefreshOutcome::Kept
            }
            RefreshUse::Rotate => {
                self.rotate_refresh(&grant.id, spends.token, issued.refresh.as_ref(), now)?;
                RefreshOutcome::Issued
            }
            RefreshUse::Repeat => RefreshOutcome::Issued,
        };
        let scope = spends.proof.scope.unwrap_or(&grant.scope).clone();
        Ok(Redeemed::Done(Box::new(Authority { grant, user, scope, nonce: None, refresh })))
    }

    fn keep_refresh(&mut self, digest: Digest, renewed: Option<&RefreshToken>) {
        if let (Some(token), Some(renewed)) = (self.refresh.get_mut(&digest), renewed) {
            token.expires_at = renewed.expires_at;
        }
    }

    fn rotate_refresh(
        &mut self,
        grant_id: &str,
        old: Digest,
        successor: Option<&RefreshToken>,
        now: Time,
    ) -> Result<(), Fault> {
        let Some(successor) = successor else {
            return Err(Fault::Store("a refresh token was to be rotated without a successor".to_owned()));
        };
        if self.refresh.contains_key(&successor.digest) {
            return Err(Fault::Store("a refresh token with this digest is there already".to_owned()));
        }
        if let Some(old) = self.refresh.get_mut(&old) {
            old.state = RefreshState::Superseded { at: now, by: successor.digest };
        }
        self.insert_refresh(grant_id, successor);
        Ok(())
    }

    fn access_token(&self, id: AccessTokenId<'_>, now: Time) -> Option<Option<(Grant, User)>> {
        if self.revoked.contains_key(id.jti) {
            return None;
        }
        let Some(grant_id) = id.grant_id else { return Some(None) };
        let grant =
            self.grants.get(grant_id).map(|family| &family.grant).filter(|grant| grant.is_live(now))?;
        let user = self.active_user(&grant.user_id)?;
        Some(Some((grant.clone(), user.clone())))
    }

    fn refresh_token(&self, digest: Digest, now: Time) -> Option<(RefreshToken, Grant, User)> {
        let (token, grant) = self.token_and_grant(digest)?;
        if token.state != RefreshState::Current || now >= token.expires_at || !grant.is_live(now) {
            return None;
        }
        let user = self.active_user(&grant.user_id)?;
        Some((token.clone(), grant.clone(), user.clone()))
    }

    fn revoke(&mut self, what: Revocation<'_>, now: Time) -> Revoked {
        match what {
            Revocation::Access { jti, expires_at } => {
                self.revoke_jti(jti, expires_at);
                Revoked::Done
            }
            Revocation::Refresh { token, client_id } => {
                let Some((_, grant)) = self.token_and_grant(token).filter(|(_, g)| g.client_id == client_id)
                else {
                    return Revoked::Unknown;
                };
                let grant_id = grant.id.clone();
                self.end_grant(&grant_id, now);
                Revoked::Done
            }
        }
    }

    fn token_and_grant(&self, digest: Digest) -> Option<(&RefreshToken, &Grant)> {
        let token = self.refresh.get(&digest)?;
        Some((token, &self.grants.get(&token.grant_id)?.grant))
    }
}
