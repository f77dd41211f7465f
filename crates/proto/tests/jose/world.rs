//! What the tests share: an issuer, its keys, the present, and a forger who can sign any header.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_proto::env::Time;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{SigningKey, VerifyingKey};
use serde_json::Value;

pub(crate) const NOW: Time = Time::from_unix(1_800_000_000);
pub(crate) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A key that signs, and its other half.
pub(crate) struct Pair {
    pub(crate) signs: SigningKey,
    pub(crate) verifies: VerifyingKey,
}

pub(crate) static ES256: LazyLock<Pair> = LazyLock::new(|| pair(SigningAlg::Es256));
pub(crate) static RS256: LazyLock<Pair> = LazyLock::new(|| pair(SigningAlg::Rs256));

/// A pair for every algorithm. The RSA ones share a key, since making one takes long.
pub(crate) static ALL: LazyLock<Vec<Pair>> =
    LazyLock::new(|| SigningAlg::ALL.into_iter().map(pair).collect());

pub(crate) fn issuer() -> Issuer {
    Issuer::parse("https://login.example").expect("an issuer")
}

pub(crate) fn pair(alg: SigningAlg) -> Pair {
    static RSA: LazyLock<SigningKey> =
        LazyLock::new(|| SigningKey::generate(SigningAlg::Rs256).expect("a key"));
    let name = alg.as_str();
    if alg.is_symmetric() {
        let signs = SigningKey::hmac(alg, SECRET).expect("a key");
        return Pair { signs, verifies: VerifyingKey::hmac(alg, SECRET).expect("a key") };
    }
    let signs = if name.starts_with("RS") || name.starts_with("PS") {
        SigningKey::from_pkcs8(alg, RSA.to_pkcs8().expect("prints").expose()).expect("a key")
    } else {
        SigningKey::generate(alg).expect("a key")
    };
    let verifies = VerifyingKey::from_jwk(signs.public_jwk().expect("a public half")).expect("a key");
    Pair { signs, verifies }
}

/// A token of the ES256 key with any header and payload, well signed.
pub(crate) fn signed(header: &str, payload: &str) -> String {
    let der = ES256.signs.to_pkcs8().expect("prints");
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.expose()).expect("a key");
    let message = format!("{}.{}", b64(header), b64(payload));
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).expect("signs");
    format!("{message}.{}", b64(signature))
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn octets(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// The claims with one of them changed; `Null` takes it away.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let object = claims.as_object_mut().expect("an object");
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}
