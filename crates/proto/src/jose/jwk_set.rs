//! JWK Sets — RFC 7517 §5.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::jwk::Jwk;
use super::jws::VerifyingKey;
use super::key_rejected::KeyRejected;

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

/// Why a set cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetRejected {
    /// It is not a set.
    #[error("{0}")]
    Set(#[from] JwkSetError),
    /// A key in it is weak, malformed, or no public key.
    #[error("key {}: {why}", .at + 1)]
    Key {
        /// Its place, from 0.
        at: usize,
        /// What is wrong with it.
        why: KeyRejected,
    },
    /// There is no key in it of a kind that can be used.
    #[error("there is no RSA, EC or OKP key in it that could be used")]
    Empty,
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
        Ok(Self { keys: members(set)?.into_iter().filter_map(|key| Jwk::from_value(key).ok()).collect() })
    }

    /// Reads the set of somebody who registers it, and is there to be told: a weak key, or one with its private half,
    /// spoils it. A key of a kind that is not known here is left out as in [`JwkSet::parse`].
    pub fn for_registration(set: Value) -> Result<Self, JwkSetRejected> {
        let mut keys = Vec::new();
        for (at, key) in members(set)?.into_iter().enumerate() {
            match Jwk::from_value(key).and_then(|key| strong(&key).map(|()| key)) {
                Ok(key) => keys.push(key),
                Err(KeyRejected::KtyUnknown | KeyRejected::CrvUnknown) => {}
                Err(why) => return Err(JwkSetRejected::Key { at, why }),
            }
        }
        if keys.is_empty() { Err(JwkSetRejected::Empty) } else { Ok(Self { keys }) }
    }

    /// The first key of that name.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }
}

fn members(set: Value) -> Result<Vec<Value>, JwkSetError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set = Set::deserialize(set).map_err(|_| JwkSetError::NotSet)?;
    if set.keys.len() > MAX_KEYS { Err(JwkSetError::TooMany) } else { Ok(set.keys) }
}

/// The numbers of a key, whatever it is for: size and form of an RSA key, the curve under a point.
fn strong(key: &Jwk) -> Result<(), KeyRejected> {
    let numbers = Jwk { alg: None, public_key_use: None, key_ops: None, ..key.clone() };
    match VerifyingKey::from_jwk(&numbers) {
        Ok(_) => {}
        // A key of a kind that does not sign at all.
        Err(KeyRejected::Alg | KeyRejected::Use) => return Ok(()),
        Err(why) => return Err(why),
    }
    // One that says that it signs must do so by the algorithm it names.
    if key.public_key_use.as_deref() == Some("sig") { VerifyingKey::from_jwk(key).map(drop) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::alg::SigningAlg;
    use crate::jose::jws::SigningKey;

    fn good() -> Value {
        let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
        serde_json::to_value(key.public_jwk().expect("a public half")).expect("prints")
    }

    /// security.md 53: whoever registers a key that is no good is told so.
    #[test]
    fn a_bad_key_spoils_a_set_that_is_registered() {
        let point = |x: &str| json!({"kty": "EC", "crv": "P-256", "x": x, "y": "A".repeat(43)});
        let mut private = good();
        private["d"] = json!("AA");
        let mut other_alg = good();
        other_alg["alg"] = json!("RS256");
        for (bad, told) in [
            (
                json!({"kty": "RSA", "n": "wQ", "e": "AQAB"}),
                "key 2: the RSA modulus has 8 bits, not 2048 to 8192",
            ),
            (json!({"kty": "RSA", "n": "wQ"}), "key 2: the key has no e"),
            (point(&"A".repeat(43)), "key 2: the public key is not a usable point of its curve"),
            (
                private,
                "key 2: the key has the private member d: it is not a public key, and is no secret any more",
            ),
            (json!({"kty": "oct", "k": ""}), "key 2: the key has the private member k"),
            (other_alg, "key 2: the key's alg is not a signature algorithm of its type"),
            (json!({"kty": 7}), "key 2: not a JWK"),
            (json!("key"), "key 2: not a JWK"),
        ] {
            let error = JwkSet::for_registration(json!({"keys": [good(), bad]})).expect_err(told);
            assert!(error.to_string().starts_with(told), "{error}");
        }
    }

    #[test]
    fn a_kind_that_is_not_known_is_left_out_and_one_that_encrypts_is_not() {
        let mut encrypts = good();
        encrypts["use"] = json!("enc");
        encrypts["alg"] = json!("ECDH-ES");
        let unknown = json!({"kty": "AKP", "pub": "AA"});
        let set = JwkSet::for_registration(json!({"keys": [unknown, encrypts, good()]})).expect("registers");
        assert_eq!(set.keys.len(), 2);
        for (set, told) in [
            (json!({"keys": [unknown]}), JwkSetRejected::Empty),
            (json!({"keys": []}), JwkSetRejected::Empty),
            (json!({"keys": {}}), JwkSetRejected::Set(JwkSetError::NotSet)),
            (json!({"keys": vec![good(); 101]}), JwkSetRejected::Set(JwkSetError::TooMany)),
        ] {
            assert_eq!(JwkSet::for_registration(set).expect_err("refused"), told);
        }
    }
}
