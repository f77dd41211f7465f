//! The device authorization endpoint — RFC 8628 §3.1, §3.2.

use std::net::IpAddr;

use hallpass_proto::device::{DeviceAuthorizationResponse, UserCode};
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::redirect_uri::with_query;
use hallpass_proto::secret::Digest;
use hallpass_proto::token::DEVICE_CODE;

use crate::authorize::scope;
use crate::client_auth;
use crate::core::Core;
use crate::entity::device::{DeviceCode, DeviceState};
use crate::fault::Fault;
use crate::http::path;
use crate::refusal::{Failure, Refusal};
use crate::store::DeviceIssued;

/// How often a user code is drawn again because another device has it. Of 2^34 codes hardly any is ever taken.
const DRAWS: u32 = 8;

/// Gives a device its two codes. `address` is where it asks from, as far as that is known.
pub(crate) async fn authorize(
    core: &Core,
    authorization: Option<&str>,
    form: &Form<'_>,
    address: Option<IpAddr>,
    now: Time,
) -> Result<DeviceAuthorizationResponse, Failure> {
    let client = client_auth::authenticate(core, authorization, form, now).await?;
    if !client.may_use_grant(DEVICE_CODE) {
        return Err(Refusal::GrantTypeNotRegistered.into());
    }
    let scope = scope::scope(&client, form)?;
    let throttled = |retry_after| Refusal::DeviceCodesThrottled { retry_after };
    core.device_codes.attempt(&client.client_id, now).map_err(throttled)?;
    let device_code = core.env.token();
    let lifetime = core.config.device_code_lifetime;
    let mut device = DeviceCode {
        digest: device_code.digest(),
        user_code: Digest::from_bytes([0; 32]),
        client_id: client.client_id.clone(),
        scope,
        asked_from: address,
        asked_at: now,
        expires_at: now + lifetime,
        interval: core.config.device_interval,
        polled_at: None,
        state: DeviceState::Pending,
    };
    for _ in 0..DRAWS {
        let user_code = UserCode::random(&core.env);
        device.user_code = digest(core, &user_code);
        match core.store.issue_device(&device).await? {
            DeviceIssued::Done => {
                return Ok(DeviceAuthorizationResponse {
                    device_code,
                    user_code: user_code.to_string(),
                    verification_uri: core.config.issuer.endpoint(path::DEVICE),
                    verification_uri_complete: Some(complete(core, &user_code)),
                    expires_in: lifetime,
                    interval: Some(device.interval),
                });
            }
            DeviceIssued::UserCodeTaken => {}
        }
    }
    Err(Fault::Store("no free user code was found".to_owned()).into())
}

/// What a user code is kept and found by. It is short, so a plain digest would give it away: this one needs the key.
pub(crate) fn digest(core: &Core, user_code: &UserCode) -> Digest {
    core.keyring.sealer.derive("user code", &[user_code.as_str()]).digest()
}

fn complete(core: &Core, user_code: &UserCode) -> String {
    let query: Form<'_> = [("user_code", user_code.to_string())].into_iter().collect();
    with_query(&core.config.issuer.endpoint(path::DEVICE), &query.encode())
}
