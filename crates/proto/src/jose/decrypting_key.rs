//! Keys that decrypt — RFC 7516 §5.2, RFC 7518 §4.

use std::fmt;

use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use zeroize::Zeroizing;

pub use super::ecdh::EcdhCurve;
use super::ecdh::Point;
use super::encrypting_key::{of_client_secret, shared};
use super::encryption::{Encryption, KeyManagementAlg};
use super::jwk::{Jwk, KeyParams, KeyRejected};
use super::key_wrap::{oaep, unwrap};
use super::signing_key::rsa_public_key;
use super::verifying_key::check_rsa;
use crate::secret::Secret;

/// A key that content was encrypted to.
pub struct DecryptingKey {
    private: Private,
    jwk: Option<Jwk>,
}

/// A type of private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateKeyType {
    /// RSA; a new one has 2048 bits.
    Rsa,
    /// A key on a curve.
    Ecdh(EcdhCurve),
}

enum Private {
    Rsa { key: OaepPrivateDecryptingKey, pkcs8: Secret<Vec<u8>> },
    Ecdh(EcdhCurve, PrivateKey),
    Shared(Encryption, Secret<Vec<u8>>),
}

/// What a token brings for its key.
pub(super) struct KeyHints<'a> {
    pub(super) encryption: Encryption,
    pub(super) encrypted: &'a [u8],
    pub(super) epk: Option<&'a Jwk>,
    pub(super) apu: &'a [u8],
    pub(super) apv: &'a [u8],
}

impl DecryptingKey {
    /// A new key pair from the system's entropy.
    pub fn generate(key_type: PrivateKeyType) -> Result<Self, KeyRejected> {
        let failed = |_| KeyRejected::Library;
        match key_type {
            PrivateKeyType::Rsa => {
                let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(failed)?;
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(failed)?;
                Self::rsa(key, pkcs8.as_ref())
            }
            PrivateKeyType::Ecdh(curve) => {
                Self::ecdh(curve, PrivateKey::generate(curve.algorithm()).map_err(failed)?)
            }
        }
    }

    /// A key pair as [`DecryptingKey::to_bytes`] writes it: PKCS#8 (DER) for RSA, the number itself, big-endian and in
    /// its full length, for a curve of NIST, the 32 bytes of RFC 7748 for X25519.
    pub fn from_bytes(key_type: PrivateKeyType, bytes: &[u8]) -> Result<Self, KeyRejected> {
        let wrong = |_| KeyRejected::PrivateKey;
        match key_type {
            PrivateKeyType::Rsa => Self::rsa(PrivateDecryptingKey::from_pkcs8(bytes).map_err(wrong)?, bytes),
            PrivateKeyType::Ecdh(curve) => {
                Self::ecdh(curve, PrivateKey::from_private_key(curve.algorithm(), bytes).map_err(wrong)?)
            }
        }
    }

    /// A key that both sides know, of the length that the algorithms say.
    pub fn shared(encryption: Encryption, key: Secret<Vec<u8>>) -> Result<Self, KeyRejected> {
        Ok(Self { private: Private::Shared(encryption, shared(encryption, key)?), jwk: None })
    }

    /// The key that a client and its issuer find in the `client_secret` (OpenID Connect Core §10.2).
    pub fn from_client_secret(encryption: Encryption, secret: &Secret) -> Result<Self, KeyRejected> {
        Self::shared(encryption, of_client_secret(encryption, secret)?)
    }

    /// The private key, to be kept. A shared one is not this key's to give.
    pub fn to_bytes(&self) -> Result<Secret<Vec<u8>>, KeyRejected> {
        let failed = |_| KeyRejected::Library;
        match &self.private {
            Private::Rsa { pkcs8, .. } => Ok(pkcs8.clone()),
            Private::Ecdh(EcdhCurve::X25519, key) => {
                let bytes: Curve25519SeedBin<'_> = key.as_be_bytes().map_err(failed)?;
                Ok(Secret::new(bytes.as_ref().to_vec()))
            }
            Private::Ecdh(EcdhCurve::Ec(_), key) => {
                let bytes: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(failed)?;
                Ok(Secret::new(bytes.as_ref().to_vec()))
            }
            Private::Shared(..) => Err(KeyRejected::PrivateKey),
        }
    }

    /// Its public half with `kid` and `use`; none for a shared key.
    pub fn public_jwk(&self) -> Option<&Jwk> {
        self.jwk.as_ref()
    }

    /// The content encryption key; none when anything about it does not fit.
    pub(super) fn content_key(&self, hints: &KeyHints<'_>) -> Option<Secret<Vec<u8>>> {
        let Encryption { alg, enc } = hints.encryption;
        // RFC 7516 §5.2 (10): with a direct key "verify that the JWE Encrypted Key value is an empty octet sequence".
        if alg.is_direct() != hints.encrypted.is_empty() {
            return None;
        }
        let key = match &self.private {
            Private::Rsa { key, .. } => {
                let mut plain = Zeroizing::new(vec![0; key.min_output_size()]);
                Secret::new(key.decrypt(oaep(alg)?, hints.encrypted, &mut plain, None).ok()?.to_vec())
            }
            Private::Ecdh(curve, key) => {
                let point = Point::from_params(&hints.epk?.params).ok()?;
                if point.curve != *curve {
                    return None;
                }
                let agreed = point.agree(key, hints.encryption, hints.apu, hints.apv)?;
                if alg.is_direct() { agreed } else { unwrap(&agreed, hints.encrypted)? }
            }
            Private::Shared(encryption, shared) => match (*encryption == hints.encryption, alg) {
                (true, KeyManagementAlg::Dir) => shared.clone(),
                (true, KeyManagementAlg::A128Kw | KeyManagementAlg::A256Kw) => {
                    unwrap(shared, hints.encrypted)?
                }
                _ => return None,
            },
        };
        (key.expose().len() == enc.key_len()).then_some(key)
    }

    fn rsa(key: PrivateDecryptingKey, pkcs8: &[u8]) -> Result<Self, KeyRejected> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyRejected::PrivateKey)?;
        let (n, e) = rsa_public_key(pair.public_key().as_ref()).ok_or(KeyRejected::Library)?;
        check_rsa(n, e)?;
        let params = KeyParams::Rsa { n: n.to_vec(), e: e.to_vec() };
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| KeyRejected::Library)?;
        let pkcs8 = Secret::new(pkcs8.to_vec());
        Ok(Self { private: Private::Rsa { key, pkcs8 }, jwk: Some(jwk(params)) })
    }

    fn ecdh(curve: EcdhCurve, key: PrivateKey) -> Result<Self, KeyRejected> {
        let params = Point::of(curve, &key)?;
        Ok(Self { private: Private::Ecdh(curve, key), jwk: Some(jwk(params)) })
    }
}

impl fmt::Debug for DecryptingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptingKey").field("jwk", &self.jwk).finish_non_exhaustive()
    }
}

/// A public key for encryption, named by its thumbprint.
fn jwk(params: KeyParams) -> Jwk {
    let public_key_use = Some("enc".to_owned());
    let mut jwk = Jwk { kid: None, alg: None, public_key_use, key_ops: None, params };
    jwk.kid = Some(jwk.thumbprint());
    jwk
}
