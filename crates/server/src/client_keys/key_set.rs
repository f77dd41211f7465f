//! Some keys of one client, each parsed when it is first needed.

use std::sync::OnceLock;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::{Jwk, JwkSet};
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};

use super::KeyFailure;

/// How many keys are tried for a token that names none: each costs a signature check.
const TRIED: usize = 8;

/// The keys of one client.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    jwk: Jwk,
    verifying: OnceLock<Option<VerifyingKey>>,
}

impl KeySet {
    pub(crate) fn new(set: JwkSet) -> Self {
        Self(set.keys.into_iter().map(|jwk| Key { jwk, verifying: OnceLock::new() }).collect())
    }

    /// All of them, as they are written.
    pub(crate) fn jwks(&self) -> impl Iterator<Item = &Jwk> {
        self.0.iter().map(|key| &key.jwk)
    }

    /// The payload of a token that one of them has signed. A token that names a key is held against keys of this name.
    pub(super) fn verify<'t>(&self, jws: &'t CompactJws<'t>) -> Result<&'t [u8], KeyFailure> {
        let (kid, alg) = (jws.header().kid.as_deref(), jws.header().alg);
        let named = self.0.iter().filter(|key| kid.is_none() || key.jwk.kid.as_deref() == kid);
        let mut failure = KeyFailure::Unknown;
        for key in named.filter_map(|key| key.verifying(alg)).take(TRIED) {
            match jws.verify(key) {
                Ok(payload) => return Ok(payload),
                Err(_) => failure = KeyFailure::Signature,
            }
        }
        Err(failure)
    }
}

impl Key {
    /// The key, if it is good and verifies `alg`.
    fn verifying(&self, alg: SigningAlg) -> Option<&VerifyingKey> {
        let key = self.verifying.get_or_init(|| VerifyingKey::from_jwk(&self.jwk).ok());
        key.as_ref().filter(|key| key.verifies(alg))
    }
}
