//! `/device`: which code does the device show? — RFC 8628 §3.3, §3.3.1, §5.1.

use std::net::IpAddr;

use hallpass_proto::device::UserCode;
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Digest;

use super::{DeviceRequest, advance, client};
use crate::core::Core;
use crate::endpoint::device_authorization::digest;
use crate::event::Event;
use crate::interact::pages::{Device, DeviceProblem};
use crate::interact::{Browser, FormsEnd, Outcome, check_csrf, csrf, layout};
use crate::refusal::{Failure, Refusal};

pub(in crate::interact) const PAGE: &str = "device";
/// As much of what was typed as is shown again, in characters.
const LONGEST: usize = 40;

/// Shows the form. With `verification_uri_complete` the code is in it, and is not looked at before the person has sent
/// it: whoever follows a link has confirmed nothing, and a link must not be a way to guess.
pub(crate) fn show(core: &Core, browser: &Browser, query: &Form<'_>) -> Outcome {
    let typed = query.get("user_code").unwrap_or_default();
    form(core, browser, typed, None)
}

/// Takes the code, and goes on to the question.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let typed = body.get("user_code").unwrap_or_default();
    let again = |refusal, problem| {
        let mut outcome = form(core, browser, typed, Some(problem));
        outcome.refusal = Some(refusal);
        Ok(outcome)
    };
    if let Err(refusal) = check_csrf(core, browser, PAGE, "", body) {
        return again(refusal, DeviceProblem::ExpiredForm);
    }
    let attempt = match core.user_code_tries.attempt(sources(browser), now) {
        Ok(attempt) => attempt,
        Err(retry_after) => {
            Event::UserCodeThrottled.record();
            let retry_after_secs = u64::try_from(retry_after).unwrap_or_default();
            return again(
                Refusal::UserCodeThrottled { retry_after },
                DeviceProblem::Throttled { retry_after_secs },
            );
        }
    };
    let Ok(user_code) = UserCode::parse(typed) else {
        return again(Refusal::UserCodeUnknown, DeviceProblem::UnknownCode);
    };
    let found = core.store.open_device(digest(core, &user_code), now).await;
    if !matches!(found, Ok(None)) {
        core.user_code_tries.was_not_wrong(attempt);
    }
    let Some(device) = found? else {
        return again(Refusal::UserCodeUnknown, DeviceProblem::UnknownCode);
    };
    let request = DeviceRequest::new(device, user_code);
    client(core, &request, now).await?;
    advance(core, browser, &request)
}

/// Whose tries are counted together: the browser's, the person's, and those of the network that they come from.
fn sources(browser: &Browser) -> Vec<Digest> {
    let visitor = format!("visitor {}", browser.visitor.value());
    let user = browser.session.as_ref().map(|signed_in| format!("user {}", signed_in.user.id));
    let network = browser.address.map(|address| format!("network {}", network(address)));
    let names = [Some(visitor), user, network];
    names.into_iter().flatten().map(|name| Digest::of(name.as_bytes())).collect()
}

/// An IPv4 address, or the /64 that one household or machine has of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

fn form(core: &Core, browser: &Browser, typed: &str, problem: Option<DeviceProblem>) -> Outcome {
    let csrf = csrf(core, browser, PAGE, "");
    // A code that can be read is shown as the device shows it.
    let shown = match UserCode::parse(typed) {
        Ok(code) => code.to_string(),
        Err(_) => typed.chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
    };
    let view = Device { layout: layout(core), csrf: csrf.expose(), user_code: &shown, problem };
    Outcome::page(core.pages.device(&view), FormsEnd::Here)
}
