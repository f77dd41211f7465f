//! Public keys as JSON — RFC 7517, RFC 7518 §6, RFC 8037 §2.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::alg::SigningAlg;
use super::object;

/// A public key. Members that this version does not know are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Tells the keys of a set apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The one algorithm it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `sig` or `enc`.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// What may be done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// The key itself.
    #[serde(flatten)]
    pub params: JwkParams,
}

/// The key itself, by `kty`. Values are base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum JwkParams {
    /// RSA.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// An elliptic curve.
    #[serde(rename = "EC")]
    Ec {
        /// `P-256`, `P-384` or `P-521`.
        crv: String,
        /// Coordinate.
        x: String,
        /// Coordinate.
        y: String,
    },
    /// An octet key pair.
    #[serde(rename = "OKP")]
    Okp {
        /// `Ed25519`.
        crv: String,
        /// The public key.
        x: String,
    },
}

/// Why a JWK cannot be read as a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not a JSON object with unique members.
    #[error("not a JSON object with unique members")]
    NotObject,
    /// Private or symmetric material where a public key belongs.
    #[error("holds private or symmetric key material")]
    Private,
    /// A `kty` that is not known, or a member that is missing or of the wrong type.
    #[error("not a key of kty RSA, EC or OKP")]
    Unknown,
}

const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Jwk {
    /// Reads one key.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        Self::from_value(Value::Object(object::parse(json).ok_or(JwkError::NotObject)?))
    }

    fn from_value(value: Value) -> Result<Self, JwkError> {
        let members = value.as_object().ok_or(JwkError::NotObject)?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(JwkError::Private);
        }
        serde_json::from_value(value).map_err(|_| JwkError::Unknown)
    }

    /// The algorithms that this key may verify: those of its type, or the one it is registered for.
    pub fn algs(&self) -> Vec<SigningAlg> {
        use SigningAlg::*;
        let by_type: &[SigningAlg] = match &self.params {
            JwkParams::Rsa { .. } => &[Rs256, Rs384, Rs512, Ps256, Ps384, Ps512],
            JwkParams::Ec { crv, .. } => match crv.as_str() {
                "P-256" => &[Es256],
                "P-384" => &[Es384],
                "P-521" => &[Es512],
                _ => &[],
            },
            JwkParams::Okp { crv, .. } if crv == "Ed25519" => &[EdDsa],
            JwkParams::Okp { .. } => &[],
        };
        match &self.alg {
            None => by_type.to_vec(),
            Some(alg) => by_type.iter().copied().filter(|a| alg.parse() == Ok(*a)).collect(),
        }
    }
}

/// A set of public keys (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys, in order.
    pub keys: Vec<Jwk>,
}

/// Why a key set cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetError {
    /// Larger than any key set needs to be.
    #[error("a key set has at most {MAX_BYTES} bytes")]
    TooLarge,
    /// More keys than anybody uses.
    #[error("a key set has at most {MAX_KEYS} keys")]
    TooMany,
    /// Not an object with an array `keys`.
    #[error("not a JSON object with a member \"keys\"")]
    Malformed,
}

/// The largest key set.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most keys in one.
pub const MAX_KEYS: usize = 100;

impl JwkSet {
    /// Reads a key set. RFC 7517 §5: keys that cannot be used here are left out, and never spoil the others.
    pub fn parse(json: &[u8]) -> Result<Self, JwkSetError> {
        if json.len() > MAX_BYTES {
            return Err(JwkSetError::TooLarge);
        }
        let mut set = object::parse(json).ok_or(JwkSetError::Malformed)?;
        let Some(Value::Array(keys)) = set.remove("keys") else {
            return Err(JwkSetError::Malformed);
        };
        if keys.len() > MAX_KEYS {
            return Err(JwkSetError::TooMany);
        }
        Ok(Self { keys: keys.into_iter().filter_map(|key| Jwk::from_value(key).ok()).collect() })
    }

    /// The first key of that name.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_key_does_not_spoil_the_set() {
        let set = JwkSet::parse(
            br#"{"keys":[{"kty":"oct","k":"AA"},{"kty":"PQC"},5,{"kty":"EC","crv":"P-256"},
                {"kty":"OKP","crv":"Ed25519","x":"AA","kid":"a","x5t":"?"}]}"#,
        )
        .expect("parses");
        assert_eq!(set.keys.len(), 1);
        assert!(set.find("a").is_some());
    }

    #[test]
    fn a_private_key_is_not_read_as_a_public_one() {
        assert_eq!(Jwk::parse(br#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#), Err(JwkError::Private));
    }

    #[test]
    fn the_registered_alg_narrows_what_a_key_verifies() {
        let key = Jwk::parse(br#"{"kty":"RSA","n":"AA","e":"AQAB","alg":"PS256"}"#).expect("parses");
        assert_eq!(key.algs(), [SigningAlg::Ps256]);
        let key = Jwk::parse(br#"{"kty":"RSA","n":"AA","e":"AQAB","alg":"HS256"}"#).expect("parses");
        assert_eq!(key.algs(), []);
    }

    #[test]
    fn sets_have_bounds() {
        assert_eq!(JwkSet::parse(&[b' '; MAX_BYTES + 1]), Err(JwkSetError::TooLarge));
        let many = format!("{{\"keys\":[{}1]}}", "1,".repeat(MAX_KEYS));
        assert_eq!(JwkSet::parse(many.as_bytes()), Err(JwkSetError::TooMany));
        assert_eq!(JwkSet::parse(b"{}"), Err(JwkSetError::Malformed));
    }
}
