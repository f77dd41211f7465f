//! Key agreement — RFC 7518 §4.6, RFC 8037 §3.2.

use aws_lc_rs::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey, X25519, agree,
};

use super::concat_kdf::{Party, concat_kdf};
use super::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use super::jwk::{EcCurve, KeyParams, KeyRejected, OkpCurve};
use crate::secret::Secret;

/// A curve on which keys are agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcdhCurve {
    /// One that also signs.
    Ec(EcCurve),
    /// X25519.
    X25519,
}

impl EcdhCurve {
    /// Every curve.
    pub const ALL: [Self; 4] =
        [Self::Ec(EcCurve::P256), Self::Ec(EcCurve::P384), Self::Ec(EcCurve::P521), Self::X25519];

    pub(crate) fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Ec(EcCurve::P256) => &ECDH_P256,
            Self::Ec(EcCurve::P384) => &ECDH_P384,
            Self::Ec(EcCurve::P521) => &ECDH_P521,
            Self::X25519 => &X25519,
        }
    }
}

/// A public key as the library takes it: 04, x, y (SEC 1 §2.3.3), or the 32 bytes of X25519. That it is a point of its
/// curve is found out when it is used.
pub(crate) struct Point {
    pub(crate) curve: EcdhCurve,
    bytes: Vec<u8>,
}

impl Point {
    pub(crate) fn from_params(params: &KeyParams) -> Result<Self, KeyRejected> {
        match params {
            KeyParams::Ec { crv, x, y } => {
                Ok(Self { curve: EcdhCurve::Ec(*crv), bytes: [&[4], x.as_slice(), y].concat() })
            }
            KeyParams::Okp { crv: OkpCurve::X25519, x } => {
                Ok(Self { curve: EcdhCurve::X25519, bytes: x.clone() })
            }
            KeyParams::Okp { crv: OkpCurve::Ed25519, .. } | KeyParams::Rsa { .. } => Err(KeyRejected::Alg),
        }
    }

    /// The public half of a private key.
    pub(crate) fn of(curve: EcdhCurve, private: &PrivateKey) -> Result<KeyParams, KeyRejected> {
        let public = private.compute_public_key().map_err(|_| KeyRejected::Library)?;
        let bytes = public.as_ref();
        match curve {
            EcdhCurve::X25519 => Ok(KeyParams::Okp { crv: OkpCurve::X25519, x: bytes.to_vec() }),
            EcdhCurve::Ec(crv) => {
                let coordinates = bytes.strip_prefix(&[4]).filter(|xy| xy.len() == 2 * crv.size());
                let (x, y) = coordinates.ok_or(KeyRejected::Library)?.split_at(crv.size());
                Ok(KeyParams::Ec { crv, x: x.to_vec(), y: y.to_vec() })
            }
        }
    }

    /// The key that both sides find: the one that encrypts the content, or the one that wraps it. None when the public
    /// key is no point of its curve, or one of the few of X25519 that make every agreement the same.
    pub(crate) fn agree(
        &self,
        private: &PrivateKey,
        encryption: Encryption,
        apu: &[u8],
        apv: &[u8],
    ) -> Option<Secret<Vec<u8>>> {
        let Encryption { alg, enc } = encryption;
        let (algorithm, length) = derived(alg, enc)?;
        let peer = UnparsedPublicKey::new(self.curve.algorithm(), &self.bytes);
        agree(private, peer, (), |agreed| Ok(concat_kdf(agreed, Party { algorithm, apu, apv }, length))).ok()
    }
}

/// §4.6.2: what the derived key is for, and its length.
fn derived(alg: KeyManagementAlg, enc: ContentEncryptionAlg) -> Option<(&'static str, usize)> {
    match alg {
        KeyManagementAlg::EcdhEs => Some((enc.as_str(), enc.key_len())),
        KeyManagementAlg::EcdhEsA128Kw => Some((alg.as_str(), 16)),
        KeyManagementAlg::EcdhEsA256Kw => Some((alg.as_str(), 32)),
        KeyManagementAlg::RsaOaep
        | KeyManagementAlg::RsaOaep256
        | KeyManagementAlg::A128Kw
        | KeyManagementAlg::A256Kw
        | KeyManagementAlg::Dir => None,
    }
}
