//! Keys that sign — RFC 7518 §3. The key pair is parsed once; a signature parses nothing.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair};

use super::alg::SigningAlg;
use super::encode;
use super::jwk::{Jwk, JwkParams};
use crate::secret::Secret;

/// A private (or shared) key with its algorithm and its name.
pub struct SigningKey {
    alg: SigningAlg,
    kid: String,
    pair: Pair,
    jwk: Option<Jwk>,
    /// What a header starts with, up to where `typ` would follow.
    header: String,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
    Ed(Box<Ed25519KeyPair>),
    Hmac(hmac::Key),
}

/// Why a key cannot be used to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// The bytes are not a PKCS#8 key for the algorithm.
    #[error("not a PKCS#8 key for this algorithm")]
    Rejected,
    /// RFC 7518 §3.2: "A key of the same size as the hash output or larger MUST be used".
    #[error("the shared secret is shorter than the hash of the algorithm")]
    TooShort,
    /// The algorithm is of the other kind: shared for asymmetric, or the reverse.
    #[error("this key is not of the algorithm's kind")]
    Kind,
    /// The library failed.
    #[error("the signature could not be made")]
    Failed,
}

impl SigningKey {
    /// A fresh key; RSA with 2048 bits. Randomness comes from aws-lc, which takes it from the operating system.
    pub fn generate(alg: SigningAlg) -> Result<Self, SigningKeyError> {
        let failed = |_| SigningKeyError::Failed;
        let pair = match alg {
            SigningAlg::EdDsa => Pair::Ed(Box::new(Ed25519KeyPair::generate().map_err(failed)?)),
            _ if alg.is_symmetric() => return Err(SigningKeyError::Kind),
            _ => match ec_algorithm(alg) {
                Some(ec) => Pair::Ec(Box::new(EcdsaKeyPair::generate(ec).map_err(failed)?)),
                None => Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?)),
            },
        };
        Self::new(alg, pair)
    }

    /// A key from PKCS#8 (DER).
    pub fn from_pkcs8(alg: SigningAlg, der: &[u8]) -> Result<Self, SigningKeyError> {
        let rejected = |_| SigningKeyError::Rejected;
        let pair = match alg {
            SigningAlg::EdDsa => Pair::Ed(Box::new(Ed25519KeyPair::from_pkcs8(der).map_err(rejected)?)),
            _ if alg.is_symmetric() => return Err(SigningKeyError::Kind),
            _ => match ec_algorithm(alg) {
                Some(ec) => Pair::Ec(Box::new(EcdsaKeyPair::from_pkcs8(ec, der).map_err(rejected)?)),
                None => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(rejected)?)),
            },
        };
        Self::new(alg, pair)
    }

    /// A shared key for an HS algorithm.
    pub fn hmac(alg: SigningAlg, secret: &[u8]) -> Result<Self, SigningKeyError> {
        let algorithm = hmac_algorithm(alg).ok_or(SigningKeyError::Kind)?;
        if secret.len() < algorithm.digest_algorithm().output_len() {
            return Err(SigningKeyError::TooShort);
        }
        Self::new(alg, Pair::Hmac(hmac::Key::new(algorithm, secret)))
    }

    fn new(alg: SigningAlg, pair: Pair) -> Result<Self, SigningKeyError> {
        let mut jwk = public_params(&pair).map(|params| Jwk {
            kid: None,
            alg: Some(alg.as_str().to_owned()),
            use_: Some("sig".to_owned()),
            key_ops: None,
            params,
        });
        let kid = jwk.as_ref().map(Jwk::thumbprint).unwrap_or_default();
        if let Some(jwk) = &mut jwk {
            jwk.kid = Some(kid.clone());
        }
        Ok(Self { header: header(alg, &kid), alg, kid, pair, jwk })
    }

    /// The same key under another name. (Without this it is called by its thumbprint; a shared key has no name.)
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        self.kid = kid.to_owned();
        self.header = header(self.alg, kid);
        if let Some(jwk) = &mut self.jwk {
            jwk.kid = Some(kid.to_owned());
        }
        self
    }

    /// The private key as PKCS#8 (DER).
    pub fn to_pkcs8(&self) -> Result<Secret<Vec<u8>>, SigningKeyError> {
        let failed = |_| SigningKeyError::Failed;
        let der = match &self.pair {
            Pair::Rsa(pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair.as_ref()).map_err(failed)?.as_ref().to_vec()
            }
            Pair::Ec(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Pair::Ed(pair) => pair.to_pkcs8().map_err(failed)?.as_ref().to_vec(),
            Pair::Hmac(_) => return Err(SigningKeyError::Kind),
        };
        Ok(Secret::new(der))
    }

    /// Its name; empty for a shared key that was given none.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its algorithm.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// Its public half, with `kid`, `alg` and `use`. None for a shared key.
    pub fn public_jwk(&self) -> Option<&Jwk> {
        self.jwk.as_ref()
    }

    /// Signs a payload, as a compact JWS (RFC 7515 §3.1). `typ` is a media type without `application/`, of our own
    /// making: it needs no escaping.
    pub fn sign(&self, typ: Option<&str>, payload: &[u8]) -> Result<String, SigningKeyError> {
        let header = match typ {
            Some(typ) => format!("{},\"typ\":\"{typ}\"}}", self.header),
            None => format!("{}}}", self.header),
        };
        let mut token = String::with_capacity((header.len() + payload.len() + 64) * 4 / 3 + 360);
        append(&mut token, header.as_bytes());
        token.push('.');
        append(&mut token, payload);
        let start = token.len() + 1;
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = [0; 1024];
                let signature =
                    signature.get_mut(..pair.public_modulus_len()).ok_or(SigningKeyError::Failed)?;
                let encoding = rsa_encoding(self.alg).ok_or(SigningKeyError::Kind)?;
                pair.sign(encoding, &SystemRandom::new(), token.as_bytes(), signature)
                    .map_err(|_| SigningKeyError::Failed)?;
                token.push('.');
                append(&mut token, signature);
            }
            Pair::Ec(pair) => {
                let signature =
                    pair.sign(&SystemRandom::new(), token.as_bytes()).map_err(|_| SigningKeyError::Failed)?;
                token.push('.');
                append(&mut token, signature.as_ref());
            }
            Pair::Ed(pair) => {
                let signature = pair.try_sign(token.as_bytes()).map_err(|_| SigningKeyError::Failed)?;
                token.push('.');
                append(&mut token, signature.as_ref());
            }
            Pair::Hmac(key) => {
                let tag = hmac::sign(key, token.as_bytes());
                token.push('.');
                append(&mut token, tag.as_ref());
            }
        }
        debug_assert!(token.len() > start);
        Ok(token)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, {})", self.alg, self.kid)
    }
}

