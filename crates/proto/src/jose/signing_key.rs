//! Keys that sign — RFC 7515 §5.1, RFC 7518 §3, RFC 8037 §3.1. Parsed once; headers are encoded once.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::alg::SigningAlg;
use super::jwk::{EcCurve, Jwk, KeyParams, KeyRejected, OkpCurve};
use super::verifying_key::{check_rsa, hmac_key};
use crate::secret::Secret;

/// The `typ`s whose headers are encoded beforehand.
const USUAL_TYPS: [Option<&str>; 4] = [Some("at+jwt"), Some("JWT"), Some("logout+jwt"), None];

/// A key that signs with one algorithm.
pub struct SigningKey {
    alg: SigningAlg,
    private: Private,
    jwk: Option<Jwk>,
    kid: Option<String>,
    /// One for each of [`USUAL_TYPS`].
    headers: [String; USUAL_TYPS.len()],
}

enum Private {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Hmac(Box<hmac::Key>),
}

/// What an algorithm takes to make its key pair.
enum Kind {
    Rsa(&'static dyn RsaEncoding),
    Ec(EcCurve, &'static EcdsaSigningAlgorithm),
    Ed25519,
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The claims cannot be written as a JSON object.
    #[error("the claims are not a JSON object: {0}")]
    Claims(String),
    /// The cryptographic library failed.
    #[error("the key did not sign")]
    Library,
}

impl SigningKey {
    /// A new key pair from the system's entropy. RSA keys have 2048 bits.
    pub fn generate(alg: SigningAlg) -> Result<Self, KeyRejected> {
        let private = match Kind::of(alg)? {
            Kind::Rsa(encoding) => Private::Rsa(
                RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyRejected::Library)?,
                encoding,
            ),
            Kind::Ec(_, algorithm) => {
                Private::Ec(EcdsaKeyPair::generate(algorithm).map_err(|_| KeyRejected::Library)?)
            }
            Kind::Ed25519 => Private::Ed25519(Ed25519KeyPair::generate().map_err(|_| KeyRejected::Library)?),
        };
        Self::new(alg, private)
    }

    /// A key pair in PKCS#8 (DER), as [`SigningKey::to_pkcs8`] and `openssl genpkey` write it.
    pub fn from_pkcs8(alg: SigningAlg, der: &[u8]) -> Result<Self, KeyRejected> {
        let wrong = |_| KeyRejected::Pkcs8(alg);
        let private = match Kind::of(alg)? {
            Kind::Rsa(encoding) => Private::Rsa(RsaKeyPair::from_pkcs8(der).map_err(wrong)?, encoding),
            Kind::Ec(_, algorithm) => Private::Ec(EcdsaKeyPair::from_pkcs8(algorithm, der).map_err(wrong)?),
            Kind::Ed25519 => Private::Ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(wrong)?),
        };
        Self::new(alg, private)
    }

    /// A secret that both sides know. It has no public half, and no `kid` until it is given one.
    pub fn hmac(alg: SigningAlg, secret: &[u8]) -> Result<Self, KeyRejected> {
        let private = Private::Hmac(Box::new(hmac_key(alg, secret)?));
        Ok(Self { alg, private, jwk: None, kid: None, headers: headers(alg, None) })
    }

