//! Where the keys that tokens are verified with come from — RFC 7517.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hallpass_client::keys::{KeyError as ClientKeyError, Keys};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::VerifyingKey;

/// What [`KeySource::key`] gives.
pub type KeyFuture<'a> = Pin<Box<dyn Future<Output = Result<Arc<VerifyingKey>, KeyError>> + Send + 'a>>;

/// Gives the issuer's public keys. [`Keys`] of the client crate fetches them; [`StaticKeys`] holds given ones.
pub trait KeySource: Send + Sync {
    /// The key that a token names by `kid`; for a token without `kid`, the only key that fits its algorithm.
    fn key<'a>(&'a self, kid: Option<&'a str>, alg: SigningAlg) -> KeyFuture<'a>;
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The issuer's keys are known, and none of them is the token's: the token is refused.
    #[error("{0}")]
    Unknown(String),
    /// The issuer's keys are not known and cannot be had: nothing is said about the token.
    #[error("{cause}")]
    Unavailable {
        /// Seconds until the next try.
        retry_after: u64,
        /// What happened.
        cause: String,
    },
}

impl KeySource for Keys {
    fn key<'a>(&'a self, kid: Option<&'a str>, alg: SigningAlg) -> KeyFuture<'a> {
        Box::pin(async move { Ok(self.get(kid, alg).await?) })
    }
}

impl From<ClientKeyError> for KeyError {
    fn from(error: ClientKeyError) -> Self {
        let cause = error.to_string();
        match error {
            ClientKeyError::Unknown { .. } | ClientKeyError::Ambiguous { .. } => Self::Unknown(cause),
            ClientKeyError::Unavailable { retry_after, .. } => Self::Unavailable { retry_after, cause },
        }
    }
}

/// Keys that are given once, for a program without a way to its issuer.
#[derive(Clone)]
pub struct StaticKeys(Vec<(Option<String>, Arc<VerifyingKey>)>);

impl StaticKeys {
    /// The usable keys of a set.
    pub fn new(set: &JwkSet) -> Self {
        let usable = |jwk| VerifyingKey::from_jwk(jwk).ok().map(Arc::new);
        Self(set.keys.iter().filter_map(|jwk| Some((jwk.kid.clone(), usable(jwk)?))).collect())
    }
}

impl KeySource for StaticKeys {
    fn key<'a>(&'a self, kid: Option<&'a str>, alg: SigningAlg) -> KeyFuture<'a> {
        let named = |key: &&(Option<String>, Arc<VerifyingKey>)| kid.is_none() || key.0.as_deref() == kid;
        let mut fitting = self.0.iter().filter(|(_, key)| key.verifies(alg)).filter(named);
        let found = match (fitting.next(), fitting.next()) {
            (Some((_, key)), None) => Ok(Arc::clone(key)),
            (Some((_, key)), Some(_)) if kid.is_some() => Ok(Arc::clone(key)),
            (Some(_), Some(_)) => {
                Err(KeyError::Unknown("the token has no kid, and several keys fit it".to_owned()))
            }
            (None, _) => Err(KeyError::Unknown("none of the given keys fits the token".to_owned())),
        };
        Box::pin(async move { found })
    }
}
