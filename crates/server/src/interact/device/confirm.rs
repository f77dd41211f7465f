//! `/device/confirm`: may this device have this? — RFC 8628 §3.3, §5.3, §5.4: the person sees the code, who asks for
//! what, and from where, and says yes or no.

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::scope::OFFLINE_ACCESS;
use hallpass_proto::token::REFRESH_TOKEN;

use super::{DeviceRequest, advance, client, unseal};
use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::device::DeviceDecision;
use crate::entity::grant::{Grant, GrantedClaims};
use crate::event::Event;
use crate::interact::consent::scopes;
use crate::interact::pages::{DeviceAnswer, DeviceConfirm, OfflineAccess};
use crate::interact::{Browser, FormsEnd, Outcome, check_csrf, client_view, csrf, layout};
use crate::refusal::{Failure, Refusal};
use crate::store::{Decided, SessionUser};

const PAGE: &str = "device-confirm";

/// Shows the question, to somebody who is signed in.
pub(crate) async fn show(
    core: &Core,
    browser: &Browser,
    query: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = query.require("request")?;
    let request = unseal(core, sealed).ok_or(Refusal::RequestUnreadable)?;
    let client = client(core, &request, now).await?;
    let signed_in = match &browser.session {
        Some(signed_in) if !request.waits_for_sign_in(browser) => signed_in,
        Some(_) | None => return advance(core, browser, &request),
    };
    let csrf = csrf(core, browser, PAGE, sealed);
    let address = request.asked_from.map(|address| address.to_string());
    let view = DeviceConfirm {
        layout: layout(core),
        client: client_view(&client, ""),
        user_name: signed_in.user.display_name(),
        user_login: signed_in.user.login().unwrap_or_default(),
        user_code: &request.user_code.to_string(),
        asked_from: address.as_deref(),
        scopes: scopes(&core.config, &request.scope),
        offline: offline(&client, &request),
        request: sealed,
        csrf: csrf.expose(),
    };
    Ok(Outcome::page(core.pages.device_confirm(&view), FormsEnd::Here))
}

/// Takes the answer. The form is bound to this exact request and to who is signed in.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = body.require("request")?;
    let mut request = unseal(core, sealed).ok_or(Refusal::RequestUnreadable)?;
    let client = client(core, &request, now).await?;
    check_csrf(core, browser, PAGE, sealed, body)?;
    let signed_in = match &browser.session {
        Some(signed_in) if !request.waits_for_sign_in(browser) => signed_in,
        Some(_) | None => return advance(core, browser, &request),
    };
    let (decision, answer) = match body.get("action") {
        Some("switch") => {
            request.another_account = true;
            return advance(core, browser, &request);
        }
        Some("allow") => {
            let grant = grant(core, signed_in, &client, &request, now);
            (DeviceDecision::Approve(Box::new(grant)), DeviceAnswer::Allowed)
        }
        _ => (DeviceDecision::Deny, DeviceAnswer::Denied),
    };
    match core.store.decide_device(request.device, &decision, now).await? {
        Decided::Done => {}
        Decided::Gone => return Err(Refusal::UserCodeGone.into()),
    }
    let (user_id, client_id) = (&signed_in.user.id, &client.client_id);
    match answer {
        DeviceAnswer::Allowed => Event::DeviceAllowed { user_id, client_id }.record(),
        DeviceAnswer::Denied => Event::DeviceDenied { user_id, client_id }.record(),
    }
    Ok(super::done::start(core, answer))
}

/// What the device gets. It is in no browser: signing out there does not end it.
fn grant(
    core: &Core,
    SessionUser { session, user }: &SessionUser,
    client: &Client,
    request: &DeviceRequest,
    now: Time,
) -> Grant {
    Grant {
        id: core.env.id(),
        client_id: client.client_id.clone(),
        user_id: user.id.clone(),
        scope: request.scope.clone(),
        audience: client.audience.clone(),
        auth_time: session.auth_time,
        amr: session.amr.clone(),
        acr: core.config.acrs_of(&session.amr).first().map(|acr| (*acr).to_owned()),
        claims: GrantedClaims::default(),
        sid: None,
        offline: true,
        created_at: now,
        expires_at: now + core.config.grant_lifetime,
        revoked_at: None,
    }
}

/// A device with a refresh token stays connected, whether or not it says `offline_access`.
fn offline(client: &Client, request: &DeviceRequest) -> OfflineAccess {
    if client.may_use_grant(REFRESH_TOKEN) || request.scope.contains(OFFLINE_ACCESS) {
        OfflineAccess::Asked
    } else {
        OfflineAccess::NotAsked
    }
}
