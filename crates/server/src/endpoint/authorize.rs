//! The authorization endpoint — RFC 6749 §3.1, §4.1.2, §4.2.2; OpenID Connect Core §3.1.2; RFC 9207.

use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::env::Time;
use hallpass_proto::error::ErrorBody;
use hallpass_proto::param::Form;
use hallpass_proto::scope::{OFFLINE_ACCESS, OPENID, Scope};

use crate::authorize::decision::{self, Next, Present};
use crate::authorize::pipeline::{self, Stop};
use crate::authorize::{Request, ReturnAddress};
use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::grant::Grant;
use crate::interact::{self, Browser, Outcome};
use crate::issue::id_token::IdToken;
use crate::issue::protection::Protection;
use crate::issue::subject::subject;
use crate::issue::{access_token, code};
use crate::logout::{self, state::session_state};
use crate::refusal::{Failure, Refusal};
use crate::store::{Issued, Recorded, SessionUser};

/// Answers an authorization request, or starts the pages that it takes.
pub(crate) async fn authorize(
    core: &Core,
    browser: &Browser,
    form: Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    match pipeline::check(core, form, now).await {
        Ok((request, client)) => {
            let address = request.return_address();
            told(core, &address, advance(core, browser, request, &client, now).await)
        }
        Err(Stop::Page(failure)) => Err(failure),
        Err(Stop::Client(address, Failure::Refusal(refusal))) => Ok(refuse(core, &address, &refusal)),
        Err(Stop::Client(address, fault)) => told(core, &address, Err(fault)),
    }
}

/// Takes a request one step further: to the page that is missing, or to its answer.
pub(crate) async fn advance(
    core: &Core,
    browser: &Browser,
    request: Request,
    client: &Client,
    now: Time,
) -> Result<Outcome, Failure> {
    match next(core, browser, &request, client, now).await? {
        Err(refusal) => Ok(refuse(core, &request.return_address(), &refusal)),
        Ok(Next::SignIn) => interact::sign_in::start(core, &request),
        Ok(Next::SignUp) => interact::sign_up::start(core, &request),
        Ok(Next::SelectAccount) => interact::select_account::start(core, &request),
        Ok(Next::Consent) => interact::consent::start(core, &request),
        Ok(Next::Answer) => match &browser.session {
            Some(session) => answer(core, session, &request, client, now).await,
            None => Ok(refuse(core, &request.return_address(), &Refusal::LoginRequired)),
        },
    }
}

/// What a request waits for in this browser. Every page asks before it is shown: which step is due is decided here,
/// never by the address that the browser came to.
pub(crate) async fn next(
    core: &Core,
    browser: &Browser,
    request: &Request,
    client: &Client,
    now: Time,
) -> Result<Result<Next, Refusal>, Failure> {
    let consent = match &browser.session {
        Some(SessionUser { user, .. }) => core.store.consent(&user.id, &client.client_id).await?,
        None => None,
    };
    let present = browser.session.as_ref().map(|SessionUser { session, user }| Present {
        session,
        subject: subject(core, client, &user.id),
        acrs: core.config.acrs_of(&session.amr),
    });
    Ok(decision::next(request, client, present.as_ref(), consent.as_ref(), now))
}

