//! A refusal that is told to the person, since it cannot be told to the client — RFC 6749 §3.1.2.4, §4.1.2.1.

use super::layout;
use super::pages::ErrorPage;
use crate::core::Core;
use crate::http::path;
use crate::refusal::{Failure, Refusal};

/// What is known of the request that failed, for whoever has to mend it.
pub(crate) struct Failed<'a> {
    pub(crate) client_id: Option<&'a str>,
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) trace_id: &'a str,
}

/// The page.
pub(crate) fn render(core: &Core, failure: &Failure, failed: &Failed<'_>) -> String {
    let message = message(failure);
    let code = failure.code();
    let (title, hint) = words(failure);
    let shorten = |text: &str| text.chars().take(200).collect::<String>();
    let values =
        [("client_id", failed.client_id.map(shorten)), ("redirect_uri", failed.redirect_uri.map(shorten))];
    let details = values.iter().filter_map(|(label, value)| Some((*label, value.as_deref()?)));
    let home = core.config.issuer.endpoint(path::HOME);
    let retry_uri = match failure {
        Failure::Refusal(Refusal::FormStale | Refusal::CrossSite) => Some(home),
        Failure::Refusal(Refusal::UserCodeGone) => Some(core.config.issuer.endpoint(path::DEVICE)),
        Failure::Refusal(_) | Failure::Fault(_) => None,
    };
    core.pages.error(&ErrorPage {
        layout: layout(core),
        title,
        message: &message,
        code: code.as_str(),
        details: details.collect(),
        hint,
        trace_id: Some(failed.trace_id),
        retry_uri: retry_uri.as_deref(),
    })
}

fn message(failure: &Failure) -> String {
    match failure {
        Failure::Refusal(refusal) => sentence(&refusal.to_string()),
        Failure::Fault(_) => "Something on our side is not working at the moment.".to_owned(),
    }
}

/// What happened and what to do, as a heading and a hint.
fn words(failure: &Failure) -> (&'static str, &'static str) {
    use Refusal::*;
    let Failure::Refusal(refusal) = failure else {
        return (
            "Something went wrong",
            "Try again in a minute. If it stays, tell whoever runs this server the reference.",
        );
    };
    match refusal {
        AuthorizeClientUnknown => (
            "This application is not known here",
            "If you are its developer: compare client_id with the one the application was registered under.",
        ),
        RedirectUriDiffers => (
            "This application asked to send you to an unknown address",
            "Nothing was sent there. If you are its developer: register exactly this redirect_uri, byte for byte.",
        ),
        RedirectUriMissing => (
            "This application did not say where to send you back",
            "If you are its developer: send redirect_uri with the authorization request.",
        ),
        FormStale => ("This form has expired", "Go back to the application and start again."),
        CrossSite => (
            "This form was sent by another site",
            "Nothing was done. If you did not expect this page, close it.",
        ),
        UserCodeGone => (
            "This code cannot be used any more",
            "If the device still waits, let it show a new code, and enter that one.",
        ),
        RequestUnreadable | RequestExpired => {
            ("This page cannot be opened again", "Go back to the application and sign in from there.")
        }
        IdTokenHint | PostLogoutRedirectUriDiffers => (
            "This application's sign-out request is not valid",
            "You are still signed in. If you are its developer: compare id_token_hint and post_logout_redirect_uri with \
             the application's registration.",
        ),
        CookieTooLarge => {
            ("Your browser sent a cookie that is too large", "Delete the cookies of this site and try again.")
        }
        _ if is_about_request(refusal) => (
            "This sign-in request is not valid",
            "Go back to the application and try again. If you are its developer: the message above names the parameter.",
        ),
        _ => ("This request was refused", "Go back to the application and start again."),
    }
}

fn is_about_request(refusal: &Refusal) -> bool {
    refusal.code() == hallpass_proto::error::ErrorCode::InvalidRequest
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    // A parameter's name is not capitalised.
    let first_word = text.split([' ', ':']).next().unwrap_or_default();
    if first_word.contains('_') {
        return format!("{text}.");
    }
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}
