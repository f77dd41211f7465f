//! `response_type` and `response_mode` — RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices.

use hallpass_proto::authorize::{ResponseMode, ResponseType};
use hallpass_proto::param::Form;
use hallpass_proto::token::{AUTHORIZATION_CODE, IMPLICIT};

use crate::endpoint::metadata::RESPONSE_TYPES;
use crate::entity::client::Client;
use crate::refusal::Refusal;

/// What is asked for, if this client may ask for it.
pub(super) fn response_type(client: &Client, form: &Form<'_>) -> Result<ResponseType, Refusal> {
    let response_type: ResponseType =
        form.require("response_type")?.parse().map_err(|_| Refusal::ResponseTypeUnknown)?;
    if !RESPONSE_TYPES.contains(&response_type) {
        return Err(Refusal::ResponseTypeUnknown);
    }
    // RFC 7591 §2.1: the two registrations go together; both must allow it.
    let grant_type = if response_type.code() { AUTHORIZATION_CODE } else { IMPLICIT };
    if client.may_use_response_type(response_type) && client.may_use_grant(grant_type) {
        Ok(response_type)
    } else {
        Err(Refusal::ResponseTypeNotRegistered)
    }
}

/// Where the answer goes in the redirect.
pub(super) fn response_mode(
    response_type: ResponseType,
    redirect_uri: &str,
    form: &Form<'_>,
) -> Result<ResponseMode, Refusal> {
    let Some(asked) = form.get("response_mode") else {
        return Ok(response_type.default_mode());
    };
    let mode = ResponseMode::parse(asked).ok_or(Refusal::ResponseModeUnknown)?;
    if mode == ResponseMode::Query && response_type.default_mode() == ResponseMode::Fragment {
        return Err(Refusal::ResponseModeLeaks);
    }
    if mode == ResponseMode::FormPost && !takes_forms(redirect_uri) {
        return Err(Refusal::ResponseModeNeedsWeb);
    }
    Ok(mode)
}

/// A browser posts a form to a web address; the scheme of an app (RFC 8252 §7.1) is opened, and gets no body.
fn takes_forms(redirect_uri: &str) -> bool {
    redirect_uri.starts_with("https://") || redirect_uri.starts_with("http://")
}

/// Where a refusal goes, before the two are known to be right: never tokens into the query, and a mode that can be
/// read is honoured.
pub(super) fn mode_for_refusal(redirect_uri: &str, form: &Form<'_>) -> ResponseMode {
    let by_type = form.get("response_type").and_then(|t| t.parse::<ResponseType>().ok());
    let default = by_type.map_or(ResponseMode::Query, ResponseType::default_mode);
    match form.get("response_mode").and_then(ResponseMode::parse) {
        Some(ResponseMode::Query) | None => default,
        Some(ResponseMode::FormPost) if !takes_forms(redirect_uri) => default,
        Some(mode @ (ResponseMode::Fragment | ResponseMode::FormPost)) => mode,
    }
}
