//! The end session endpoint — OpenID Connect RP-Initiated Logout 1.0.

use hallpass_proto::env::Time;
use hallpass_proto::id_token::IdTokenClaims;
use hallpass_proto::param::Form;

use crate::authorize::{id_token_hint, length};
use crate::core::Core;
use crate::entity::client::Client;
use crate::interact::sign_out::{self, SignOutRequest};
use crate::interact::{Browser, Outcome};
use crate::issue::subject::subject;
use crate::refusal::{Failure, Refusal};

/// Signs a person out for a client. With an ID token of this very session the client has shown that it may ask, and
/// is answered at once; everybody else makes us ask the person (§2: "the OP SHOULD ask").
///
/// A POST from the client's site comes without the session's cookie (`SameSite=Lax`), so that nobody is signed in says
/// nothing yet: the page, which the browser reaches by a GET of its own, finds out, and asks only if somebody is.
pub(crate) async fn end_session(
    core: &Core,
    browser: &Browser,
    form: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    length::within(form, "state", length::STATE)?;
    let hint = match form.get("id_token_hint") {
        Some(hint) => Some(id_token_hint::verify(core, hint).await?),
        None => None,
    };
    let client_id = client_id(hint.as_ref(), form)?;
    let client = sign_out::active_client(core, client_id.as_deref()).await?;
    let request = SignOutRequest {
        post_logout_redirect_uri: redirect_uri(client.as_deref(), form)?,
        state: form.get("state").map(str::to_owned),
        client_id: client.as_ref().map(|c| c.client_id.clone()),
    };
    let of_this_session = hint.as_ref().zip(browser.session.as_ref()).is_some_and(|(hint, signed_in)| {
        let subject = client.as_ref().map(|client| subject(core, client, &signed_in.user.id));
        subject.as_ref() == Some(&hint.sub)
            && hint.sid.as_ref().is_none_or(|sid| *sid == signed_in.session.sid)
    });
    if of_this_session {
        sign_out::end_session(core, browser, &request, now).await
    } else {
        sign_out::start(core, &request)
    }
}

/// §2: with both, "the OP MUST verify that the Client Identifier matches".
fn client_id(hint: Option<&IdTokenClaims>, form: &Form<'_>) -> Result<Option<String>, Refusal> {
    let asked = form.get("client_id");
    match (hint, asked) {
        (Some(hint), Some(asked)) if !hint.aud.contains(asked) => Err(Refusal::IdTokenHint),
        (_, Some(asked)) => Ok(Some(asked.to_owned())),
        (Some(hint), None) => Ok(hint.aud.iter().next().map(ToString::to_string)),
        (None, None) => Ok(None),
    }
}

fn redirect_uri(client: Option<&Client>, form: &Form<'_>) -> Result<Option<String>, Refusal> {
    let Some(asked) = form.get("post_logout_redirect_uri") else { return Ok(None) };
    if client.is_some_and(|client| client.is_left_for(asked)) {
        Ok(Some(asked.to_owned()))
    } else {
        Err(Refusal::PostLogoutRedirectUriDiffers)
    }
}
