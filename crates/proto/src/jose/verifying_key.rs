//! Keys that verify — RFC 7518 §3, RFC 8037 §3.1, with the checks of RFC 8725 §3.1, §3.4, §3.5: an algorithm belongs to a key.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents,
};

use super::alg::SigningAlg;
use super::jwk::{EcCurve, Jwk, KeyParams, KeyRejected, OkpCurve};
use super::roca;

/// A key that verifies, parsed once, with the algorithms that it may verify. The token has no say in that.
pub struct VerifyingKey {
    by_alg: Vec<(SigningAlg, Verifier)>,
}

enum Verifier {
    Public(ParsedPublicKey),
    Hmac(Box<hmac::Key>),
}

impl VerifyingKey {
    /// A public key. It verifies what its `alg` says; without one, all that its type and curve allow.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyRejected> {
        may_verify(jwk)?;
        let mut by_alg = match &jwk.params {
            KeyParams::Rsa { n, e } => rsa(n, e)?,
            KeyParams::Ec { crv, x, y } => vec![ec(*crv, x, y)?],
            KeyParams::Okp { crv: OkpCurve::Ed25519, x } => vec![ed25519(x)?],
            // RFC 8037 §3.2: keys are agreed on X25519, and nothing is signed.
            KeyParams::Okp { crv: OkpCurve::X25519, .. } => return Err(KeyRejected::Alg),
        };
        if let Some(text) = &jwk.alg {
            let only: SigningAlg = text.parse().map_err(|_| KeyRejected::Alg)?;
            by_alg.retain(|(alg, _)| *alg == only);
        }
        if by_alg.is_empty() { Err(KeyRejected::Alg) } else { Ok(Self { by_alg }) }
    }

    /// A secret that both sides know.
    pub fn hmac(alg: SigningAlg, secret: &[u8]) -> Result<Self, KeyRejected> {
        Ok(Self { by_alg: vec![(alg, Verifier::Hmac(Box::new(hmac_key(alg, secret)?)))] })
    }

    /// The algorithms that it may verify.
    pub fn algs(&self) -> impl Iterator<Item = SigningAlg> {
        self.by_alg.iter().map(|(alg, _)| *alg)
    }

    /// Whether `alg` is one of them.
    pub fn verifies(&self, alg: SigningAlg) -> bool {
        self.algs().any(|a| a == alg)
    }

    /// Checks a signature; `None` when the key does not verify `alg`.
    pub(crate) fn check(
        &self,
        alg: SigningAlg,
        message: &[u8],
        signature: &[u8],
    ) -> Option<Result<(), BadSignature>> {
        let (_, verifier) = self.by_alg.iter().find(|(a, _)| *a == alg)?;
        let outcome = match verifier {
            Verifier::Public(key) => key.verify_sig(message, signature),
            Verifier::Hmac(key) => hmac::verify(key, message, signature),
        };
        Some(outcome.map_err(|_| BadSignature))
    }
}

/// The signature is not one of this key over this message.
pub(crate) struct BadSignature;

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifyingKey").field(&self.algs().collect::<Vec<_>>()).finish()
    }
}

/// A key for HMAC, at least as long as its hash: RFC 7518 §3.2 "A key of the same size as the hash output … or larger MUST be used".
pub(crate) fn hmac_key(alg: SigningAlg, secret: &[u8]) -> Result<hmac::Key, KeyRejected> {
    let algorithm = match alg {
        SigningAlg::Hs256 => hmac::HMAC_SHA256,
        SigningAlg::Hs384 => hmac::HMAC_SHA384,
        SigningAlg::Hs512 => hmac::HMAC_SHA512,
        other => return Err(KeyRejected::NotSymmetric(other)),
    };
    let (length, needed) = (secret.len(), algorithm.tag_len());
    if length < needed {
        return Err(KeyRejected::HmacSecretShort { alg, length, needed });
    }
    Ok(hmac::Key::new(algorithm, secret))
}

