//! The pages a person sees, from the server's side: what is on them, and what their forms do.
//!
//! Each page has a path and a file of its own. A page is reached with the sealed request in its query, shows a form,
//! and posts back to the same path. HTML comes from [`pages::Pages`].

pub(crate) mod consent;
pub mod default_pages;
pub(crate) mod device;
pub(crate) mod error_page;
pub(crate) mod home;
mod in_progress;
pub mod pages;
pub(crate) mod select_account;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sign_up;

use std::net::IpAddr;
use std::sync::Arc;

use hallpass_proto::authorize::{AuthorizationResponse, Display};
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::redirect_uri::{csp_source, display_host};
use hallpass_proto::secret::Secret;

use crate::accounts::{self, Credentials, Verdict};
use crate::authorize::{Request, display};
use crate::core::Core;
use crate::endpoint::authorize::{refuse, told};
use crate::entity::Status;
use crate::entity::client::Client;
use crate::entity::user::{User, normalise_login};
use crate::event::Event;
use crate::fault::Fault;
use crate::refusal::{Failure, Refusal};
use crate::store::SessionUser;
use crate::throttle::Target;
use pages::{ClientView, FormPost, Layout};

/// The browser that a request comes from.
pub(crate) struct Browser {
    /// Who is signed in.
    pub(crate) session: Option<SessionUser>,
    /// A random value that this browser had before anybody signed in: what forms are bound to.
    pub(crate) visitor: Visitor,
    /// Whether the cookie that scripts may read says what it should of the session.
    pub(crate) state: StateCookie,
    /// Where it is, as far as that is known.
    pub(crate) address: Option<IpAddr>,
}

/// The cookie that holds the state of a browser (OpenID Connect Session Management 1.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StateCookie {
    /// It is as it should be.
    Fits,
    /// It is missing or another one, or is there without a session.
    Stale,
}

/// The pre-session of a browser.
pub(crate) enum Visitor {
    /// It came with one.
    Known(String),
    /// It gets this one with the answer.
    New(String),
}

impl Visitor {
    fn value(&self) -> &str {
        match self {
            Self::Known(value) | Self::New(value) => value,
        }
    }
}

/// What a page or the authorization endpoint answers.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) session: SessionCookie,
    /// What was refused, for the log and the status of a page.
    pub(crate) refusal: Option<Refusal>,
    /// What broke, for the log: the client is told no more than that.
    pub(crate) fault: Option<Fault>,
}

/// Where the browser goes.
pub(crate) enum Answer {
    /// Elsewhere (303: a POST of credentials is never repeated there).
    SeeOther(String),
    /// To a page.
    Page(Page),
}

/// A page with what its content security policy must allow.
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) forms: FormsEnd,
    /// Whether it is one of the pages with a script.
    pub(crate) script: Script,
    /// The URLs that it loads in frames.
    pub(crate) frames: Vec<String>,
}

/// Where the forms of a page may end.
pub(crate) enum FormsEnd {
    /// With us.
    Here,
    /// With us, or at a client and wherever it redirects to from there. Chrome and Safari hold every redirect that
    /// follows a form against the page's `form-action` (github.com/w3c/webappsec-csp/issues/8), so a page that names
    /// the client alone strands people whose client sends them on, as brokers and web apps with an app of their own do.
    /// Choice: such a page names none, as peers have come to do.
    Elsewhere,
    /// At this source, posted to it directly.
    At(String),
}

/// The scripts of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// None.
    Forbidden,
    /// The one that submits a form-post response, by its hash.
    FormPost,
    /// The one that goes on when the frames of a sign-out are loaded, by its hash.
    SigningOut,
}

/// What happens to the session cookie.
pub(crate) enum SessionCookie {
    Keep,
    Set(Secret),
    Clear,
}

impl Outcome {
    pub(crate) fn see_other(url: String) -> Self {
        Self { answer: Answer::SeeOther(url), session: SessionCookie::Keep, refusal: None, fault: None }
    }

    pub(crate) fn page(html: String, forms: FormsEnd) -> Self {
        let page = Page { html, forms, script: Script::Forbidden, frames: Vec::new() };
        Self { answer: Answer::Page(page), session: SessionCookie::Keep, refusal: None, fault: None }
    }
}

/// The page that carries a response by form post.
pub(crate) fn form_post(core: &Core, redirect_uri: &str, response: &AuthorizationResponse) -> Outcome {
    let form = response.to_form();
    let view = FormPost { layout: layout(core), action: redirect_uri, fields: form.iter().collect() };
    let html = core.pages.form_post(&view);
    let page = Page {
        html,
        forms: FormsEnd::At(csp_source(redirect_uri)),
        script: Script::FormPost,
        frames: Vec::new(),
    };
    Outcome { answer: Answer::Page(page), session: SessionCookie::Keep, refusal: None, fault: None }
}

const REQUEST: &str = "authorization request";

/// The URL of a page for a request in progress.
fn page_url(core: &Core, path: &str, request: &Request) -> Result<String, Failure> {
    let sealed = core.keyring.sealer.seal(REQUEST, request, &core.env).map_err(Fault::from)?;
    Ok(format!("{}?request={sealed}", core.config.issuer.endpoint(path)))
}

/// The request that a page was called with.
enum Opened {
    /// It goes on, with its client.
    Live(Box<Request>, Arc<Client>),
    /// The person took too long, and the client is told so.
    Expired(Outcome),
}