    /// Gives it another `kid` than the thumbprint of its public half (RFC 7638).
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        self.kid = Some(kid.to_owned());
        self.headers = headers(self.alg, Some(kid));
        if let Some(jwk) = &mut self.jwk {
            jwk.kid = Some(kid.to_owned());
        }
        self
    }

    /// The key pair in PKCS#8 (DER).
    pub fn to_pkcs8(&self) -> Result<Secret<Vec<u8>>, KeyRejected> {
        let der = match &self.private {
            Private::Rsa(pair, _) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Private::Ec(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Private::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Private::Hmac(_) => return Err(KeyRejected::Symmetric(self.alg)),
        };
        der.map(Secret::new).map_err(|_| KeyRejected::Library)
    }

    /// Its algorithm.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// Its name in tokens; empty for a shared secret without one.
    pub fn kid(&self) -> &str {
        self.kid.as_deref().unwrap_or_default()
    }

    /// Its public half with `kid`, `alg` and `use`; none for a shared secret.
    pub fn public_jwk(&self) -> Option<&Jwk> {
        self.jwk.as_ref()
    }

    /// Signs some bytes: a JWS in compact form (RFC 7515 §7.1).
    pub fn sign(&self, typ: Option<&str>, payload: &[u8]) -> Result<String, SignError> {
        let other;
        let header = match USUAL_TYPS.iter().position(|usual| *usual == typ) {
            Some(at) => &self.headers[at],
            None => {
                other = header(self.alg, typ, self.kid.as_deref());
                &other
            }
        };
        // Room for a 2048-bit signature: one allocation for the whole token.
        let mut token = String::with_capacity(header.len() + payload.len().div_ceil(3) * 4 + 2 + 344);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        self.push_signature(&mut token)?;
        Ok(token)
    }

    fn push_signature(&self, token: &mut String) -> Result<(), SignError> {
        let (message, failed) = (token.as_bytes(), |_| SignError::Library);
        let push = |token: &mut String, signature: &[u8]| {
            token.push('.');
            URL_SAFE_NO_PAD.encode_string(signature, token);
        };
        match &self.private {
            Private::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                push(token, &signature);
            }
            Private::Ec(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(failed)?;
                push(token, signature.as_ref());
            }
            Private::Ed25519(pair) => {
                let signature = pair.try_sign(message).map_err(failed)?;
                push(token, signature.as_ref());
            }
            Private::Hmac(key) => {
                let tag = hmac::sign(key, message);
                push(token, tag.as_ref());
            }
        }
        Ok(())
    }

    fn new(alg: SigningAlg, private: Private) -> Result<Self, KeyRejected> {
        let params = private.public_half(alg)?;
        let use_sig = Some("sig".to_owned());
        let mut jwk =
            Jwk { kid: None, alg: Some(alg.to_string()), public_key_use: use_sig, key_ops: None, params };
        let kid = jwk.thumbprint();
        jwk.kid = Some(kid.clone());
        Ok(Self { alg, private, jwk: Some(jwk), headers: headers(alg, Some(&kid)), kid: Some(kid) })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("alg", &self.alg).field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Kind {
    fn of(alg: SigningAlg) -> Result<Self, KeyRejected> {
        Ok(match alg {
            SigningAlg::Rs256 => Self::Rsa(&RSA_PKCS1_SHA256),
            SigningAlg::Rs384 => Self::Rsa(&RSA_PKCS1_SHA384),
            SigningAlg::Rs512 => Self::Rsa(&RSA_PKCS1_SHA512),
            SigningAlg::Ps256 => Self::Rsa(&RSA_PSS_SHA256),
            SigningAlg::Ps384 => Self::Rsa(&RSA_PSS_SHA384),
            SigningAlg::Ps512 => Self::Rsa(&RSA_PSS_SHA512),
            SigningAlg::Es256 => Self::Ec(EcCurve::P256, &ECDSA_P256_SHA256_FIXED_SIGNING),
            SigningAlg::Es384 => Self::Ec(EcCurve::P384, &ECDSA_P384_SHA384_FIXED_SIGNING),
            SigningAlg::Es512 => Self::Ec(EcCurve::P521, &ECDSA_P521_SHA512_FIXED_SIGNING),
            SigningAlg::EdDsa => Self::Ed25519,
            SigningAlg::Hs256 | SigningAlg::Hs384 | SigningAlg::Hs512 => {
                return Err(KeyRejected::Symmetric(alg));
            }
        })
    }
}

impl Private {
    fn public_half(&self, alg: SigningAlg) -> Result<KeyParams, KeyRejected> {
        match self {
            Self::Rsa(pair, _) => {
                let (n, e) = rsa_public_key(pair.public_key().as_ref()).ok_or(KeyRejected::Library)?;
                check_rsa(n, e)?;
                Ok(KeyParams::Rsa { n: n.to_vec(), e: e.to_vec() })
            }
            Self::Ec(pair) => {
                let Kind::Ec(crv, _) = Kind::of(alg)? else { return Err(KeyRejected::Library) };
                let point = pair.public_key().as_ref();
                let coordinates = point.strip_prefix(&[4]).filter(|xy| xy.len() == 2 * crv.size());
                let (x, y) = coordinates.ok_or(KeyRejected::Library)?.split_at(crv.size());
                Ok(KeyParams::Ec { crv, x: x.to_vec(), y: y.to_vec() })
            }
            Self::Ed25519(pair) => {
                Ok(KeyParams::Okp { crv: OkpCurve::Ed25519, x: pair.public_key().as_ref().to_vec() })
            }
            Self::Hmac(_) => Err(KeyRejected::Symmetric(alg)),
        }
    }
}

fn headers(alg: SigningAlg, kid: Option<&str>) -> [String; USUAL_TYPS.len()] {
    USUAL_TYPS.map(|typ| header(alg, typ, kid))
}

/// The protected header, encoded.
fn header(alg: SigningAlg, typ: Option<&str>, kid: Option<&str>) -> String {
    let mut json = format!(r#"{{"alg":"{alg}""#);
    for (name, value) in [("typ", typ), ("kid", kid)] {
        if let Some(value) = value {
            json.push_str(&format!(r#","{name}":{}"#, Value::from(value)));
        }
    }
    json.push('}');
    URL_SAFE_NO_PAD.encode(json)
}

/// RFC 8017 §A.1.1: `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`.
pub(super) fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, rest) = element(0x30, der)?;
    let (n, sequence) = element(0x02, sequence)?;
    let (e, sequence) = element(0x02, sequence)?;
    let positive = |number: &'_ [u8]| number.iter().take_while(|b| **b == 0).count();
    (rest.is_empty() && sequence.is_empty()).then_some((&n[positive(n)..], &e[positive(e)..]))
}

/// One DER element of that tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], mut rest) = der.split_first_chunk()?;
    let mut size = usize::from(length);
    if length >= 0x80 {
        let (octets, behind) =
            rest.split_at_checked(usize::from(length & 0x7f)).filter(|(o, _)| o.len() <= 4)?;
        size = octets.iter().fold(0, |size, octet| size << 8 | usize::from(*octet));
        rest = behind;
    }
    if found == tag { rest.split_at_checked(size) } else { None }
}
