//! Keys that verify — RFC 7518 §3, §6; RFC 8725 §3.1, §3.4, §3.5.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};

use super::alg::SigningAlg;
use super::decode;
use super::jwk::{Jwk, JwkParams};
use super::signing_key::hmac_algorithm;

/// A key that verifies signatures of the algorithms that it is for, and of no others. Parsed once.
pub struct VerifyingKey {
    kid: Option<String>,
    by_alg: Vec<(SigningAlg, Material)>,
}

enum Material {
    Public(Box<ParsedPublicKey>),
    Shared(hmac::Key),
}

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyingKeyError {
    /// `use` or `key_ops` says that it is for something else.
    #[error("the key is not for signatures")]
    Use,
    /// No algorithm is known for its type, curve or `alg`.
    #[error("no known signature algorithm fits the key")]
    Alg,
    /// A coordinate, modulus or exponent is not base64url of the right length.
    #[error("the key is malformed")]
    Malformed,
    /// RFC 7518 §3.3: "A key of size 2048 bits or larger MUST be used"; past 8192 verification is a weapon.
    #[error("an RSA key has 2048 to 8192 bits")]
    Size,
    /// An exponent of 1, an even one, or a huge one.
    #[error("the RSA exponent is unsafe")]
    Exponent,
    /// A shared key shorter than the hash.
    #[error("the shared secret is shorter than the hash of the algorithm")]
    TooShort,
}

impl VerifyingKey {
    /// From a public key.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, VerifyingKeyError> {
        let for_signatures = jwk.use_.as_deref().is_none_or(|u| u == "sig");
        let may_verify = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures || !may_verify {
            return Err(VerifyingKeyError::Use);
        }
        let algs = jwk.algs();
        if algs.is_empty() {
            return Err(VerifyingKeyError::Alg);
        }
        let by_alg = match &jwk.params {
            JwkParams::Rsa { n, e } => rsa(&algs, n, e)?,
            JwkParams::Ec { x, y, .. } => ec(&algs, x, y)?,
            JwkParams::Okp { x, .. } => {
                let x = decode(x).filter(|x| x.len() == 32).ok_or(VerifyingKeyError::Malformed)?;
                let key =
                    ParsedPublicKey::new(&signature::ED25519, x).map_err(|_| VerifyingKeyError::Malformed)?;
                vec![(SigningAlg::EdDsa, Material::Public(Box::new(key)))]
            }
        };
        Ok(Self { kid: jwk.kid.clone(), by_alg })
    }

    /// From a shared secret.
    pub fn hmac(alg: SigningAlg, secret: &[u8]) -> Result<Self, VerifyingKeyError> {
        let algorithm = hmac_algorithm(alg).ok_or(VerifyingKeyError::Alg)?;
        if secret.len() < algorithm.digest_algorithm().output_len() {
            return Err(VerifyingKeyError::TooShort);
        }
        Ok(Self { kid: None, by_alg: vec![(alg, Material::Shared(hmac::Key::new(algorithm, secret)))] })
    }

    /// Its name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithms that it verifies.
    pub fn algs(&self) -> impl Iterator<Item = SigningAlg> {
        self.by_alg.iter().map(|(alg, _)| *alg)
    }

    /// Whether `signature` is this key's over `message` by `alg`. None when the key is not for `alg`.
    pub(super) fn verify(&self, alg: SigningAlg, message: &[u8], signature: &[u8]) -> Option<bool> {
        let (_, material) = self.by_alg.iter().find(|(a, _)| *a == alg)?;
        Some(match material {
            Material::Public(key) => key.verify_sig(message, signature).is_ok(),
            Material::Shared(key) => hmac::verify(key, message, signature).is_ok(),
        })
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({:?})", self.kid)
    }
}

type ByAlg = Vec<(SigningAlg, Material)>;

fn rsa(algs: &[SigningAlg], n: &str, e: &str) -> Result<ByAlg, VerifyingKeyError> {
    let number = |text: &str| {
        let bytes = decode(text).ok_or(VerifyingKeyError::Malformed)?;
        let zeros = bytes.iter().take_while(|b| **b == 0).count();
        Ok(bytes.get(zeros..).unwrap_or_default().to_vec())
    };
    let (n, e) = (number(n)?, number(e)?);
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    if !(2048..=8192).contains(&bits) {
        return Err(VerifyingKeyError::Size);
    }
    let exponent = e.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if e.len() > 4 || exponent < 3 || exponent % 2 == 0 {
        return Err(VerifyingKeyError::Exponent);
    }
    let components = RsaPublicKeyComponents { n: &n, e: &e };
    algs.iter()
        .filter_map(|alg| Some((*alg, rsa_parameters(*alg)?)))
        .map(|(alg, parameters)| {
            let key =
                components.to_parsed_public_key(parameters).map_err(|_| VerifyingKeyError::Malformed)?;
            Ok((alg, Material::Public(Box::new(key))))
        })
        .collect()
}

fn ec(algs: &[SigningAlg], x: &str, y: &str) -> Result<ByAlg, VerifyingKeyError> {
    let alg = *algs.first().ok_or(VerifyingKeyError::Alg)?;
    let (algorithm, length): (&'static dyn VerificationAlgorithm, usize) = match alg {
        SigningAlg::Es256 => (&signature::ECDSA_P256_SHA256_FIXED, 32),
        SigningAlg::Es384 => (&signature::ECDSA_P384_SHA384_FIXED, 48),
        SigningAlg::Es512 => (&signature::ECDSA_P521_SHA512_FIXED, 66),
        _ => return Err(VerifyingKeyError::Alg),
    };
    // RFC 7518 §6.2.1.2: the length "MUST be the full size of a coordinate for the curve".
    let coordinate =
        |text: &str| decode(text).filter(|c| c.len() == length).ok_or(VerifyingKeyError::Malformed);
    let point = [&[4][..], &coordinate(x)?, &coordinate(y)?].concat();
    // Parsing checks that the point is on the curve.
    let key = ParsedPublicKey::new(algorithm, point).map_err(|_| VerifyingKeyError::Malformed)?;
    Ok(vec![(alg, Material::Public(Box::new(key)))])
}

fn rsa_parameters(alg: SigningAlg) -> Option<&'static RsaParameters> {
    match alg {
        SigningAlg::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        SigningAlg::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        SigningAlg::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        SigningAlg::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        SigningAlg::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        SigningAlg::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}
