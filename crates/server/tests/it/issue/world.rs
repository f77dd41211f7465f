//! A client that can have its tokens in every form: it knows a long secret, and has a key for every algorithm.

use std::sync::LazyLock;

use serde_json::Value;

use hallpass_proto::env::Env;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use hallpass_proto::jose::jwe::{
    CompactJwe, Content, DecryptingKey, EcdhCurve, EncryptingKey, PrivateKeyType,
};
use hallpass_proto::jose::jwk::{EcCurve, JwkSet};
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_proto::secret::Secret;
use hallpass_server::client_secret;
use hallpass_server::entity::client::Client;
use hallpass_testkit::browser::VERIFIER;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{Browser, Reply, TestIssuer, Tokens};

pub(super) const WEB: &str = "https://web.example/cb";
/// Long enough for an HMAC of SHA-512.
pub(super) const LONG_SECRET: &str =
    "a-secret-of-eighty-six-characters-as-it-is-made-for-clients-whose-registration-needs-it";

static RSA: LazyLock<DecryptingKey> = LazyLock::new(|| generate(PrivateKeyType::Rsa));
static P256: LazyLock<DecryptingKey> =
    LazyLock::new(|| generate(PrivateKeyType::Ecdh(EcdhCurve::Ec(EcCurve::P256))));

fn generate(key_type: PrivateKeyType) -> DecryptingKey {
    DecryptingKey::generate(key_type).expect("a key")
}

/// The client `web`, changed as its registration would be, with its secret and its public keys.
pub(super) async fn register(issuer: &TestIssuer, change: impl FnOnce(&mut Client)) {
    let mut client = issuer.store.client("web").await.expect("the store works").expect("a client");
    let jwks = [&*RSA, &*P256].map(|key| key.public_jwk().cloned().expect("a public half"));
    client.jwks = Some(JwkSet { keys: jwks.to_vec() });
    change(&mut client);
    let secret = Secret::from(LONG_SECRET);
    client_secret::give(&issuer.server.keys(), &mut client, &secret).await.expect("sealed");
    issuer.store.put_client(&client).await.expect("recorded");
    issuer.clock.advance(1);
}

/// The answer to the code that a person in this browser allows the client.
pub(super) async fn redeem(issuer: &TestIssuer, browser: &Browser) -> Reply {
    let code = browser.code("web", WEB, &[("scope", "openid profile email")]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", WEB),
        ("code_verifier", VERIFIER),
    ];
    issuer.post("/token", Some(&basic("web", LONG_SECRET)), &form).await
}

pub(super) async fn tokens(issuer: &TestIssuer, browser: &Browser) -> Tokens {
    Tokens::of(&redeem(issuer, browser).await)
}

/// The claims of a signed token, which must be signed by this algorithm.
pub(super) async fn signed_by(issuer: &TestIssuer, token: &str, alg: SigningAlg) -> Value {
    let jws = CompactJws::parse(token).expect("a signed token");
    assert_eq!(jws.header().alg, alg);
    if !alg.is_symmetric() {
        return issuer.verified(token).await;
    }
    let key = VerifyingKey::hmac(alg, LONG_SECRET.as_bytes()).expect("a key");
    serde_json::from_slice(jws.verify(&key).expect("signed with the secret")).expect("JSON")
}

/// The client's key for an encryption.
pub(super) fn decrypting_key(encryption: Encryption) -> DecryptingKey {
    let again = |key_type, key: &DecryptingKey| {
        DecryptingKey::from_bytes(key_type, key.to_bytes().expect("prints").expose()).expect("a key")
    };
    match encryption.alg {
        KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256 => again(PrivateKeyType::Rsa, &RSA),
        KeyManagementAlg::EcdhEs | KeyManagementAlg::EcdhEsA128Kw | KeyManagementAlg::EcdhEsA256Kw => {
            again(PrivateKeyType::Ecdh(EcdhCurve::Ec(EcCurve::P256)), &P256)
        }
        KeyManagementAlg::A128Kw | KeyManagementAlg::A256Kw | KeyManagementAlg::Dir => {
            DecryptingKey::from_client_secret(encryption, &Secret::from(LONG_SECRET)).expect("a key")
        }
    }
}

/// What is inside an encrypted token, and what it is said to be.
pub(super) fn decrypted(token: &str, encryption: Encryption) -> (String, Option<String>) {
    let jwe = CompactJwe::parse(token).expect("an encrypted token");
    let content = jwe.decrypt(&decrypting_key(encryption), &[encryption.alg], &[encryption.enc]);
    let content = String::from_utf8(content.expect("encrypted to the client")).expect("text");
    (content, jwe.header().cty.clone())
}

/// Encrypts to the client, as anybody can who knows its keys.
pub(super) fn encrypted(plaintext: &str, encryption: Encryption) -> String {
    let jwk = P256.public_jwk().expect("a public half");
    let key = EncryptingKey::from_jwk(encryption, jwk).expect("a key");
    let content = Content { typ: None, cty: Some("JWT"), plaintext: plaintext.as_bytes() };
    key.encrypt(&content, &Env::system()).expect("encrypts")
}

/// The metadata's list of that name.
pub(super) async fn offered(issuer: &TestIssuer, member: &str) -> Vec<String> {
    let document = issuer.get("/.well-known/openid-configuration").await.json();
    let words = document[member].as_array().expect("a list").iter();
    words.map(|word| word.as_str().expect("text").to_owned()).collect()
}

/// Every pair of the algorithms that the metadata offers for `id_token` or `userinfo`.
pub(super) async fn offered_encryptions(issuer: &TestIssuer, what: &str) -> Vec<Encryption> {
    let algs = offered(issuer, &format!("{what}_encryption_alg_values_supported")).await;
    let encs = offered(issuer, &format!("{what}_encryption_enc_values_supported")).await;
    let enc = |text: &String| text.parse::<ContentEncryptionAlg>().expect("known");
    let alg = |text: &String| text.parse::<KeyManagementAlg>().expect("known");
    algs.iter().flat_map(|a| encs.iter().map(move |e| Encryption { alg: alg(a), enc: enc(e) })).collect()
}
