//! `/sign-out`: do you want to sign out? — OpenID Connect RP-Initiated Logout §2, §6.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::redirect_uri::{display_host, with_query};

use super::pages::{SignOut, SignedOut, SigningOut};
use super::{Answer, Browser, FormsEnd, Outcome, Page, Script, SessionCookie};
use super::{check_csrf, client_view, csrf, home, layout};
use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::event::Event;
use crate::fault::Fault;
use crate::http::path;
use crate::logout::{backchannel, frontchannel};
use crate::refusal::{Failure, Refusal};

const PAGE: &str = "sign-out";
const REQUEST: &str = "sign-out request";
const SIGNING_OUT: &str = "signing-out request";

/// A sign-out that a client has asked for, already checked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SignOutRequest {
    pub(crate) client_id: Option<String>,
    /// Registered for that client.
    pub(crate) post_logout_redirect_uri: Option<String>,
    pub(crate) state: Option<String>,
}

/// Sends the browser to the question.
pub(crate) fn start(core: &Core, request: &SignOutRequest) -> Result<Outcome, Failure> {
    let sealed = core.keyring.sealer.seal(REQUEST, request, &core.env).map_err(Fault::from)?;
    Ok(Outcome::see_other(format!("{}?request={sealed}", core.config.issuer.endpoint(path::SIGN_OUT))))
}

/// Shows the question. Who is not signed in has nothing to be asked.
pub(crate) async fn show(core: &Core, browser: &Browser, query: &Form<'_>) -> Result<Outcome, Failure> {
    let sealed = query.get("request").unwrap_or_default();
    let (request, client) = open(core, sealed).await?;
    let Some(signed_in) = &browser.session else {
        return Ok(done(core, &request));
    };
    let host = request.post_logout_redirect_uri.as_deref().map(display_host).unwrap_or_default();
    let csrf = csrf(core, browser, PAGE, sealed);
    let view = SignOut {
        layout: layout(core),
        client: client.as_ref().map(|c| client_view(c, &host)),
        user_name: signed_in.user.display_name(),
        user_login: signed_in.user.login().unwrap_or_default(),
        csrf: csrf.expose(),
        request: sealed,
    };
    let forms = if request.post_logout_redirect_uri.is_some() { FormsEnd::Elsewhere } else { FormsEnd::Here };
    Ok(Outcome::page(core.pages.sign_out(&view), forms))
}

/// Takes the answer.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = body.get("request").unwrap_or_default();
    let (request, _) = open(core, sealed).await?;
    if !home::is_ours(core, browser, body) {
        check_csrf(core, browser, PAGE, sealed, body)?;
    }
    if body.get("action") != Some("sign-out") {
        return Ok(Outcome::see_other(core.config.issuer.endpoint(path::HOME)));
    }
    end_session(core, browser, &request, now).await
}

/// Signs the person out, and goes where the client wants to have them.
pub(crate) async fn end_session(
    core: &Core,
    browser: &Browser,
    request: &SignOutRequest,
    now: Time,
) -> Result<Outcome, Failure> {
    let mut outcome = match &browser.session {
        Some(signed_in) => {
            let notices = core.store.end_session(signed_in.session.digest, now).await?;
            Event::SignedOut { user_id: &signed_in.user.id }.record();
            let telling = backchannel::tell(core, &notices, now).await?;
            let clients = frontchannel::clients(core, &notices).await?;
            telling.a_moment().await;
            if clients.is_empty() {
                done(core, request)
            } else {
                let sid = signed_in.session.sid.clone();
                by_way_of(core, &SigningOutRequest { sid, clients, request: request.clone() })?
            }
        }
        None => done(core, request),
    };
    outcome.session = SessionCookie::Clear;
    Ok(outcome)
}

/// A sign-out that is done here, on its way over the clients that the browser tells.
#[derive(Serialize, Deserialize)]
struct SigningOutRequest {
    sid: String,
    clients: Vec<String>,
    request: SignOutRequest,
}

