//! `response_type` and `response_mode` — RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices.

use hallpass_proto::authorize::{ResponseMode, ResponseType};
use hallpass_proto::param::Form;
use hallpass_proto::token::{AUTHORIZATION_CODE, IMPLICIT};

use crate::entity::client::Client;
use crate::refusal::Refusal;

/// What is asked for, if this client may ask for it.
pub(super) fn response_type(client: &Client, form: &Form<'_>) -> Result<ResponseType, Refusal> {
    let response_type: ResponseType =
        form.require("response_type")?.parse().map_err(|_| Refusal::ResponseTypeUnknown)?;
    // RFC 7591 §2.1: the two registrations go together; both must allow it. A hybrid type needs both grants.
    let code = !response_type.code() || client.may_use_grant(AUTHORIZATION_CODE);
    let tokens = !(response_type.id_token() || response_type.token()) || client.may_use_grant(IMPLICIT);
    if code && tokens && client.may_use_response_type(response_type) {
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