/// Opens the authorization request that a page was called with, and answers it by `then`. What breaks there is told to the
/// client.
async fn answered<F>(
    core: &Core,
    sealed: &str,
    now: Time,
    then: impl FnOnce(Request, Arc<Client>) -> F,
) -> Result<Outcome, Failure>
where
    F: Future<Output = Result<Outcome, Failure>>,
{
    let (request, client) = match open_request(core, sealed, now).await? {
        Opened::Live(request, client) => (*request, client),
        Opened::Expired(expired) => return Ok(expired),
    };
    let address = request.return_address();
    told(core, &address, then(request, client).await)
}

/// Opens the request that a page was called with, and looks up its client. A client that has been disabled since, or
/// has lost the redirect URI, gets nothing any more.
async fn open_request(core: &Core, sealed: &str, now: Time) -> Result<Opened, Failure> {
    let request: Request = core.keyring.sealer.open(REQUEST, sealed).ok_or(Refusal::RequestUnreadable)?;
    let client = core.clients.find(core, &request.client_id).await?.ok_or(Refusal::AuthorizeClientUnknown)?;
    if client.status == Status::Disabled {
        return Err(Refusal::AuthorizeClientUnknown.into());
    }
    if !client.redirect_uris.iter().any(|uri| uri.matches(&request.redirect_uri)) {
        return Err(Refusal::RedirectUriDiffers.into());
    }
    if now.since(request.at) >= core.config.request_lifetime {
        return Ok(Opened::Expired(refuse(core, &request.return_address(), &Refusal::RequestExpired)));
    }
    Ok(Opened::Live(Box::new(request), client))
}

fn layout(core: &Core) -> Layout<'_> {
    Layout {
        base: core.config.issuer.path(),
        issuer_host: core.config.issuer.host(),
        lang: display::language(&[], core.pages.locales()),
        display: Display::Page,
        ui_locales: &[],
    }
}

/// The same for a page of a request, as its client would like it.
fn layout_of<'a>(core: &'a Core, request: &'a Request) -> Layout<'a> {
    Layout {
        lang: display::language(&request.ui_locales, core.pages.locales()),
        display: request.display,
        ui_locales: &request.ui_locales,
        ..layout(core)
    }
}

fn client_view<'a>(client: &'a Client, redirect_host: &'a str) -> ClientView<'a> {
    let name = if client.client_name.is_empty() { &client.client_id } else { &client.client_name };
    ClientView {
        name,
        client_id: &client.client_id,
        redirect_host,
        logo_uri: client.logo_uri.as_deref(),
        policy_uri: client.policy_uri.as_deref(),
        tos_uri: client.tos_uri.as_deref(),
        client_uri: client.client_uri.as_deref(),
    }
}

fn redirect_host(request: &Request) -> String {
    display_host(&request.redirect_uri)
}

/// The token of a form: bound to the browser, to who is signed in there, to the page, and to what the page is about.
/// Whoever changes any of these, in another tab or on the wire, gets [`Refusal::FormStale`]. Two forms are not bound to
/// who is signed in, and must work in one tab after a sign-in in another: the sign-in form, which says that itself, and
/// that of a device's code, which decides nothing.
fn csrf(core: &Core, browser: &Browser, page: &str, subject: &str) -> Secret {
    core.keyring.sealer.derive("form", &form_parts(browser, page, subject))
}

fn check_csrf(
    core: &Core,
    browser: &Browser,
    page: &str,
    subject: &str,
    form: &Form<'_>,
) -> Result<(), Refusal> {
    let fits = form
        .get("csrf")
        .is_some_and(|token| core.keyring.sealer.derived("form", &form_parts(browser, page, subject), token));
    if fits { Ok(()) } else { Err(Refusal::FormStale) }
}

fn form_parts<'a>(browser: &'a Browser, page: &'a str, subject: &'a str) -> [&'a str; 4] {
    let session = browser.session.as_ref().filter(|_| ![sign_in::PAGE, device::code::PAGE].contains(&page));
    let sid = session.map_or("", |s| s.session.sid.as_str());
    [browser.visitor.value(), sid, page, subject]
}

/// A person who has just shown who they are, and how.
pub(crate) struct Verified {
    pub(crate) user: User,
    /// RFC 8176.
    pub(crate) amr: Vec<String>,
}

/// Whether these are the person's credentials, for the sign-in page and the password grant alike. An unknown username,
/// a wrong password and a disabled person are one answer, and take as long.
pub(crate) async fn verify_credentials(
    core: &Core,
    username: &str,
    shown: &Credentials<'_>,
    now: Time,
) -> Result<Verified, Failure> {
    let login = normalise_login(username);
    let found = core.accounts.find_by_login(&login).await?;
    let target = Target::new(&login, found.as_ref());
    if let Err(retry_after) = core.throttle.attempt(target, now) {
        Event::SignInThrottled.record();
        return Err(Refusal::Throttled { retry_after }.into());
    }
    let user = found.filter(|user| user.status == Status::Active);
    let verdict = core.accounts.verify(user.as_ref(), shown).await.inspect_err(|_| {
        core.throttle.not_tried(target);
    })?;
    match (verdict, user) {
        (Verdict::Right { amr }, Some(user)) => {
            core.throttle.succeeded(target);
            accounts::admit(core, &user).await?;
            Ok(Verified { user, amr })
        }
        (Verdict::Overloaded, _) => {
            core.throttle.not_tried(target);
            Err(Refusal::Overloaded.into())
        }
        (Verdict::Wrong | Verdict::Right { .. }, _) => {
            Event::SignInFailed.record();
            Err(Refusal::CredentialsWrong.into())
        }
    }
}
