//! The keys of clients — RFC 7591 §2 (`jwks`, `jwks_uri`), RFC 7517 §5: for assertions, request objects and encryption.
//!
//! Keys by reference are fetched through the guarded door, kept, renewed ahead of time, and used on while their server is
//! down. A key that is not among them causes one more fetch, at a bounded rate: a client that changes its keys is
//! understood at once, and a flood of made-up `kid`s is not passed on to its server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};

use crate::client_secret;
use crate::core::Core;
use crate::entity::client::Client;

mod key_set;
mod source;

pub(crate) use key_set::KeySet;
use source::Source;

/// How many clients' keys are kept at once; past that all are forgotten.
const CAPACITY: usize = 10_000;

/// Why a signature is not seen to be the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFailure {
    /// It is registered with neither `jwks` nor `jwks_uri`, or with no secret that is known here.
    #[error("the client has registered no key that it could be signed with")]
    NoKeys,
    /// Its keys are here, and none fits the header's `kid` and `alg`.
    #[error("no key of the client fits its kid and alg")]
    Unknown,
    /// None of the keys that fit has made it.
    #[error("the signature is wrong")]
    Signature,
    /// The keys at `jwks_uri` cannot be had, and none are kept.
    #[error("the keys at the client's jwks_uri cannot be had")]
    Unavailable,
}

/// The keys of all clients.
#[derive(Default)]
pub(crate) struct ClientKeys {
    /// By `client_id`: a URI that two clients name is fetched for each of them, so that one cannot use up the other's
    /// fetches.
    sources: Mutex<HashMap<String, Arc<Source>>>,
}

impl ClientKeys {
    /// The payload of a token that the client has signed: with one of its keys, or for HMAC with its secret. Which
    /// algorithms it may use is for the caller to say.
    pub(crate) async fn verify<'t>(
        &self,
        core: &Core,
        client: &Client,
        jws: &'t CompactJws<'t>,
    ) -> Result<&'t [u8], KeyFailure> {
        if jws.header().alg.is_symmetric() {
            return by_secret(core, client, jws);
        }
        let seen = self.set(core, client).await?;
        match (seen.verify(jws), &client.jwks_uri) {
            (Err(KeyFailure::Unknown | KeyFailure::Signature), Some(uri)) => {
                self.source(client, uri).newer(core, &seen).await.verify(jws)
            }
            (answer, _) => answer,
        }
    }

    /// The client's keys as they are known now.
    pub(crate) async fn set(&self, core: &Core, client: &Client) -> Result<Arc<KeySet>, KeyFailure> {
        match (&client.jwks, &client.jwks_uri) {
            (Some(jwks), _) => Ok(Arc::new(KeySet::new(jwks.clone()))),
            (None, Some(uri)) => self.source(client, uri).current(core).await.ok_or(KeyFailure::Unavailable),
            (None, None) => Err(KeyFailure::NoKeys),
        }
    }

    fn source(&self, client: &Client, uri: &str) -> Arc<Source> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get(&client.client_id).filter(|source| source.is_at(uri)) {
            return source.clone();
        }
        if sources.len() >= CAPACITY {
            sources.clear();
        }
        let source = Arc::new(Source::new(uri));
        sources.insert(client.client_id.clone(), source.clone());
        source
    }
}

fn by_secret<'t>(core: &Core, client: &Client, jws: &'t CompactJws<'t>) -> Result<&'t [u8], KeyFailure> {
    let secret = client_secret::open(core, client).ok_or(KeyFailure::NoKeys)?;
    let alg: SigningAlg = jws.header().alg;
    let key = VerifyingKey::hmac(alg, secret.expose().as_bytes()).map_err(|_| KeyFailure::Unknown)?;
    jws.verify(&key).map_err(|_| KeyFailure::Signature)
}
