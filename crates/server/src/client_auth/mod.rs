//! Client authentication — RFC 6749 §2.3: one file per `token_endpoint_auth_method`.
//!
//! A client is accepted by its registered method and by no other (security: a stolen secret must not open a second
//! door). What is told apart in the log is one answer to the peer: `invalid_client`.

use std::sync::Arc;

use hallpass_proto::client_secret::{AuthMethod, BasicCredentials, BasicError};
use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::secret::{Digest, Secret};

use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::refusal::{Failure, Refusal};

pub(crate) mod assertion;
pub(crate) mod directory;

/// The methods that are accepted, in the order of the metadata document.
pub(crate) const METHODS: [AuthMethod; 5] = AuthMethod::ALL;

/// How a client presents itself in one request.
enum Presented<'a> {
    Basic(BasicCredentials),
    Post { client_id: &'a str, client_secret: &'a str },
    None { client_id: &'a str },
    Assertion(assertion::Presented<'a>),
}

/// Finds out which client sends a request, and makes sure of it.
pub(crate) async fn authenticate(
    core: &Core,
    authorization: Option<&str>,
    form: &Form<'_>,
    now: Time,
) -> Result<Arc<Client>, Failure> {
    let presented = presented(authorization, form)?;
    let (client_id, method, secret) = match &presented {
        Presented::Basic(basic) => {
            (basic.client_id.as_str(), AuthMethod::ClientSecretBasic, Some(basic.client_secret.clone()))
        }
        Presented::Post { client_id, client_secret } => {
            (*client_id, AuthMethod::ClientSecretPost, Some(Secret::from(*client_secret)))
        }
        Presented::None { client_id } => (*client_id, AuthMethod::None, None),
        Presented::Assertion(presented) => return assertion::authenticate(core, presented, now).await,
    };
    let client = core.clients.find(core, client_id).await?;
    // An unknown client is measured against a digest too, so that it takes as long as a wrong secret.
    let digest = client.as_ref().and_then(|c| c.client_secret).unwrap_or(Digest::from_bytes([0; 32]));
    let fits = secret.is_none_or(|secret| digest.matches(&secret));
    let client = client.ok_or(Refusal::ClientUnknown)?;
    if client.token_endpoint_auth_method != method {
        let expected = client.token_endpoint_auth_method.as_str();
        return Err(Refusal::AuthMethodDiffers { expected }.into());
    }
    if !fits {
        return Err(Refusal::SecretWrong.into());
    }
    if client.status == Status::Disabled {
        return Err(Refusal::ClientDisabled.into());
    }
    Ok(client)
}

/// The same, for endpoints that are not for public clients.
pub(crate) async fn authenticate_confidential(
    core: &Core,
    authorization: Option<&str>,
    form: &Form<'_>,
    now: Time,
) -> Result<Arc<Client>, Failure> {
    let client = authenticate(core, authorization, form, now).await?;
    if client.is_public() { Err(Refusal::ClientIsPublic.into()) } else { Ok(client) }
}

fn presented<'a>(authorization: Option<&str>, form: &'a Form<'_>) -> Result<Presented<'a>, Refusal> {
    let client_id = form.get("client_id");
    let client_secret = form.get("client_secret");
    // A client that sends an assertion means to authenticate by it: it must not pass as one that sends nothing.
    let (assertion, assertion_type) = (form.get("client_assertion"), form.get("client_assertion_type"));
    if assertion.or(assertion_type).is_some() {
        if authorization.is_some() || client_secret.is_some() {
            return Err(Refusal::TwoAuthentications);
        }
        return Ok(Presented::Assertion(assertion::Presented { assertion_type, assertion, client_id }));
    }
    let Some(header) = authorization else {
        let client_id = client_id.ok_or(Refusal::ClientUnknown)?;
        return Ok(match client_secret {
            Some(client_secret) => Presented::Post { client_id, client_secret },
            None => Presented::None { client_id },
        });
    };
    if client_secret.is_some() {
        return Err(Refusal::TwoAuthentications);
    }
    let basic = BasicCredentials::parse(header).map_err(|e| match e {
        BasicError::Scheme | BasicError::Encoding => Refusal::BasicMalformed,
    })?;
    if client_id.is_some_and(|id| id != basic.client_id) {
        return Err(Refusal::ClientIdDiffers);
    }
    Ok(Presented::Basic(basic))
}
