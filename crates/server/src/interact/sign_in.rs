//! `/sign-in`: who are you? — OpenID Connect Core §3.1.2.3.

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;

use super::in_progress::{self, InProgress};
use super::pages::{SignIn, SignInProblem, SignInReason};
use super::{
    Browser, FormsEnd, Outcome, SessionCookie, StateCookie, Verified, check_csrf, client_view, csrf,
    page_url, verify_credentials,
};
use crate::accounts::Credentials;
use crate::authorize::Request;
use crate::core::Core;
use crate::entity::session::Session;
use crate::entity::user::normalise_login;
use crate::event::Event;
use crate::http::path;
use crate::logout::backchannel;
use crate::refusal::{Failure, Refusal};
use crate::store::SessionUser;

pub(super) const PAGE: &str = "sign-in";

/// Sends the browser to the page.
pub(crate) fn start(core: &Core, request: &Request) -> Result<Outcome, Failure> {
    Ok(Outcome::see_other(page_url(core, path::SIGN_IN, request)?))
}

/// Shows the form, unless the person has signed in since, perhaps in another tab.
pub(crate) async fn show(
    core: &Core,
    browser: &Browser,
    query: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = query.require("request")?;
    in_progress::answered(core, sealed, now, |request| async move {
        if !request.waits_for_sign_in(core, browser, now).await? {
            return request.advance(core, browser, now).await;
        }
        let login = request.login_hint().unwrap_or_default();
        Ok(form(core, browser, sealed, &Shown { request: &request, login, problem: None }))
    })
    .await
}

/// Takes the form: signs the person in, and goes on with the request.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = body.require("request")?;
    in_progress::answered(core, sealed, now, |request| async move {
        let login = body.get("username").unwrap_or_default();
        let again = |refusal: Refusal, problem| {
            let shown = Shown { request: &request, login, problem: Some(problem) };
            let mut outcome = form(core, browser, sealed, &shown);
            outcome.refusal = Some(refusal);
            Ok(outcome)
        };
        if let Err(refusal) = check_csrf(core, browser, PAGE, sealed, body) {
            return again(refusal, SignInProblem::ExpiredForm);
        }
        if body.get("action") == Some("cancel") {
            return Ok(request.cancel(core));
        }
        let password = body.get("password").unwrap_or_default().into();
        match verify_credentials(core, login, &Credentials::of_form(&password, body), now).await {
            Ok(Verified { user, .. }) if !request.is_for(core, &user.id) => {
                again(Refusal::UserDiffers, SignInProblem::OtherUser)
            }
            Ok(verified) => signed_in(core, browser, request, verified, now).await,
            Err(Failure::Refusal(refusal @ Refusal::CredentialsWrong)) => {
                again(refusal, SignInProblem::WrongCredentials)
            }
            Err(Failure::Refusal(refusal @ Refusal::Throttled { retry_after })) => {
                let retry_after_secs = u64::try_from(retry_after).unwrap_or_default();
                again(refusal, SignInProblem::Throttled { retry_after_secs })
            }
            Err(Failure::Refusal(refusal @ Refusal::Overloaded)) => {
                again(refusal, SignInProblem::Throttled { retry_after_secs: 5 })
            }
            Err(other) => Err(other),
        }
    })
    .await
}

pub(super) async fn signed_in(
    core: &Core,
    browser: &Browser,
    mut request: InProgress,
    Verified { user, amr }: Verified,
    now: Time,
) -> Result<Outcome, Failure> {
    let cookie = core.env.token();
    let before = browser.session.as_ref().map(|s| &s.session);
    // The same person again keeps the `sid`: what was granted in the session goes on. Anybody else starts anew.
    let sid = before.filter(|s| s.user_id == user.id).map_or_else(|| core.env.id(), |s| s.sid.clone());
    let session = Session {
        digest: cookie.digest(),
        sid: sid.clone(),
        user_id: user.id.clone(),
        auth_time: now,
        amr,
        seen_at: now,
        expires_at: now + core.config.session_lifetime,
    };
    // Somebody else was signed in here: their clients hear of it, and nobody waits for that.
    let notices = core.store.start_session(&session, before.map(|s| s.digest), now).await?;
    backchannel::tell(core, &notices, now).await?;
    Event::SignedIn { user_id: &user.id }.record();
    request.signed_in(sid);
    let browser = Browser {
        session: Some(SessionUser { session, user }),
        visitor: super::Visitor::Known(browser.visitor.value().to_owned()),
        state: StateCookie::Fits,
        address: browser.address,
    };
    let address = request.return_address();
    // The person is signed in, whatever comes next.
    let outcome = request.advance(core, &browser, now).await;
    let mut outcome = in_progress::told(core, address.as_ref(), outcome)?;
    outcome.session = SessionCookie::Set(cookie);
    Ok(outcome)
}

struct Shown<'a> {
    request: &'a InProgress,
    login: &'a str,
    problem: Option<SignInProblem>,
}

fn form(core: &Core, browser: &Browser, sealed: &str, shown: &Shown<'_>) -> Outcome {
    let host = shown.request.redirect_host();
    let csrf = csrf(core, browser, PAGE, sealed);
    let reason = if browser.session.is_some() { SignInReason::Reauthenticate } else { SignInReason::Normal };
    let meant = |s: &&SessionUser| shown.request.is_for(core, &s.user.id);
    let current = browser.session.as_ref().filter(meant).and_then(|s| s.user.login()).unwrap_or_default();
    let login = if shown.login.is_empty() { current } else { shown.login };
    let view = SignIn {
        layout: shown.request.layout(core),
        client: client_view(shown.request.client(), &host),
        request: sealed,
        csrf: csrf.expose(),
        login: &normalise_login(login),
        problem: shown.problem,
        reason,
        can_cancel: true,
        sign_up: core.config.sign_up,
    };
    Outcome::page(core.pages.sign_in(&view), FormsEnd::Elsewhere)
}
