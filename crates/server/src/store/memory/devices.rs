//! Device codes in memory.

use std::collections::BTreeSet;

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::MemoryStore;
use super::tables::Tables;
use crate::entity::consent::Consent;
use crate::entity::device::{DeviceCode, DeviceDecision, DeviceState, DeviceUnfit};
use crate::entity::grant::{Authority, RefreshOutcome};
use crate::fault::Fault;
use crate::store::{Answer, Decided, DeviceIssued, DeviceRedemption, Devices, Issued, Redeemed, Unfit};

impl Devices for MemoryStore {
    fn issue_device<'a>(&'a self, device: &'a DeviceCode) -> Answer<'a, DeviceIssued> {
        Box::pin(async move { self.tables()?.insert_device(device) })
    }

    fn open_device(&self, user_code: Digest, now: Time) -> Answer<'_, Option<DeviceCode>> {
        Box::pin(async move { Ok(self.tables()?.open_device(user_code, now)) })
    }

    fn decide_device<'a>(
        &'a self,
        code: Digest,
        decision: &'a DeviceDecision,
        now: Time,
    ) -> Answer<'a, Decided> {
        Box::pin(async move { Ok(self.tables()?.decide_device(code, decision, now)) })
    }

    fn redeem_device<'a>(
        &'a self,
        spends: &'a DeviceRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed> {
        Box::pin(async move { self.tables()?.redeem_device(*spends, issued, now) })
    }
}

impl Tables {
    fn open_device(&self, user_code: Digest, now: Time) -> Option<DeviceCode> {
        let device = self.devices.get(self.user_codes.get(&user_code)?)?;
        device.is_open(now).then(|| device.clone())
    }

    fn decide_device(&mut self, code: Digest, decision: &DeviceDecision, now: Time) -> Decided {
        let Some(device) = self.devices.get_mut(&code).filter(|device| device.takes(decision, now)) else {
            return Decided::Gone;
        };
        match decision {
            DeviceDecision::Deny => device.state = DeviceState::Denied,
            DeviceDecision::Approve(grant) => {
                device.state = DeviceState::Approved(grant.clone());
                self.index_device(code, grant);
                self.put_consent(&Consent {
                    user_id: grant.user_id.clone(),
                    client_id: grant.client_id.clone(),
                    scope: grant.scope.clone(),
                    claims: BTreeSet::new(),
                    granted_at: now,
                });
            }
        }
        Decided::Done
    }

    fn redeem_device(
        &mut self,
        spends: DeviceRedemption<'_>,
        issued: &Issued,
        now: Time,
    ) -> Result<Redeemed, Fault> {
        let Some(device) = self.devices.get(&spends.code) else {
            return Ok(Redeemed::Refused(Unfit::Unknown));
        };
        let grant = match device.check(spends.client_id, now) {
            Ok(grant) => grant.clone(),
            Err(DeviceUnfit::Spent) => return Ok(self.device_came_again(spends.code, now)),
            Err(unfit @ (DeviceUnfit::Pending | DeviceUnfit::TooSoon)) => {
                let device = device.clone().polled(now);
                self.devices.insert(spends.code, device);
                return Ok(Redeemed::Refused(Unfit::Device(unfit)));
            }
            Err(unfit) => return Ok(Redeemed::Refused(Unfit::Device(unfit))),
        };
        let Some(user) = self.active_user(&grant.user_id).cloned() else {
            return Ok(Redeemed::Refused(Unfit::User));
        };
        self.insert_grant(&grant, issued.refresh.as_ref())?;
        self.unindex_device(spends.code, &grant);
        if let Some(device) = self.devices.get_mut(&spends.code) {
            device.state = DeviceState::Redeemed { grant_id: grant.id.clone() };
        }
        let refresh = if issued.refresh.is_some() { RefreshOutcome::Issued } else { RefreshOutcome::None };
        let scope = grant.scope.clone();
        Ok(Redeemed::Done(Box::new(Authority { grant, user, scope, nonce: None, refresh })))
    }

    fn device_came_again(&mut self, code: Digest, now: Time) -> Redeemed {
        match self.devices.get(&code).map(|device| device.state.clone()) {
            Some(DeviceState::Redeemed { grant_id }) => {
                self.end_grant(&grant_id, now);
                Redeemed::Replayed { grant_id }
            }
            Some(DeviceState::Pending | DeviceState::Approved(_) | DeviceState::Denied) | None => {
                Redeemed::Refused(Unfit::Unknown)
            }
        }
    }
}
