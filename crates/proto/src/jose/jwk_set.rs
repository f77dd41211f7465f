//! JWK Sets — RFC 7517 §5.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::jwk::Jwk;

/// How many bytes a set may have.
const MAX_BYTES: usize = 256 * 1024;
/// How many keys.
const MAX_KEYS: usize = 100;

/// Some public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// Why some bytes are not a JWK Set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetError {
    /// More than 256 kB.
    #[error("the JWK Set is larger than 256 kB")]
    TooLarge,
    /// More than 100 keys.
    #[error("the JWK Set has more than 100 keys")]
    TooMany,
    /// Not a JSON object with an array `keys`.
    #[error("not a JSON object with an array named keys")]
    NotSet,
}

impl<'de> Deserialize<'de> for JwkSet {
    /// As [`JwkSet::parse`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JwkSet {
    /// Reads a set. §5: keys of an unknown `kty`, without required members or with values that are not supported
    /// "SHOULD" be ignored: one key that cannot be used never spoils the others.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwkSetError> {
        if bytes.len() > MAX_BYTES {
            return Err(JwkSetError::TooLarge);
        }
        Self::from_value(serde_json::from_slice(bytes).map_err(|_| JwkSetError::NotSet)?)
    }

    fn from_value(set: Value) -> Result<Self, JwkSetError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set = Set::deserialize(set).map_err(|_| JwkSetError::NotSet)?;
        if set.keys.len() > MAX_KEYS {
            return Err(JwkSetError::TooMany);
        }
        Ok(Self { keys: set.keys.iter().filter_map(|key| Jwk::deserialize(key).ok()).collect() })
    }

    /// The first key of that name.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }
}