/// RFC 7517 §4.2, §4.3. Both members are rarely there; when they are, they count.
fn may_verify(jwk: &Jwk) -> Result<(), KeyRejected> {
    if jwk.public_key_use.as_ref().is_some_and(|word| word != "sig") {
        return Err(KeyRejected::Use);
    }
    if jwk.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
        return Err(KeyRejected::KeyOps);
    }
    Ok(())
}

/// What an RSA key must be, whoever made it.
pub(crate) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyRejected> {
    let bits =
        |number: &[u8]| number.first().map_or(0, |top| number.len() * 8 - top.leading_zeros() as usize);
    let is_odd = |number: &[u8]| number.last().is_some_and(|low| low % 2 == 1);
    if !(2048..=8192).contains(&bits(n)) {
        return Err(KeyRejected::RsaSize(bits(n)));
    }
    if !is_odd(n) {
        return Err(KeyRejected::RsaModulus);
    }
    if !is_odd(e) || !(2..=33).contains(&bits(e)) {
        return Err(KeyRejected::RsaExponent);
    }
    if roca::is_vulnerable(n) { Err(KeyRejected::Roca) } else { Ok(()) }
}

fn rsa(n: &[u8], e: &[u8]) -> Result<Vec<(SigningAlg, Verifier)>, KeyRejected> {
    const PARAMETERS: [(SigningAlg, &RsaParameters); 6] = [
        (SigningAlg::Rs256, &RSA_PKCS1_2048_8192_SHA256),
        (SigningAlg::Rs384, &RSA_PKCS1_2048_8192_SHA384),
        (SigningAlg::Rs512, &RSA_PKCS1_2048_8192_SHA512),
        (SigningAlg::Ps256, &RSA_PSS_2048_8192_SHA256),
        (SigningAlg::Ps384, &RSA_PSS_2048_8192_SHA384),
        (SigningAlg::Ps512, &RSA_PSS_2048_8192_SHA512),
    ];
    check_rsa(n, e)?;
    let parse = |(alg, parameters): (SigningAlg, &'static RsaParameters)| {
        let key = RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(parameters)
            .map_err(|_| KeyRejected::Library)?;
        Ok((alg, Verifier::Public(key)))
    };
    PARAMETERS.into_iter().map(parse).collect()
}

fn ec(crv: EcCurve, x: &[u8], y: &[u8]) -> Result<(SigningAlg, Verifier), KeyRejected> {
    let (alg, parameters) = match crv {
        EcCurve::P256 => (SigningAlg::Es256, &ECDSA_P256_SHA256_FIXED),
        EcCurve::P384 => (SigningAlg::Es384, &ECDSA_P384_SHA384_FIXED),
        EcCurve::P521 => (SigningAlg::Es512, &ECDSA_P521_SHA512_FIXED),
    };
    if x.len() != crv.size() || y.len() != crv.size() {
        return Err(KeyRejected::Point);
    }
    // SEC 1 §2.3.3: 04 announces both coordinates. The library checks that the point is on the curve.
    let point = [&[4], x, y].concat();
    let key = ParsedPublicKey::new(parameters, point).map_err(|_| KeyRejected::Point)?;
    Ok((alg, Verifier::Public(key)))
}

fn ed25519(x: &[u8]) -> Result<(SigningAlg, Verifier), KeyRejected> {
    if x.len() != 32 || has_small_order(x) {
        return Err(KeyRejected::Point);
    }
    let key = ParsedPublicKey::new(&ED25519, x).map_err(|_| KeyRejected::Point)?;
    Ok((SigningAlg::EdDsa, Verifier::Public(key)))
}

/// The points of order 1, 2, 4 and 8: under such a key one signature fits many messages. Compared without the sign of x.
fn has_small_order(x: &[u8]) -> bool {
    const ORDER_8: [&[u8; 32]; 2] = [
        b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
        b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    ];
    let [first, middle @ .., last] = x else { return false };
    let last = last & 0x7f;
    let around_zero = matches!(first, 0 | 1) && middle.iter().all(|b| *b == 0) && last == 0;
    let around_p = matches!(first, 0xec..=0xee) && middle.iter().all(|b| *b == 0xff) && last == 0x7f;
    let order_8 = ORDER_8.iter().any(|point| point[..31] == x[..31] && point[31] == last);
    around_zero || around_p || order_8
}
