//! The checks of an authorization request, in their order. Read it as a table:
//!
//! | step                      | code | implicit | hybrid | a failure goes to |
//! |---------------------------|------|----------|--------|-------------------|
//! | client                    |  x   |    x     |   x    | a page            |
//! | request, request_uri      |  x   |    x     |   x    | the client, when what stands beside them says where it is |
//! | redirect_uri              |  x   |    x     |   x    | a page            |
//! | length of state           |  x   |    x     |   x    | a page            |
//! | duplicates                |  x   |    x     |   x    | the client, or a page for the two above |
//! | length of the rest        |  x   |    x     |   x    | the client        |
//! | registration              |  x   |    x     |   x    | the client        |
//! | response_type             |  x   |    x     |   x    | the client        |
//! | response_mode             |  x   |    x     |   x    | the client        |
//! | scope                     |  x   |    x     |   x    | the client        |
//! | nonce                     |      |  with id_token in it  | | the client      |
//! | code_challenge            |  x   |          |   x    | the client        |
//! | claims, acr_values        |  x   |    x     |   x    | the client        |
//! | prompt, max_age           |  x   |    x     |   x    | the client        |
//! | id_token_hint             |  x   |    x     |   x    | the client        |
//! | display, ui_locales       |  x   |    x     |   x    | nobody            |

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_proto::param::{Form, FormError};

use super::length::{self, within};
use super::{
    Progress, Request, ReturnAddress, claims, client, display, id_token_hint, prompt, request_object,
    response_type, scope,
};
use crate::core::Core;
use crate::entity::client::Client;
use crate::refusal::{Failure, Refusal};

/// Why a request goes no further.
pub(crate) enum Stop {
    /// It must be told to the person, for the client is not known or its address is in doubt.
    Page(Failure),
    /// It is told to the client.
    Client(ReturnAddress, Failure),
}

/// Reads and checks a request.
pub(crate) async fn check(core: &Core, form: Form<'_>, now: Time) -> Result<(Request, Arc<Client>), Stop> {
    for name in ["client_id", "redirect_uri"] {
        if form.iter().filter(|(n, _)| *n == name).count() > 1 {
            return Err(Stop::Page(FormError::Duplicate(name.to_owned()).into()));
        }
    }
    let client = client::client(core, &form).await.map_err(Stop::Page)?;
    let form = match request_object::expand(core, &client, &form, now).await {
        Ok(None) => form,
        Ok(Some(expanded)) => expanded,
        Err(refusal) => return Err(object_refused(&client, &form, refusal)),
    };
    let redirect_uri = client::redirect_uri(&client, &form).map_err(|r| Stop::Page(r.into()))?;
    // What cannot be given back whole is not given back in pieces.
    within(&form, "state", length::STATE).map_err(|r| Stop::Page(r.into()))?;
    let address = |form: &Form<'_>| ReturnAddress {
        redirect_uri: redirect_uri.clone(),
        response_mode: response_type::mode_for_refusal(&redirect_uri, form),
        state: form.get("state").map(str::to_owned),
    };
    let fallback = address(&form);
    let form =
        form.no_duplicates().map_err(|e| Stop::Client(fallback.clone(), Failure::Refusal(e.into())))?;
    let told = |failure| Stop::Client(fallback.clone(), failure);
    let mut request =
        read(core, &client, &form, redirect_uri.clone(), now).map_err(|refusal| told(refusal.into()))?;
    prompt::create(core, &request.prompt).map_err(|refusal| told(refusal.into()))?;
    request.asked.subjects = meant(core, request.asked.subjects, &form).await.map_err(told)?;
    Ok((request, client))
}

/// Whom the answer may be about, by the claim `sub` and by `id_token_hint`.
async fn meant(core: &Core, by_claim: Vec<String>, form: &Form<'_>) -> Result<Vec<String>, Failure> {
    let Some(hint) = form.get("id_token_hint") else { return Ok(by_claim) };
    let hinted = id_token_hint::verify(core, hint).await?.sub;
    Ok(claims::both(vec![hinted], by_claim)?)
}

/// Without the object there is only what stands beside it to say where the refusal goes.
fn object_refused(client: &Client, form: &Form<'_>, refusal: Refusal) -> Stop {
    let state = within(form, "state", length::STATE).map(|()| form.get("state").map(str::to_owned));
    match (client::redirect_uri(client, form), state) {
        (Ok(redirect_uri), Ok(state)) => {
            let response_mode = response_type::mode_for_refusal(&redirect_uri, form);
            Stop::Client(ReturnAddress { redirect_uri, response_mode, state }, refusal.into())
        }
        (Err(_), _) | (_, Err(_)) => Stop::Page(refusal.into()),
    }
}

fn read(
    core: &Core,
    client: &Client,
    form: &Form<'_>,
    redirect_uri: String,
    now: Time,
) -> Result<Request, Refusal> {
    for name in ["nonce", "prompt", "login_hint"] {
        within(form, name, length::OTHERS)?;
    }
    prompt::refuse_unsupported(form)?;
    let response_type = response_type::response_type(client, form)?;
    let response_mode = response_type::response_mode(response_type, &redirect_uri, form)?;
    let scope = scope::scope(client, form)?;
    let nonce = scope::nonce(response_type, &scope, form)?;
    let code_challenge = scope::code_challenge(client, response_type, form)?;
    let mut asked = claims::asked(&core.config, client, &scope, form)?;
    if !response_type.code() && !response_type.token() {
        // §5.5: `userinfo` needs an access token.
        asked.claims.userinfo.clear();
    }
    let prompt = prompt::prompt(form)?;
    let max_age = prompt::max_age(form)?.or(client.default_max_age);
    Ok(Request {
        client_id: client.client_id.clone(),
        redirect_uri,
        response_type,
        response_mode,
        scope,
        state: form.get("state").map(str::to_owned),
        nonce,
        code_challenge,
        prompt,
        max_age,
        login_hint: form.get("login_hint").map(str::to_owned),
        asked,
        display: display::display(form),
        ui_locales: display::ui_locales(form),
        at: now,
        progress: Progress::default(),
    })
}
