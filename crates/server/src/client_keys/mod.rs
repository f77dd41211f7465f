//! The keys of clients — RFC 7591 §2 (`jwks`, `jwks_uri`), RFC 7517 §5: for assertions, request objects and encryption.
//!
//! Keys by reference are fetched through the guarded door, kept, renewed when they are ten minutes old, and used on while
//! their server is down. A key that is not among them causes one more fetch, at a bounded rate: a client that changes its keys is
//! understood at once, and a flood of made-up `kid`s is not passed on to its server.

use std::collections::HashMap;
use std::mem;
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

/// How many clients' keys are kept at once; past that, those of clients that were not seen for the longest are forgotten.
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
    sources: Mutex<Generations>,
}

/// Two generations: when the younger is full, the older is forgotten. A client that is seen moves to the younger, so that
/// those that come by the thousand do not push out those that are at work.
#[derive(Default)]
struct Generations {
    young: HashMap<String, Arc<Source>>,
    old: HashMap<String, Arc<Source>>,
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
        sources.of(&client.client_id, uri)
    }
}

impl Generations {
    fn of(&mut self, client_id: &str, uri: &str) -> Arc<Source> {
        if let Some(source) = self.young.get(client_id).filter(|source| source.is_at(uri)) {
            return source.clone();
        }
        let kept = self.old.remove(client_id).filter(|source| source.is_at(uri));
        let source = kept.unwrap_or_else(|| Arc::new(Source::new(uri)));
        if self.young.len() >= CAPACITY / 2 {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(client_id.to_owned(), source.clone());
        source
    }
}

fn by_secret<'t>(core: &Core, client: &Client, jws: &'t CompactJws<'t>) -> Result<&'t [u8], KeyFailure> {
    let secret = client_secret::open(core, client).ok_or(KeyFailure::NoKeys)?;
    let alg: SigningAlg = jws.header().alg;
    let key = VerifyingKey::hmac(alg, secret.expose().as_bytes()).map_err(|_| KeyFailure::Unknown)?;
    jws.verify(&key).map_err(|_| KeyFailure::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand strangers who come once do not have a client at work lose its keys, and are not kept for ever.
    #[test]
    fn a_client_at_work_is_not_forgotten_for_strangers() {
        let mut sources = Generations::default();
        let uri = "https://keyed.example/jwks.json";
        let (honest, idle) = (sources.of("keyed", uri), sources.of("idle", uri));
        for n in 0..3 * CAPACITY {
            sources.of(&format!("stranger {n}"), uri);
            if n % 1000 == 0 {
                assert!(Arc::ptr_eq(&sources.of("keyed", uri), &honest), "after {n}");
            }
            assert!(sources.young.len() + sources.old.len() <= CAPACITY);
        }
        assert!(!Arc::ptr_eq(&sources.of("idle", uri), &idle));
    }

    #[test]
    fn another_uri_is_another_source() {
        let mut sources = Generations::default();
        let first = sources.of("keyed", "https://keyed.example/1");
        let second = sources.of("keyed", "https://keyed.example/2");
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&sources.of("keyed", "https://keyed.example/2"), &second));
    }
}
