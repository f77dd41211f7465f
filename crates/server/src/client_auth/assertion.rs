//! `private_key_jwt` and `client_secret_jwt` — RFC 7521 §4.2, RFC 7523 §3, RFC 10070, OpenID Connect Core §9.

use std::sync::Arc;

use hallpass_proto::assertion::{AssertionRules, AudienceRule, JWT_BEARER, unverified_subject};
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::secret::Digest;

use crate::config::Config;
use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::{AssertionAudience, Client};
use crate::event::Event;
use crate::http::path;
use crate::refusal::{Failure, Refusal};
use crate::store::Use;

/// How far in the future an assertion may end, in seconds. Choice: an hour, which is what widespread libraries write;
/// the `jti` is remembered as long.
const LONGEST: i64 = 60 * 60;
/// By how many seconds the clocks of client and server may differ.
const LEEWAY: i64 = 10;

/// The algorithms of assertions: every one that signs.
pub(crate) const ALGS: [SigningAlg; 13] = SigningAlg::ALL;

/// An assertion as it comes.
pub(super) struct Presented<'a> {
    pub(super) assertion_type: Option<&'a str>,
    pub(super) assertion: Option<&'a str>,
    /// RFC 7521 §4.2: unnecessary, but "if present", of the same client.
    pub(super) client_id: Option<&'a str>,
}

/// Finds out which client has made an assertion, and makes sure of it.
pub(super) async fn authenticate(
    core: &Core,
    presented: &Presented<'_>,
    now: Time,
) -> Result<Arc<Client>, Failure> {
    let (Some(JWT_BEARER), Some(assertion)) = (presented.assertion_type, presented.assertion) else {
        return Err(Refusal::AssertionType.into());
    };
    let jws = CompactJws::parse(assertion).map_err(Refusal::unreadable_assertion)?;
    let subject = unverified_subject(jws.unverified_payload()).map_err(Refusal::unreadable_assertion)?;
    if presented.client_id.is_some_and(|client_id| client_id != subject) {
        return Err(Refusal::AssertionOfAnother.into());
    }
    let client = core.clients.find(core, &subject).await?.ok_or(Refusal::ClientUnknown)?;
    check_alg(&client, jws.header().alg)?;
    let payload = core.client_keys.verify(core, &client, &jws).await.map_err(Refusal::AssertionKey)?;
    let endpoints = endpoints(&core.config);
    let rules = AssertionRules {
        client_id: &client.client_id,
        audience: match client.client_assertion_audience {
            AssertionAudience::Issuer => AudienceRule::Sole(core.config.issuer.as_str()),
            AssertionAudience::Legacy => AudienceRule::AnyOf(&endpoints),
        },
        longest: LONGEST,
        leeway: LEEWAY,
    };
    let claims = rules.check(jws.header(), payload, now)?;
    if client.status == Status::Disabled {
        return Err(Refusal::ClientDisabled.into());
    }
    let id = Digest::of(["client assertion", &client.client_id, &claims.jti].join("\0").as_bytes());
    match core.store.use_once(id, claims.exp + LEEWAY).await? {
        Use::First => Ok(client),
        Use::Again => {
            Event::AssertionReplayed { client_id: &client.client_id }.record();
            Err(Refusal::AssertionReplayed.into())
        }
    }
}

/// The registered algorithm; without one, any of the client's method.
fn check_alg(client: &Client, alg: SigningAlg) -> Result<(), Refusal> {
    let by_method = match client.token_endpoint_auth_method {
        AuthMethod::PrivateKeyJwt => !alg.is_symmetric(),
        AuthMethod::ClientSecretJwt => alg.is_symmetric(),
        AuthMethod::None | AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            let expected = client.token_endpoint_auth_method.as_str();
            return Err(Refusal::AuthMethodDiffers { expected });
        }
    };
    let registered = client.token_endpoint_auth_signing_alg;
    if by_method && registered.is_none_or(|registered| registered == alg) {
        Ok(())
    } else {
        let by_method = client.token_endpoint_auth_method.as_str();
        Err(Refusal::AssertionAlgDiffers { expected: registered.map_or(by_method, SigningAlg::as_str) })
    }
}

/// What `aud` may be of a client that follows RFC 7523 as it was.
fn endpoints(config: &Config) -> [String; 5] {
    let issuer = config.issuer.as_str().to_owned();
    let [token, introspect, revoke, device_authorization] =
        [path::TOKEN, path::INTROSPECT, path::REVOKE, path::DEVICE_AUTHORIZATION]
            .map(|path| config.issuer.endpoint(path));
    [issuer, token, introspect, revoke, device_authorization]
}
