//! `/sign-up`: a person makes an account — Initiating User Registration via OpenID Connect 1.0 (`prompt=create`). It is
//! there where the settings allow it, also for who comes to sign in and has no account.

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;

use super::in_progress::{self, InProgress};
use super::pages::{SignUp, SignUpProblem};
use super::{Browser, FormsEnd, Outcome, Verified, check_csrf, client_view, csrf, page_url, sign_in};
use crate::accounts::{self, Created, NewAccount};
use crate::authorize::Request;
use crate::core::Core;
use crate::entity::user::normalise_login;
use crate::event::Event;
use crate::http::path;
use crate::refusal::{Failure, Refusal};

const PAGE: &str = "sign-up";
/// How many characters a login may have.
const LONGEST_LOGIN: usize = 254;
/// How many a name may have.
const LONGEST_NAME: usize = 200;
/// NIST SP 800-63B §5.1.1.2: "at least 8 characters in length".
const SHORTEST_PASSWORD: usize = 8;
/// More than anybody types.
const LONGEST_PASSWORD: usize = 1024;

/// Sends the browser to the page.
pub(crate) fn start(core: &Core, request: &Request) -> Result<Outcome, Failure> {
    Ok(Outcome::see_other(page_url(core, path::SIGN_UP, request)?))
}

/// Shows the form to who has to sign in, unless that has happened since.
pub(crate) async fn show(
    core: &Core,
    browser: &Browser,
    query: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = query.require("request")?;
    in_progress::answered(core, sealed, now, |request| async move {
        if !core.config.sign_up || !request.waits_for_sign_in(core, browser, now).await? {
            return request.advance(core, browser, now).await;
        }
        let login = request.login_hint().unwrap_or_default();
        Ok(form(core, browser, sealed, &Shown { request: &request, name: "", login, problem: None }))
    })
    .await
}

/// Takes the form: makes the account, signs the person in, and goes on with the request.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = body.require("request")?;
    in_progress::answered(core, sealed, now, |request| async move {
        let typed = body.get("username").unwrap_or_default();
        let again = |refusal: Refusal, problem| {
            let name = body.get("name").unwrap_or_default();
            let shown = Shown { request: &request, name, login: typed, problem: Some(problem) };
            let mut outcome = form(core, browser, sealed, &shown);
            outcome.refusal = Some(refusal);
            Ok(outcome)
        };
        if let Err(refusal) = check_csrf(core, browser, PAGE, sealed, body) {
            return again(refusal, SignUpProblem::ExpiredForm);
        }
        if body.get("action") == Some("cancel") {
            return Ok(request.cancel(core));
        }
        if !core.config.sign_up {
            return Err(Refusal::SignUpClosed.into());
        }
        let (login, password) =
            (normalise_login(typed), Secret::from(body.get("password").unwrap_or_default()));
        let name = body.get("name").unwrap_or_default();
        if let Err(problem) = check(name, &login, &password) {
            return again(Refusal::SignUpUnfit, problem);
        }
        if core.sign_ups.attempt(core.config.sign_ups_per_minute, now).is_err() {
            return again(Refusal::Overloaded, SignUpProblem::Busy);
        }
        match core.accounts.create(&NewAccount::new(&login, &password, body, now)).await? {
            Created::Account(user) => {
                Event::SignedUp { user_id: &user.id }.record();
                if !request.is_for(core, &user.id) {
                    // Somebody is meant who is there already: the account is made, and this is not for it.
                    return again(Refusal::UserDiffers, SignUpProblem::OtherUser);
                }
                accounts::admit(core, &user).await?;
                let verified = Verified { user: *user, amr: vec!["pwd".to_owned()] };
                sign_in::signed_in(core, browser, request, verified, now).await
            }
            Created::Taken => again(Refusal::SignUpUnfit, SignUpProblem::Taken),
            Created::Overloaded => again(Refusal::Overloaded, SignUpProblem::Busy),
            Created::Closed => Err(Refusal::SignUpClosed.into()),
        }
    })
    .await
}

fn check(name: &str, login: &str, password: &Secret) -> Result<(), SignUpProblem> {
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(SignUpProblem::Name);
    }
    let fits = |c: char| !c.is_control() && !c.is_whitespace();
    if login.is_empty() || login.chars().count() > LONGEST_LOGIN || !login.chars().all(fits) {
        return Err(SignUpProblem::Login);
    }
    let characters = password.expose().chars().count();
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&characters)
        || normalise_login(password.expose()) == login
    {
        return Err(SignUpProblem::Password);
    }
    Ok(())
}

struct Shown<'a> {
    request: &'a InProgress,
    name: &'a str,
    login: &'a str,
    problem: Option<SignUpProblem>,
}

fn form(core: &Core, browser: &Browser, sealed: &str, shown: &Shown<'_>) -> Outcome {
    let host = shown.request.redirect_host();
    let csrf = csrf(core, browser, PAGE, sealed);
    let view = SignUp {
        layout: shown.request.layout(core),
        client: client_view(shown.request.client(), &host),
        request: sealed,
        csrf: csrf.expose(),
        name: shown.name,
        login: shown.login,
        problem: shown.problem,
    };
    Outcome::page(core.pages.sign_up(&view), FormsEnd::Elsewhere)
}
