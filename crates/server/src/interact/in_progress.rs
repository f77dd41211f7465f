//! What a person came to sign in for: an authorization request, or a device that waits. Either is sealed and travels with
//! the browser, so that the sign-in page needs to know of neither.

use std::sync::Arc;

use hallpass_proto::env::Time;

use super::device::typed::TypedCode;
use super::device::{self, DeviceRequest};
use super::pages::Layout;
use super::{Browser, Opened, Outcome, layout, layout_of, open_request, redirect_host};
use crate::authorize::decision::Next;
use crate::authorize::{Request, ReturnAddress};
use crate::core::Core;
use crate::endpoint::authorize::{self, advance, next, refuse};
use crate::entity::client::Client;
use crate::issue::subject::subject;
use crate::refusal::{Failure, Refusal};

/// A request in progress with its client.
pub(super) enum InProgress {
    Authorization(Box<Request>, Arc<Client>),
    Device(Box<DeviceRequest>, Arc<Client>),
    /// A code of a device that nobody has looked at, with what stands for its client.
    TypedCode(TypedCode, Arc<Client>),
}

/// What a page was called with.
enum Found {
    /// It goes on.
    Live(InProgress),
    /// The person took too long, and the client is told so.
    Expired(Outcome),
}

/// Opens what a page of signing in was called with, and answers it by `then`. What breaks there is told to the client, if
/// the answer goes to one.
pub(super) async fn answered<F>(
    core: &Core,
    sealed: &str,
    now: Time,
    then: impl FnOnce(InProgress) -> F,
) -> Result<Outcome, Failure>
where
    F: Future<Output = Result<Outcome, Failure>>,
{
    let request = match open(core, sealed, now).await? {
        Found::Live(request) => request,
        Found::Expired(expired) => return Ok(expired),
    };
    let address = request.return_address();
    told(core, address.as_ref(), then(request).await)
}

async fn open(core: &Core, sealed: &str, now: Time) -> Result<Found, Failure> {
    if let Some(request) = device::unseal(core, sealed) {
        let client = device::client(core, &request, now).await?;
        return Ok(Found::Live(InProgress::Device(Box::new(request), client)));
    }
    if let Some(typed) = TypedCode::open(core, sealed, now) {
        let typed = typed?;
        let client = typed.client();
        return Ok(Found::Live(InProgress::TypedCode(typed, client)));
    }
    Ok(match open_request(core, sealed, now).await? {
        Opened::Live(request, client) => Found::Live(InProgress::Authorization(request, client)),
        Opened::Expired(told) => Found::Expired(told),
    })
}

/// Tells the client what broke, if the answer goes to one.
pub(super) fn told(
    core: &Core,
    address: Option<&ReturnAddress>,
    outcome: Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    match address {
        Some(address) => authorize::told(core, address, outcome),
        None => outcome,
    }
}

impl InProgress {
    pub(super) fn client(&self) -> &Client {
        match self {
            Self::Authorization(_, client) | Self::Device(_, client) | Self::TypedCode(_, client) => client,
        }
    }

    /// Where the answer goes in the browser; empty where it stays here.
    pub(super) fn redirect_host(&self) -> String {
        match self {
            Self::Authorization(request, _) => redirect_host(request),
            Self::Device(..) | Self::TypedCode(..) => String::new(),
        }
    }

    /// Where the answer goes, if it goes anywhere but to a page of ours.
    pub(super) fn return_address(&self) -> Option<ReturnAddress> {
        match self {
            Self::Authorization(request, _) => Some(request.return_address()),
            Self::Device(..) | Self::TypedCode(..) => None,
        }
    }

    /// The page as the client would like it.
    pub(super) fn layout<'a>(&'a self, core: &'a Core) -> Layout<'a> {
        match self {
            Self::Authorization(request, _) => layout_of(core, request),
            Self::Device(..) | Self::TypedCode(..) => layout(core),
        }
    }

    /// Who is likely to sign in.
    pub(super) fn login_hint(&self) -> Option<&str> {
        match self {
            Self::Authorization(request, _) => request.login_hint.as_deref(),
            Self::Device(..) | Self::TypedCode(..) => None,
        }
    }

    /// Whether it can be answered for this person at all.
    pub(super) fn is_for(&self, core: &Core, user_id: &str) -> bool {
        match self {
            Self::Authorization(request, client) => request.is_for(&subject(core, client, user_id)),
            Self::Device(..) | Self::TypedCode(..) => true,
        }
    }

    /// Whether it waits for a sign-in in this browser.
    pub(super) async fn waits_for_sign_in(
        &self,
        core: &Core,
        browser: &Browser,
        now: Time,
    ) -> Result<bool, Failure> {
        match self {
            Self::Authorization(request, client) => {
                // Who is asked to make an account may have one already.
                let next = next(core, browser, request, client, now).await?;
                Ok(matches!(next, Ok(Next::SignIn | Next::SignUp)))
            }
            Self::Device(request, _) => Ok(request.waits_for_sign_in(browser)),
            Self::TypedCode(..) => Ok(browser.session.is_none()),
        }
    }

    /// Notes that somebody has signed in for it, in the session of this `sid`.
    pub(super) fn signed_in(&mut self, sid: String) {
        match self {
            Self::Authorization(request, _) => request.progress.signed_in = Some(sid),
            Self::Device(request, _) => request.another_account = false,
            Self::TypedCode(..) => {}
        }
    }

    /// Takes it one step further.
    pub(super) async fn advance(self, core: &Core, browser: &Browser, now: Time) -> Result<Outcome, Failure> {
        match self {
            Self::Authorization(request, client) => advance(core, browser, *request, &client, now).await,
            Self::Device(request, _) => device::advance(core, browser, &request),
            Self::TypedCode(typed, _) => Ok(typed.go_on(core)),
        }
    }

    /// The person does not want to sign in.
    pub(super) fn cancel(&self, core: &Core) -> Outcome {
        match self {
            Self::Authorization(request, _) => {
                refuse(core, &request.return_address(), &Refusal::AccessDenied)
            }
            // Who has not said who they are says nothing to the device: somebody else may have its code.
            Self::Device(..) | Self::TypedCode(..) => device::start_over(core),
        }
    }
}
