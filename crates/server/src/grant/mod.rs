//! The grants — RFC 6749 §4, §6: a grant decides what a token request may have; the endpoint does the rest.
//!
//! A grant never sees a request, mints nothing and writes nothing. It reads its parameters and says what they
//! award; it cannot forget client authentication, single use, or headers, because those are not its to do.

use std::future::Future;
use std::pin::Pin;

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::pkce::CodeChallenge;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::client::Client;
use crate::interact::Verified;
use crate::issue::protection::Protection;
use crate::refusal::{Failure, Refusal};

mod authorization_code;
mod client_credentials;
mod device_code;
mod password;
mod refresh_token;

/// Every grant, in the order of the metadata document.
pub(crate) const GRANTS: [&dyn Grant; 5] = [
    &authorization_code::AuthorizationCode,
    &refresh_token::RefreshToken,
    &client_credentials::ClientCredentials,
    &device_code::DeviceCode,
    &password::Password,
];

/// Finds a grant by its `grant_type`.
pub(crate) fn by_name(grant_type: &str) -> Option<&'static dyn Grant> {
    GRANTS.into_iter().find(|grant| grant.name() == grant_type)
}

/// What a grant may look at.
pub(crate) struct TokenCx<'a> {
    pub(crate) core: &'a Core,
    pub(crate) client: &'a Client,
    /// How the client has its ID tokens, if it may have any.
    pub(crate) id_tokens: Option<Protection>,
    pub(crate) now: Time,
}

/// What a request may have.
pub(crate) enum Award<'a> {
    /// What a code stands for, once the store has spent it.
    Code { code: Secret, redirect_uri: Option<&'a str>, code_challenge: Option<CodeChallenge> },
    /// What a refresh token stands for, once the store has accepted it.
    Refresh { token: Secret, scope: Option<Scope> },
    /// What the person has allowed a device, once the store has spent its code.
    Device { device_code: Secret },
    /// Access for the client itself.
    Client { scope: Scope },
    /// Access for a person who is there.
    Person { person: Box<Verified>, scope: Scope },
}

/// The future of a decision.
pub(crate) type Decision<'a> = Pin<Box<dyn Future<Output = Result<Award<'a>, Failure>> + Send + 'a>>;

/// One value of `grant_type`.
pub(crate) trait Grant: Send + Sync {
    /// The value.
    fn name(&self) -> &'static str;

    /// Whether it is for a person, of whom an ID token can tell.
    fn of_a_person(&self) -> bool {
        true
    }

    /// Reads the parameters and decides.
    fn decide<'a>(&'a self, cx: &'a TokenCx<'a>, form: &'a Form<'_>) -> Decision<'a>;
}

/// The scope of a request that names one, or else the client's whole scope (RFC 6749 §3.3: a "pre-defined default
/// value"), without what only a person can give.
fn scope_for_client(cx: &TokenCx<'_>, form: &Form<'_>) -> Result<Scope, Refusal> {
    let Some(asked) = form.get("scope") else {
        return Ok(cx.client.scope.clone());
    };
    let asked: Scope = asked.parse()?;
    let beyond = asked.minus(&cx.client.scope);
    if beyond.is_empty() { Ok(asked) } else { Err(Refusal::beyond_client(&beyond)) }
}
