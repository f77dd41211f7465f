//! Signature algorithms — RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

/// An `alg` that signs. There is no variant for `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// EdDSA with Ed25519. RFC 9864's name for the same thing, `Ed25519`, is read as this.
    EdDsa,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

/// An `alg` that is not known here, `none` included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown signature algorithm {0:?}")]
pub struct AlgUnknown(String);

/// What a client registers where `none` is allowed too: `id_token_signed_response_alg`, `request_object_signing_alg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum RegisteredAlg {
    /// `none`: not signed (RFC 7518 §3.6).
    None,
    /// Signed.
    Signed(SigningAlg),
}

impl RegisteredAlg {
    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Signed(alg) => alg.as_str(),
        }
    }

    /// The algorithm, if there is one.
    pub const fn signed(self) -> Option<SigningAlg> {
        match self {
            Self::None => None,
            Self::Signed(alg) => Some(alg),
        }
    }
}

impl From<SigningAlg> for RegisteredAlg {
    fn from(alg: SigningAlg) -> Self {
        Self::Signed(alg)
    }
}

impl FromStr for RegisteredAlg {
    type Err = AlgUnknown;

    fn from_str(text: &str) -> Result<Self, AlgUnknown> {
        if text == "none" { Ok(Self::None) } else { text.parse().map(Self::Signed) }
    }
}

impl TryFrom<String> for RegisteredAlg {
    type Error = AlgUnknown;

    fn try_from(text: String) -> Result<Self, AlgUnknown> {
        text.parse()
    }
}

impl From<RegisteredAlg> for &'static str {
    fn from(alg: RegisteredAlg) -> Self {
        alg.as_str()
    }
}

impl SigningAlg {
    /// Every algorithm.
    pub const ALL: [Self; 13] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// Whether the key that verifies can also sign.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// The hash inside it; for EdDSA SHA-512, which is what Ed25519 hashes with.
    pub(crate) fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 | Self::Hs256 => &digest::SHA256,
            Self::Rs384 | Self::Ps384 | Self::Es384 | Self::Hs384 => &digest::SHA384,
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::Hs512 | Self::EdDsa => &digest::SHA512,
        }
    }
}

impl fmt::Display for SigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SigningAlg {
    type Err = AlgUnknown;

    /// RFC 7518 §3.1: names are case-sensitive.
    fn from_str(text: &str) -> Result<Self, AlgUnknown> {
        if text == "Ed25519" {
            return Ok(Self::EdDsa);
        }
        let unknown = || AlgUnknown(text.chars().take(32).collect());
        Self::ALL.into_iter().find(|alg| alg.as_str() == text).ok_or_else(unknown)
    }
}

impl TryFrom<String> for SigningAlg {
    type Error = AlgUnknown;

    fn try_from(text: String) -> Result<Self, AlgUnknown> {
        text.parse()
    }
}

impl From<SigningAlg> for &'static str {
    fn from(alg: SigningAlg) -> Self {
        alg.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for alg in SigningAlg::ALL {
            assert_eq!(alg.as_str().parse(), Ok(alg));
            let json = serde_json::to_string(&alg).expect("prints");
            assert_eq!(json, format!("{:?}", alg.as_str()));
            assert_eq!(serde_json::from_str::<SigningAlg>(&json).expect("reads"), alg);
        }
    }

    #[test]
    fn none_and_other_spellings_are_unknown() {
        for text in ["none", "None", "NONE", "", "rs256", "RS256 ", "ES256K", "HS1", "RSA-OAEP"] {
            assert!(text.parse::<SigningAlg>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn rfc_9864_name_is_read() {
        assert_eq!("Ed25519".parse(), Ok(SigningAlg::EdDsa));
        assert!("Ed448".parse::<SigningAlg>().is_err());
    }
}