fn append(token: &mut String, bytes: &[u8]) {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_string(bytes, token);
}

fn header(alg: SigningAlg, kid: &str) -> String {
    if kid.is_empty() {
        return format!("{{\"alg\":\"{alg}\"");
    }
    // A name may hold anything: JSON quotes it.
    format!("{{\"alg\":\"{alg}\",\"kid\":{}", serde_json::Value::from(kid))
}

fn public_params(pair: &Pair) -> Option<JwkParams> {
    Some(match pair {
        Pair::Rsa(pair) => {
            let key = pair.public_key();
            JwkParams::Rsa {
                n: encode(key.modulus().big_endian_without_leading_zero()),
                e: encode(key.exponent().big_endian_without_leading_zero()),
            }
        }
        Pair::Ec(pair) => {
            // SEC 1 §2.3.3: 0x04, then both coordinates.
            let point = pair.public_key().as_ref().get(1..)?;
            let (x, y) = point.split_at(point.len() / 2);
            let crv = match point.len() {
                64 => "P-256",
                96 => "P-384",
                _ => "P-521",
            };
            JwkParams::Ec { crv: crv.to_owned(), x: encode(x), y: encode(y) }
        }
        Pair::Ed(pair) => JwkParams::Okp { crv: "Ed25519".to_owned(), x: encode(pair.public_key()) },
        Pair::Hmac(_) => return None,
    })
}

pub(super) fn hmac_algorithm(alg: SigningAlg) -> Option<hmac::Algorithm> {
    match alg {
        SigningAlg::Hs256 => Some(hmac::HMAC_SHA256),
        SigningAlg::Hs384 => Some(hmac::HMAC_SHA384),
        SigningAlg::Hs512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn ec_algorithm(alg: SigningAlg) -> Option<&'static EcdsaSigningAlgorithm> {
    match alg {
        SigningAlg::Es256 => Some(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        SigningAlg::Es384 => Some(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        SigningAlg::Es512 => Some(&signature::ECDSA_P521_SHA512_FIXED_SIGNING),
        _ => None,
    }
}

fn rsa_encoding(alg: SigningAlg) -> Option<&'static signature::RsaSignatureEncoding> {
    match alg {
        SigningAlg::Rs256 => Some(&signature::RSA_PKCS1_SHA256),
        SigningAlg::Rs384 => Some(&signature::RSA_PKCS1_SHA384),
        SigningAlg::Rs512 => Some(&signature::RSA_PKCS1_SHA512),
        SigningAlg::Ps256 => Some(&signature::RSA_PSS_SHA256),
        SigningAlg::Ps384 => Some(&signature::RSA_PSS_SHA384),
        SigningAlg::Ps512 => Some(&signature::RSA_PSS_SHA512),
        _ => None,
    }
}