fn by_way_of(core: &Core, signing_out: &SigningOutRequest) -> Result<Outcome, Failure> {
    let sealed = core.keyring.sealer.seal(SIGNING_OUT, signing_out, &core.env).map_err(Fault::from)?;
    Ok(Outcome::see_other(format!("{}?request={sealed}", core.config.issuer.endpoint(path::SIGNING_OUT))))
}

/// `/signing-out`: has the browser load the page of each client, and goes on then. Whoever comes a second time loads
/// them a second time, which ends nothing that has not ended.
pub(crate) async fn signing_out(core: &Core, query: &Form<'_>) -> Result<Outcome, Failure> {
    let sealed = query.get("request").unwrap_or_default();
    let opened: Option<SigningOutRequest> = core.keyring.sealer.open(SIGNING_OUT, sealed);
    let SigningOutRequest { sid, clients, request } = opened.ok_or(Refusal::RequestUnreadable)?;
    checked(core, &request).await?;
    let frames = frontchannel::frames(core, &clients, &sid).await?;
    let next = next(core, &request);
    let view =
        SigningOut { layout: layout(core), frames: frames.iter().map(String::as_str).collect(), next: &next };
    let html = core.pages.signing_out(&view);
    let page = Page { html, forms: FormsEnd::Here, script: Script::SigningOut, frames };
    Ok(Outcome { answer: Answer::Page(page), session: SessionCookie::Keep, refusal: None, fault: None })
}

/// `/signed-out`: the page after it, when there is nowhere to go back to.
pub(crate) async fn signed_out(core: &Core, query: &Form<'_>) -> Result<Outcome, Failure> {
    let client = active_client(core, query.get("client_id")).await?;
    let client_link = client.as_ref().and_then(|c| Some((c.client_name.as_str(), c.client_uri.as_deref()?)));
    let view = SignedOut { layout: layout(core), client_link };
    Ok(Outcome::page(core.pages.signed_out(&view), FormsEnd::Here))
}

fn done(core: &Core, request: &SignOutRequest) -> Outcome {
    Outcome::see_other(next(core, request))
}

/// Where the browser goes in the end.
fn next(core: &Core, request: &SignOutRequest) -> String {
    let Some(uri) = &request.post_logout_redirect_uri else {
        let mut url = core.config.issuer.endpoint(path::SIGNED_OUT);
        if let Some(client_id) = &request.client_id {
            let query: Form<'_> = [("client_id", client_id.as_str())].into_iter().collect();
            url = with_query(&url, &query.encode());
        }
        return url;
    };
    let state: Form<'_> = request.state.iter().map(|state| ("state", state.as_str())).collect();
    let encoded = state.encode();
    if encoded.is_empty() { uri.clone() } else { with_query(uri, &encoded) }
}

/// A client that has been disabled since, or has lost the redirect URI, is gone back to no more.
async fn open(core: &Core, sealed: &str) -> Result<(SignOutRequest, Option<Arc<Client>>), Failure> {
    if sealed.is_empty() {
        return Ok((SignOutRequest::default(), None));
    }
    let request: SignOutRequest =
        core.keyring.sealer.open(REQUEST, sealed).ok_or(Refusal::RequestUnreadable)?;
    let client = checked(core, &request).await?;
    Ok((request, client))
}

async fn checked(core: &Core, request: &SignOutRequest) -> Result<Option<Arc<Client>>, Failure> {
    let client = active_client(core, request.client_id.as_deref()).await?;
    let registered = |uri: &String| client.as_ref().is_some_and(|client| client.is_left_for(uri));
    if !request.post_logout_redirect_uri.as_ref().is_none_or(registered) {
        return Err(Refusal::PostLogoutRedirectUriDiffers.into());
    }
    Ok(client)
}

/// The client that a sign-out is for.
pub(crate) async fn active_client(
    core: &Core,
    client_id: Option<&str>,
) -> Result<Option<Arc<Client>>, Failure> {
    let Some(client_id) = client_id else { return Ok(None) };
    Ok(core.clients.find(core, client_id).await?.filter(|client| client.status == Status::Active))
}
