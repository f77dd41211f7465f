//! What has to happen before a request can be answered — OpenID Connect Core §3.1.2.3, §3.1.2.4.

use hallpass_proto::authorize::Prompt;
use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;

use super::Request;
use crate::entity::client::Client;
use crate::entity::consent::Consent;
use crate::entity::session::Session;
use crate::refusal::Refusal;

/// The next step of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The person must sign in.
    SignIn,
    /// The person is asked to make an account, and may sign in with one that is there.
    SignUp,
    /// The person must choose an account.
    SelectAccount,
    /// The person must say whether the client may have the scope.
    Consent,
    /// Nothing is missing.
    Answer,
}

/// Who is signed in.
pub(crate) struct Present<'a> {
    pub(crate) session: &'a Session,
    /// The `sub` that they have at the client.
    pub(crate) subject: String,
    /// The values of `acr` that their sign-in meets.
    pub(crate) acrs: Vec<&'a str>,
}

/// Looks at the session and what was consented to, and decides. With `prompt=none` a page that is missing is a refusal.
pub(crate) fn next(
    request: &Request,
    client: &Client,
    present: Option<&Present<'_>>,
    consent: Option<&Consent>,
    now: Time,
) -> Result<Next, Refusal> {
    let next = step(request, client, present, consent, now)?;
    if !request.asks(Prompt::None) {
        return Ok(next);
    }
    match next {
        Next::SignIn | Next::SignUp => Err(Refusal::LoginRequired),
        Next::Consent => Err(Refusal::ConsentRequired),
        Next::SelectAccount | Next::Answer => Ok(Next::Answer),
    }
}

fn step(
    request: &Request,
    client: &Client,
    present: Option<&Present<'_>>,
    consent: Option<&Consent>,
    now: Time,
) -> Result<Next, Refusal> {
    let Some(Present { session, subject, acrs }) = present else {
        return Ok(if request.asks(Prompt::Create) { Next::SignUp } else { Next::SignIn });
    };
    // OpenID Connect Core §3.1.2.2: no positive answer for anybody else.
    if !request.is_for(subject) {
        return Ok(Next::SignIn);
    }
    let done_in = |step: &Option<String>| step.as_deref() == Some(session.sid.as_str());
    let signed_in = done_in(&request.progress.signed_in);
    // Whoever is signed in asks for an account more, until they have one or sign in.
    if !signed_in && request.asks(Prompt::Create) {
        return Ok(Next::SignUp);
    }
    if !signed_in && wants_fresh_sign_in(request, session, now) {
        return Ok(Next::SignIn);
    }
    // §5.5.1.1: another sign-in may meet it; one that was made for this request and does not is a failed one.
    if !request.asked.acr.is_met(acrs) {
        return if signed_in { Err(Refusal::AcrUnmet) } else { Ok(Next::SignIn) };
    }
    if request.asks(Prompt::SelectAccount) && !signed_in && !done_in(&request.progress.account) {
        return Ok(Next::SelectAccount);
    }
    let nothing = Scope::empty();
    let allowed = consent.map_or(&nothing, |c| &c.scope);
    let claims = request.asked.unknown_to(&request.scope, consent);
    let known = consent.is_some() && request.scope.is_subset(allowed) && claims.is_empty();
    if done_in(&request.progress.consented) {
        return Ok(Next::Answer);
    }
    if !known || request.asks(Prompt::Consent) || always_asks(client, request) {
        return Ok(Next::Consent);
    }
    Ok(Next::Answer)
}

/// §3.1.2.1: `prompt=login`, and `max_age` as "the allowable elapsed time in seconds since the last time the End-User
/// was actively authenticated"; `max_age=0` is `prompt=login`.
fn wants_fresh_sign_in(request: &Request, session: &Session, now: Time) -> bool {
    request.asks(Prompt::Login)
        || request.max_age.is_some_and(|max_age| max_age == 0 || now.since(session.auth_time) > max_age)
}

/// RFC 8252 §8.6: an app that cannot prove who it is must not be answered without the person seeing it. A public
/// client proves it by nothing but an https redirect URI.
fn always_asks(client: &Client, request: &Request) -> bool {
    client.is_public() && !request.redirect_uri.starts_with("https://")
}
