//! `scope`, `nonce` and PKCE — RFC 6749 §3.3, OpenID Connect Core §3.2.2.1, RFC 7636 §4.3.

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::param::Form;
use hallpass_proto::pkce::CodeChallenge;
use hallpass_proto::scope::{OPENID, STANDARD, Scope};

use crate::entity::client::Client;
use crate::refusal::Refusal;

/// What is asked for. Without `scope`, what the client is registered for (RFC 6749 §3.3: "a pre-defined default
/// value"), but nothing that OpenID Connect defines.
pub(crate) fn scope(client: &Client, form: &Form<'_>) -> Result<Scope, Refusal> {
    let Some(asked) = form.get("scope") else {
        return Ok(client.scope.only(|s| !STANDARD.contains(&s)));
    };
    let asked: Scope = asked.parse()?;
    let beyond = asked.minus(&client.scope);
    if beyond.is_empty() { Ok(asked) } else { Err(Refusal::beyond_client(&beyond)) }
}

/// What an ID token in the response needs.
pub(super) fn nonce(
    response_type: ResponseType,
    scope: &Scope,
    form: &Form<'_>,
) -> Result<Option<String>, Refusal> {
    let nonce = form.get("nonce").map(str::to_owned);
    if response_type.id_token() {
        if !scope.contains(OPENID) {
            return Err(Refusal::ScopeWithoutOpenid);
        }
        if nonce.is_none() {
            return Err(Refusal::NonceMissing);
        }
    }
    Ok(nonce)
}

/// PKCE. A flow without a code has nothing to protect with it.
pub(super) fn code_challenge(
    client: &Client,
    response_type: ResponseType,
    form: &Form<'_>,
) -> Result<Option<CodeChallenge>, Refusal> {
    let challenge =
        CodeChallenge::from_params(form.get("code_challenge"), form.get("code_challenge_method"))?;
    if challenge.is_none() && response_type.code() && client.needs_pkce() {
        return Err(Refusal::ChallengeMissing);
    }
    Ok(challenge)
}
