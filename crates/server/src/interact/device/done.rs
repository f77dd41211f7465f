//! `/device/done`: what was answered, and that the device goes on by itself — RFC 8628 §3.3.

use hallpass_proto::param::Form;

use crate::core::Core;
use crate::http::path;
use crate::interact::pages::{DeviceAnswer, DeviceDone};
use crate::interact::{FormsEnd, Outcome, layout};

/// Sends the browser to the page.
pub(super) fn start(core: &Core, answer: DeviceAnswer) -> Outcome {
    let word = match answer {
        DeviceAnswer::Allowed => "allowed",
        DeviceAnswer::Denied => "denied",
    };
    Outcome::see_other(format!("{}?answer={word}", core.config.issuer.endpoint(path::DEVICE_DONE)))
}

/// Shows it. Opened by itself, it says of a device no more than that nothing was allowed.
pub(crate) fn show(core: &Core, query: &Form<'_>) -> Outcome {
    let answer = match query.get("answer") {
        Some("allowed") => DeviceAnswer::Allowed,
        _ => DeviceAnswer::Denied,
    };
    Outcome::page(core.pages.device_done(&DeviceDone { layout: layout(core), answer }), FormsEnd::Here)
}