/// Gives the client what the person has allowed.
async fn answer(
    core: &Core,
    signed_in: &SessionUser,
    request: &Request,
    client: &Client,
    now: Time,
) -> Result<Outcome, Failure> {
    // Before anything is recorded: a client whose keys cannot be had is told so, and gets nothing.
    let protection = match request.response_type.id_token() {
        true => match Protection::of_id_tokens(core, client).await {
            Ok(protection) => Some(protection),
            Err(Failure::Refusal(refusal)) => return Ok(refuse(core, &request.return_address(), &refusal)),
            Err(fault @ Failure::Fault(_)) => return Err(fault),
        },
        false => None,
    };
    let grant = new_grant(core, signed_in, request, client, now);
    // The person may sign out in another tab meanwhile. Each step finds out by itself, and nothing goes out then.
    let signed_out = || refuse(core, &request.return_address(), &Refusal::LoginRequired);
    if logout::enter(core, signed_in, client).await? == Recorded::SessionOver {
        return Ok(signed_out());
    }
    let mut response = AuthorizationResponse::default();
    if grant.scope.contains(OPENID) {
        let digest = signed_in.session.digest;
        response.session_state = session_state(core, &client.client_id, &request.redirect_uri, digest);
    }
    // One step of the store, whatever goes out: the grant is recorded with the code where tokens stand beside it.
    if request.response_type.code() {
        let Some(code) = code::issue(core, request, grant.clone(), now).await? else {
            return Ok(signed_out());
        };
        response.code = Some(code);
    } else if core.store.record_grant(&grant, &Issued { refresh: None }).await? == Recorded::SessionOver {
        return Ok(signed_out());
    }
    if request.response_type.token() {
        response.access_token = Some(access_token::for_grant(core, client, &grant, &grant.scope, now)?);
        response.token_type = Some("Bearer".to_owned());
        response.expires_in = Some(access_token::expires_in(core, &grant, now));
        response.scope = (!grant.scope.is_empty()).then(|| grant.scope.clone());
    }
    if let Some(protection) = &protection {
        // OpenID Connect Core §5.4: the claims of the scopes stand in the ID token "when no Access Token is issued".
        let alone = !request.response_type.token() && !request.response_type.code();
        let scope = if alone { grant.scope.clone() } else { Scope::empty() };
        let claims = signed_in.user.claims.for_request(&scope, &grant.claims.id_token);
        let id_token = IdToken {
            client,
            grant: &grant,
            nonce: request.nonce.as_deref(),
            access_token: response.access_token.as_ref(),
            code: response.code.as_ref(),
            claims,
        };
        response.id_token = Some(id_token.sign(core, protection, now)?);
    }
    Ok(respond(core, &request.return_address(), response))
}

/// Tells the client no.
pub(crate) fn refuse(core: &Core, address: &ReturnAddress, refusal: &Refusal) -> Outcome {
    let mut outcome = respond(core, address, AuthorizationResponse::refused(refusal.body()));
    outcome.refusal = Some(refusal.clone());
    outcome
}

/// Tells the client what broke, once it is known where the answer goes. RFC 6749 §4.1.2.1: `server_error` and
/// `temporarily_unavailable` are there "because a 500 … status code cannot be returned to the client via an HTTP
/// redirect". Nothing but the code is told.
pub(crate) fn told(
    core: &Core,
    address: &ReturnAddress,
    outcome: Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    match outcome {
        Err(Failure::Fault(fault)) => {
            let error = ErrorBody { error: fault.code(), error_description: None, error_uri: None };
            let mut outcome = respond(core, address, AuthorizationResponse::refused(error));
            outcome.fault = Some(fault);
            Ok(outcome)
        }
        outcome => outcome,
    }
}

fn respond(core: &Core, address: &ReturnAddress, mut response: AuthorizationResponse) -> Outcome {
    response.state = address.state.clone();
    response.iss = Some(core.config.issuer.as_str().to_owned());
    match response.to_url(&address.redirect_uri, address.response_mode) {
        Some(url) => Outcome::see_other(url),
        None => interact::form_post(core, &address.redirect_uri, &response),
    }
}

fn new_grant(core: &Core, signed_in: &SessionUser, request: &Request, client: &Client, now: Time) -> Grant {
    let SessionUser { session, user } = signed_in;
    let scope = effective_scope(request);
    let offline = scope.contains(OFFLINE_ACCESS);
    let expires_at = now + core.config.grant_lifetime;
    Grant {
        id: core.env.id(),
        client_id: client.client_id.clone(),
        user_id: user.id.clone(),
        scope,
        audience: client.audience.clone(),
        auth_time: session.auth_time,
        amr: session.amr.clone(),
        acr: request.asked.acr.choose(&core.config.acrs_of(&session.amr)),
        claims: request.asked.claims.clone(),
        sid: Some(session.sid.clone()),
        offline,
        created_at: now,
        expires_at: if offline { expires_at } else { expires_at.min(session.expires_at) },
        revoked_at: None,
    }
}

/// OpenID Connect Core §11: `offline_access` is ignored where no refresh token can come of it.
fn effective_scope(request: &Request) -> Scope {
    if request.response_type.code() {
        request.scope.clone()
    } else {
        request.scope.only(|s| s != OFFLINE_ACCESS)
    }
}
