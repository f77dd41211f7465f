//! Public keys as JSON — RFC 7517, RFC 7518 §6, RFC 8037 §2.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

pub use super::jwk_set::{JwkSet, JwkSetError, JwkSetRejected};
pub use super::key_rejected::KeyRejected;

/// A public key. One with private or symmetric members cannot be read as one.
///
/// That it can be read says little: [`VerifyingKey::from_jwk`](super::jws::VerifyingKey::from_jwk) and
/// [`EncryptingKey::from_jwk`](super::jwe::EncryptingKey::from_jwk) say whether it is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct Jwk {
    /// Its name in tokens.
    pub kid: Option<String>,
    /// The one algorithm that it is for. Not always one that signs.
    pub alg: Option<String>,
    /// `sig` or `enc`.
    pub public_key_use: Option<String>,
    /// What it may be used for.
    pub key_ops: Option<Vec<String>>,
    /// The key.
    pub params: KeyParams,
}

/// The members that make the key, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyParams {
    /// RSA: modulus and exponent, big-endian without zero octets in front.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point of an elliptic curve, each coordinate in its full length.
    Ec {
        /// The curve.
        crv: EcCurve,
        /// The x coordinate.
        x: Vec<u8>,
        /// The y coordinate.
        y: Vec<u8>,
    },
    /// An octet key pair's public half.
    Okp {
        /// The curve.
        crv: OkpCurve,
        /// The key.
        x: Vec<u8>,
    },
}

/// A curve of RFC 7518 §6.2.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcCurve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
}

/// A curve of RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OkpCurve {
    /// Ed25519, which signs.
    Ed25519,
    /// X25519, on which keys are agreed.
    X25519,
}

impl Jwk {
    /// Reads a key, and says why it cannot be read as one.
    pub fn from_value(key: serde_json::Value) -> Result<Self, KeyRejected> {
        Members::deserialize(key).map_err(|_| KeyRejected::NotKey)?.try_into()
    }
}

impl EcCurve {
    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Bytes of a coordinate.
    pub const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl OkpCurve {
    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::X25519 => "X25519",
        }
    }
}

impl TryFrom<Members> for Jwk {
    type Error = KeyRejected;

    fn try_from(members: Members) -> Result<Self, KeyRejected> {
        if let Some(name) = members.private_member() {
            return Err(KeyRejected::PrivateMember(name));
        }
        let params = match members.kty.as_str() {
            "RSA" => KeyParams::Rsa { n: number("n", members.n)?, e: number("e", members.e)? },
            "EC" => {
                let crv = [EcCurve::P256, EcCurve::P384, EcCurve::P521]
                    .into_iter()
                    .find(|crv| members.crv.as_deref() == Some(crv.as_str()))
                    .ok_or(KeyRejected::CrvUnknown)?;
                let (x, y) = (octets("x", members.x)?, octets("y", members.y)?);
                KeyParams::Ec { crv, x: sized("x", x, crv.size())?, y: sized("y", y, crv.size())? }
            }
            "OKP" => {
                let crv = [OkpCurve::Ed25519, OkpCurve::X25519]
                    .into_iter()
                    .find(|crv| members.crv.as_deref() == Some(crv.as_str()))
                    .ok_or(KeyRejected::CrvUnknown)?;
                KeyParams::Okp { crv, x: sized("x", octets("x", members.x)?, 32)? }
            }
            _ => return Err(KeyRejected::KtyUnknown),
        };
        let Members { kid, alg, public_key_use, key_ops, .. } = members;
        Ok(Self { kid, alg, public_key_use, key_ops, params })
    }
}

impl From<Jwk> for Members {
    fn from(jwk: Jwk) -> Self {
        let b64 = |bytes: Vec<u8>| Some(URL_SAFE_NO_PAD.encode(bytes));
        let Jwk { kid, alg, public_key_use, key_ops, params } = jwk;
        let common = Members { kid, alg, public_key_use, key_ops, ..Members::default() };
        match params {
            KeyParams::Rsa { n, e } => Members { kty: "RSA".to_owned(), n: b64(n), e: b64(e), ..common },
            KeyParams::Ec { crv, x, y } => Members {
                kty: "EC".to_owned(),
                crv: Some(crv.as_str().to_owned()),
                x: b64(x),
                y: b64(y),
                ..common
            },
            KeyParams::Okp { crv, x } => {
                Members { kty: "OKP".to_owned(), crv: Some(crv.as_str().to_owned()), x: b64(x), ..common }
            }
        }
    }
}

/// The members as they stand in JSON. Others are ignored (RFC 7517 §4).
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Members {
    kty: String,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    public_key_use: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing)]
    d: Present,
    #[serde(skip_serializing)]
    p: Present,
    #[serde(skip_serializing)]
    q: Present,
    #[serde(skip_serializing)]
    dp: Present,
    #[serde(skip_serializing)]
    dq: Present,
    #[serde(skip_serializing)]
    qi: Present,
    #[serde(skip_serializing)]
    oth: Present,
    #[serde(skip_serializing)]
    k: Present,
}

impl Members {
    fn private_member(&self) -> Option<&'static str> {
        let Self { d, p, q, dp, dq, qi, oth, k, .. } = self;
        [("d", d), ("p", p), ("q", q), ("dp", dp), ("dq", dq), ("qi", qi), ("oth", oth), ("k", k)]
            .into_iter()
            .find(|(_, present)| present.0)
            .map(|(name, _)| name)
    }
}

/// Whether a member is there, with whatever value. The value is not kept.
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

fn octets(name: &'static str, text: Option<String>) -> Result<Vec<u8>, KeyRejected> {
    let text = text.ok_or(KeyRejected::MemberMissing(name))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyRejected::Encoding(name))
}

/// RFC 7518 §2, `Base64urlUInt`: "The octet sequence MUST utilize the minimum number of octets".
fn number(name: &'static str, text: Option<String>) -> Result<Vec<u8>, KeyRejected> {
    let octets = octets(name, text)?;
    if matches!(octets.first(), None | Some(0)) { Err(KeyRejected::Encoding(name)) } else { Ok(octets) }
}

fn sized(name: &'static str, octets: Vec<u8>, size: usize) -> Result<Vec<u8>, KeyRejected> {
    if octets.len() == size { Ok(octets) } else { Err(KeyRejected::CoordinateLength(name)) }
}
