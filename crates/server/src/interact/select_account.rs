//! `/select-account`: go on with this account, or another? — `prompt=select_account`, OpenID Connect Core §3.1.2.1.

use hallpass_proto::authorize::Prompt;
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;

use super::pages::SelectAccount;
use super::{Browser, FormsEnd, Outcome, answered, check_csrf, client_view, csrf, layout_of, page_url};
use super::{redirect_host, sign_in};
use crate::authorize::Request;
use crate::authorize::decision::Next;
use crate::core::Core;
use crate::endpoint::authorize::{advance, next};
use crate::http::path;
use crate::refusal::Failure;

const PAGE: &str = "select-account";

/// Sends the browser to the page.
pub(crate) fn start(core: &Core, request: &Request) -> Result<Outcome, Failure> {
    Ok(Outcome::see_other(page_url(core, path::SELECT_ACCOUNT, request)?))
}

/// Shows the question, if that is what the request waits for. Who is not signed in has nothing to choose from, and
/// signs in.
pub(crate) async fn show(
    core: &Core,
    browser: &Browser,
    query: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = query.require("request")?;
    answered(core, sealed, now, |request, client| async move {
        let (Some(signed_in), Ok(Next::SelectAccount)) =
            (&browser.session, next(core, browser, &request, &client, now).await?)
        else {
            return advance(core, browser, request, &client, now).await;
        };
        let host = redirect_host(&request);
        let csrf = csrf(core, browser, PAGE, sealed);
        let view = SelectAccount {
            layout: layout_of(core, &request),
            client: client_view(&client, &host),
            user_name: signed_in.user.display_name(),
            user_login: signed_in.user.login().unwrap_or_default(),
            request: sealed,
            csrf: csrf.expose(),
        };
        Ok(Outcome::page(core.pages.select_account(&view), FormsEnd::Elsewhere))
    })
    .await
}

/// Takes the answer.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = body.require("request")?;
    answered(core, sealed, now, |mut request, client| async move {
        check_csrf(core, browser, PAGE, sealed, body)?;
        match (body.get("action"), &browser.session) {
            (Some("continue"), Some(signed_in)) => {
                request.progress.account = Some(signed_in.session.sid.clone());
                advance(core, browser, request, &client, now).await
            }
            _ => switch(core, request),
        }
    })
    .await
}

/// Goes to the sign-in form to take another account. Signing in there is the choice.
pub(crate) fn switch(core: &Core, mut request: Request) -> Result<Outcome, Failure> {
    if !request.asks(Prompt::Login) {
        request.prompt.push(Prompt::Login);
    }
    request.progress.signed_in = None;
    request.login_hint = None;
    sign_in::start(core, &request)
}
