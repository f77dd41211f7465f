//! A person answers a device — RFC 8628 §3.3: `/device` (the code), the sign-in page where nobody is signed in,
//! `/device/confirm` (the question), `/device/done`.
//!
//! Once the code is known to be right, what it stands for is sealed and travels with the browser, as an authorization
//! request does.

pub(crate) mod code;
pub(crate) mod confirm;
pub(crate) mod done;
pub(super) mod typed;

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use hallpass_proto::device::UserCode;
use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;
use hallpass_proto::token::DEVICE_CODE;

use super::{Browser, Outcome};
use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::entity::device::DeviceCode;
use crate::fault::Fault;
use crate::http::path;
use crate::refusal::{Failure, Refusal};

/// What is sealed.
const REQUEST: &str = "device request";

/// A device that waits for an answer, as the browser of the person who has typed its code carries it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeviceRequest {
    /// The digest of the device code: which device is answered.
    device: Digest,
    /// What was typed, to be compared with what the device shows.
    user_code: UserCode,
    client_id: String,
    scope: Scope,
    asked_from: Option<IpAddr>,
    expires_at: Time,
    /// Whether the person wants to answer with another account than the one that is signed in.
    pub(super) another_account: bool,
}

impl DeviceRequest {
    fn new(device: DeviceCode, user_code: UserCode) -> Self {
        Self {
            device: device.digest,
            user_code,
            client_id: device.client_id,
            scope: device.scope,
            asked_from: device.asked_from,
            expires_at: device.expires_at,
            another_account: false,
        }
    }

    pub(super) fn waits_for_sign_in(&self, browser: &Browser) -> bool {
        browser.session.is_none() || self.another_account
    }
}

/// Sends the browser to the page that is due.
pub(super) fn advance(core: &Core, browser: &Browser, request: &DeviceRequest) -> Result<Outcome, Failure> {
    let page = if request.waits_for_sign_in(browser) { path::SIGN_IN } else { path::DEVICE_CONFIRM };
    let sealed = core.keyring.sealer.seal(REQUEST, request, &core.env).map_err(Fault::from)?;
    Ok(Outcome::see_other(format!("{}?request={sealed}", core.config.issuer.endpoint(page))))
}

/// Back to the code.
pub(super) fn start_over(core: &Core) -> Outcome {
    Outcome::see_other(core.config.issuer.endpoint(path::DEVICE))
}

pub(super) fn unseal(core: &Core, sealed: &str) -> Option<DeviceRequest> {
    core.keyring.sealer.open(REQUEST, sealed)
}

/// The client of a request that can still be answered. One that is disabled, or may not use the grant any more, gets
/// nothing.
pub(super) async fn client(core: &Core, request: &DeviceRequest, now: Time) -> Result<Arc<Client>, Failure> {
    if now >= request.expires_at {
        return Err(Refusal::UserCodeGone.into());
    }
    let found = core.clients.find(core, &request.client_id).await?;
    let allowed = |client: &Arc<Client>| client.status == Status::Active && client.may_use_grant(DEVICE_CODE);
    Ok(found.filter(allowed).ok_or(Refusal::AuthorizeClientUnknown)?)
}
