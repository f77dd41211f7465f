//! Names of encryption algorithms — RFC 7518 §4.1, §5.1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A `alg` of RFC 7516: how the content encryption key is found. RSA1_5 and PBES2 are not among them (RFC 8725 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum KeyManagementAlg {
    /// RSAES-OAEP with SHA-1 and MGF1 with SHA-1.
    RsaOaep,
    /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256.
    RsaOaep256,
    /// ECDH-ES: the agreed key is the content encryption key.
    EcdhEs,
    /// ECDH-ES, and a 128-bit AES key wrap.
    EcdhEsA128Kw,
    /// ECDH-ES, and a 256-bit AES key wrap.
    EcdhEsA256Kw,
    /// AES key wrap with a 128-bit key that both sides know.
    A128Kw,
    /// AES key wrap with a 256-bit key that both sides know.
    A256Kw,
    /// The key that both sides know is the content encryption key.
    Dir,
}

/// A `enc` of RFC 7516: how the content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum ContentEncryptionAlg {
    /// AES-128-CBC with HMAC-SHA-256.
    A128CbcHs256,
    /// AES-192-CBC with HMAC-SHA-384.
    A192CbcHs384,
    /// AES-256-CBC with HMAC-SHA-512.
    A256CbcHs512,
    /// AES-128-GCM.
    A128Gcm,
    /// AES-192-GCM.
    A192Gcm,
    /// AES-256-GCM.
    A256Gcm,
}

/// How a client wants something encrypted: `*_encrypted_response_alg` and `*_encrypted_response_enc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// How the content encryption key is found.
    pub alg: KeyManagementAlg,
    /// How the content is encrypted. OpenID Connect Registration §2: A128CBC-HS256 where it is not said.
    pub enc: ContentEncryptionAlg,
}

/// An `alg` or `enc` that is not known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown encryption algorithm {0:?}")]
pub struct EncryptionUnknown(String);

impl EncryptionUnknown {
    fn new(text: &str) -> Self {
        Self(text.chars().take(32).collect())
    }
}

impl KeyManagementAlg {
    /// Every algorithm.
    pub const ALL: [Self; 8] = [
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::EcdhEs,
        Self::EcdhEsA128Kw,
        Self::EcdhEsA256Kw,
        Self::A128Kw,
        Self::A256Kw,
        Self::Dir,
    ];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
            Self::A128Kw => "A128KW",
            Self::A256Kw => "A256KW",
            Self::Dir => "dir",
        }
    }

    /// Whether there is no encrypted key beside the content, because the key itself is known or agreed on.
    pub const fn is_direct(self) -> bool {
        matches!(self, Self::Dir | Self::EcdhEs)
    }

    /// Whether both sides know the key.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::A128Kw | Self::A256Kw | Self::Dir)
    }
}

impl ContentEncryptionAlg {
    /// Every algorithm.
    pub const ALL: [Self; 6] = [
        Self::A128CbcHs256,
        Self::A192CbcHs384,
        Self::A256CbcHs512,
        Self::A128Gcm,
        Self::A192Gcm,
        Self::A256Gcm,
    ];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// Bytes of the content encryption key (RFC 7518 §5.2.3 to §5.3).
    pub const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }
}

macro_rules! words {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = EncryptionUnknown;

            /// RFC 7518: names are case-sensitive.
            fn from_str(text: &str) -> Result<Self, EncryptionUnknown> {
                let found = Self::ALL.into_iter().find(|alg| alg.as_str() == text);
                found.ok_or_else(|| EncryptionUnknown::new(text))
            }
        }

        impl TryFrom<String> for $name {
            type Error = EncryptionUnknown;

            fn try_from(text: String) -> Result<Self, EncryptionUnknown> {
                text.parse()
            }
        }

        impl From<$name> for &'static str {
            fn from(alg: $name) -> Self {
                alg.as_str()
            }
        }
    };
}

words!(KeyManagementAlg);
words!(ContentEncryptionAlg);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for alg in KeyManagementAlg::ALL {
            assert_eq!(alg.as_str().parse(), Ok(alg));
        }
        for enc in ContentEncryptionAlg::ALL {
            assert_eq!(enc.as_str().parse(), Ok(enc));
        }
    }

    #[test]
    fn weak_ones_are_unknown() {
        for text in ["RSA1_5", "PBES2-HS256+A128KW", "rsa-oaep", "", "DIR"] {
            assert!(text.parse::<KeyManagementAlg>().is_err(), "{text:?}");
        }
        assert!("A128CBC+HS256".parse::<ContentEncryptionAlg>().is_err());
    }
}
