//! Request objects — OpenID Connect Core §6, RFC 9101: the request as a JWT, by value (`request`) or from where the client
//! has put it (`request_uri`).

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::KeyManagementAlg;
use hallpass_proto::jose::jwe::{CompactJwe, DecryptingKey};
use hallpass_proto::param::Form;
use hallpass_proto::request_object::{RequestObject, RequestObjectError, RequestObjectRules};

use crate::client_secret;
use crate::core::Core;
use crate::entity::client::Client;
use crate::refusal::Refusal;

/// By how many seconds the clocks of client and server may differ.
const LEEWAY: i64 = 10;
/// OpenID Connect Core §6.2: the URI "MUST NOT exceed 512 ASCII characters".
const LONGEST_URI: usize = 512;

/// The algorithms of request objects, and `none`.
pub(crate) fn algs() -> impl Iterator<Item = RegisteredAlg> {
    SigningAlg::ALL.into_iter().map(RegisteredAlg::Signed).chain([RegisteredAlg::None])
}

/// How they may be encrypted: with a key that follows from the client's secret, for this server publishes none to
/// encrypt to.
pub(crate) const ENCRYPTION_ALGS: [KeyManagementAlg; 3] =
    [KeyManagementAlg::A128Kw, KeyManagementAlg::A256Kw, KeyManagementAlg::Dir];

/// The parameters that a request with an object stands for; None when it has no object.
pub(super) async fn expand(
    core: &Core,
    client: &Client,
    form: &Form<'_>,
    now: Time,
) -> Result<Option<Form<'static>>, Refusal> {
    if form.get("request").or(form.get("request_uri")).is_some() {
        // What comes twice beside the object must not be decided by it.
        form.clone().no_duplicates()?;
    }
    let (object, fetched);
    match (form.get("request"), form.get("request_uri")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Refusal::RequestTwice),
        (Some(request), None) => object = request,
        (None, Some(uri)) => {
            fetched = fetch(core, client, uri, now).await?;
            object = fetched.as_ref();
        }
    }
    let unreadable = |error| Refusal::RequestObject(RequestObjectError::Jwt(error));
    let decrypted;
    let object = if object.bytes().filter(|b| *b == b'.').count() == 4 {
        decrypted = decrypt(core, client, object)?;
        decrypted.as_str()
    } else {
        object
    };
    let object = RequestObject::parse(object).map_err(unreadable)?;
    let (typ, payload) = match &object {
        RequestObject::Signed(jws) => {
            check_alg(client, RegisteredAlg::Signed(jws.header().alg))?;
            let payload = core.client_keys.verify(core, client, jws).await;
            (jws.header().typ.as_deref(), payload.map_err(Refusal::RequestObjectKey)?)
        }
        RequestObject::Unsigned(jwt) => {
            check_alg(client, RegisteredAlg::None)?;
            (jwt.typ.as_deref(), jwt.payload.as_slice())
        }
    };
    let rules =
        RequestObjectRules { client_id: &client.client_id, issuer: &core.config.issuer, leeway: LEEWAY };
    Ok(Some(rules.check(typ, payload, form, now)?))
}

/// OpenID Connect Registration §2: "All Request Objects from this Client MUST be rejected, if not signed with this
/// algorithm." Without a registered one, any will do, `none` included: it says no more than the query could.
fn check_alg(client: &Client, alg: RegisteredAlg) -> Result<(), Refusal> {
    match client.request_object_signing_alg {
        Some(registered) if registered != alg => {
            Err(Refusal::RequestObjectAlgDiffers { expected: registered.as_str() })
        }
        Some(_) | None => Ok(()),
    }
}

/// RFC 9101 §6.1: "the Authorization Server MUST decrypt the JWT"; what is inside is a JWT once more. Only by what the
/// client has registered (RFC 8725 §3.1).
fn decrypt(core: &Core, client: &Client, object: &str) -> Result<String, Refusal> {
    let failed = |_| Refusal::RequestObjectEncrypted;
    let registered = client.request_object_encryption.ok_or(Refusal::RequestObjectEncrypted)?;
    let secret = client_secret::open(core, client).ok_or(Refusal::RequestObjectEncrypted)?;
    let key = DecryptingKey::from_client_secret(registered, &secret)
        .map_err(|_| Refusal::RequestObjectEncrypted)?;
    let jwe = CompactJwe::parse(object).map_err(failed)?;
    let content = jwe.decrypt(&key, &[registered.alg], &[registered.enc]).map_err(failed)?;
    String::from_utf8(content).map_err(|_| Refusal::RequestObjectEncrypted)
}

/// The object that a client keeps at a URI of its own. The fragment, which may be the hash of what is there (§6.2), is
/// for caches that would keep it for longer than this server does.
async fn fetch(core: &Core, client: &Client, uri: &str, now: Time) -> Result<Arc<str>, Refusal> {
    let without_fragment = |uri: &str| uri.split('#').next().unwrap_or_default().to_owned();
    let asked = without_fragment(uri);
    let registered = client.request_uris.iter().any(|registered| without_fragment(registered) == asked);
    if !registered || uri.len() > LONGEST_URI {
        return Err(Refusal::RequestUriNotRegistered);
    }
    let object = core.request_uris.get(core, &client.client_id, &asked, now).await;
    object.ok_or(Refusal::RequestUriUnavailable)
}
