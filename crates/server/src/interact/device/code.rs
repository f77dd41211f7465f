//! `/device`: which code does the device show? — RFC 8628 §3.3, §3.3.1, §5.1.

use std::net::{IpAddr, Ipv6Addr};

use hallpass_proto::device::UserCode;
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;

use super::typed::TypedCode;
use super::{DeviceRequest, advance, client};
use crate::core::Core;
use crate::endpoint::device_authorization::digest;
use crate::event::Event;
use crate::interact::pages::{Device, DeviceProblem};
use crate::interact::{Browser, FormsEnd, Outcome, check_csrf, csrf, layout};
use crate::refusal::{Failure, Refusal};
use crate::user_code_tries::{Guesser, Held, Source};

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
    let guesser = if browser.session.is_some() { Guesser::Person } else { Guesser::Stranger };
    let attempt = match core.user_code_tries.attempt(guesser, sources(browser), now) {
        Ok(attempt) => attempt,
        // Whoever has the code signs in sooner or later: now it is sooner, and the code is not looked at before.
        Err(Held::ForStrangers) => {
            Event::UserCodeThrottled.record();
            return TypedCode::new(core, shown(typed), now).sign_in(core);
        }
        Err(Held::For(retry_after)) => {
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
fn sources(browser: &Browser) -> Vec<Source> {
    let visitor = Source::narrow(&format!("visitor {}", browser.visitor.value()));
    let user = browser.session.as_ref().map(|signed_in| format!("user {}", signed_in.user.id));
    let mut sources: Vec<Source> =
        [visitor].into_iter().chain(user.map(|user| Source::narrow(&user))).collect();
    match browser.address {
        Some(IpAddr::V4(address)) => sources.push(Source::narrow(&format!("network {address}"))),
        Some(IpAddr::V6(address)) => {
            sources.push(Source::narrow(&format!("network {}", first_bits(address, 64))));
            sources.push(Source::site(&format!("site {}", first_bits(address, 48))));
        }
        None => {}
    }
    sources
}

/// Of IPv6 the network that an address is in: one household or machine has a /64, one site a /48.
fn first_bits(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    let others = u128::MAX.checked_shr(bits).unwrap_or_default();
    (u128::from(address) & !others).into()
}

fn form(core: &Core, browser: &Browser, typed: &str, problem: Option<DeviceProblem>) -> Outcome {
    let csrf = csrf(core, browser, PAGE, "");
    let view = Device { layout: layout(core), csrf: csrf.expose(), user_code: &shown(typed), problem };
    Outcome::page(core.pages.device(&view), FormsEnd::Here)
}

/// A code that can be read as the device shows it, and anything else as far as it is worth showing.
fn shown(typed: &str) -> String {
    match UserCode::parse(typed) {
        Ok(code) => code.to_string(),
        Err(_) => typed.chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
    }
}
