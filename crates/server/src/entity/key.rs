//! The server's own keys: to sign tokens, and to seal what browsers carry.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::secret::Secret;

/// A private key as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyRecord {
    /// `kid`: unique among all keys.
    pub kid: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// PKCS#8 for a signing key, 32 random bytes for the sealing key.
    pub material: Secret<Vec<u8>>,
    /// When it was made.
    pub created_at: Time,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Signs tokens.
    Sign(SigningAlg),
    /// Seals requests in progress, and derives what must be the same on every node.
    Seal,
}

/// Text that is not the purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown purpose")]
pub struct UnknownPurpose;

impl fmt::Display for KeyPurpose {
    /// As an engine keeps it in a column: `seal`, or `sign` and the algorithm.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seal => f.write_str("seal"),
            Self::Sign(alg) => write!(f, "sign {alg}"),
        }
    }
}

impl FromStr for KeyPurpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        match text.split_once(' ') {
            None if text == "seal" => Ok(Self::Seal),
            Some(("sign", alg)) => alg.parse().map(Self::Sign).map_err(|_| UnknownPurpose),
            None | Some(_) => Err(UnknownPurpose),
        }
    }
}
