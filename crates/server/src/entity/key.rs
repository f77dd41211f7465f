//! The server's own keys: to sign tokens, and to seal what browsers carry.

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
