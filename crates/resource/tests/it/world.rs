//! The world of these tests: an issuer that signs, the keys it publishes, and a resource that trusts it.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_proto::env::{Clock, Env, Rng, Time};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{SigningKey, VerifyingKey};
use hallpass_resource::{JwtBuilder, KeyError, KeyFuture, KeySource, Protect, Refused, Token};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const API: &str = "https://api.example";
/// What the clock shows when a test starts.
pub(crate) const NOW: i64 = 1_800_000_000;

/// A clock that stands still until it is turned.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_unix(NOW + self.0.load(Ordering::SeqCst))
    }
}

struct NoRng;

impl Rng for NoRng {
    fn fill(&self, _: &mut [u8]) {
        panic!("a resource server needs no randomness");
    }
}

pub(crate) fn env(clock: &Arc<TestClock>) -> Env {
    Env::new(Arc::clone(clock) as Arc<dyn Clock>, Arc::new(NoRng))
}

/// The keys that the issuer publishes, and how often somebody looked.
#[derive(Default)]
pub(crate) struct Published {
    keys: Mutex<Vec<(String, Arc<VerifyingKey>)>>,
    pub(crate) looks: AtomicUsize,
}

impl Published {
    pub(crate) fn publish(&self, key: &SigningKey) {
        let verifying = VerifyingKey::from_jwk(key.public_jwk().expect("a public key")).expect("usable");
        self.keys.lock().expect("sound").push((key.kid().to_owned(), Arc::new(verifying)));
    }

    pub(crate) fn withdraw_all(&self) {
        self.keys.lock().expect("sound").clear();
    }
}

impl KeySource for Published {
    fn key<'a>(&'a self, kid: Option<&'a str>, alg: SigningAlg) -> KeyFuture<'a> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let keys = self.keys.lock().expect("sound");
        let found = keys.iter().find(|(name, key)| kid.is_none_or(|kid| kid == name) && key.verifies(alg));
        let found =
            found.map(|(_, key)| Arc::clone(key)).ok_or_else(|| KeyError::Unknown("no such key".to_owned()));
        Box::pin(async move { found })
    }
}

pub(crate) struct World {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) key: SigningKey,
    pub(crate) published: Arc<Published>,
    pub(crate) protect: Protect,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// A world in which the resource is set up otherwise.
    pub(crate) fn with(set_up: impl FnOnce(JwtBuilder) -> JwtBuilder) -> Self {
        let clock = Arc::new(TestClock::default());
        let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
        let published = Arc::new(Published::default());
        published.publish(&key);
        let issuer = Issuer::parse(ISSUER).expect("an issuer");
        let builder = Protect::jwt_with_keys(issuer, Arc::clone(&published) as Arc<dyn KeySource>);
        let protect = set_up(builder.audience(API).env(env(&clock))).build().expect("a set-up that does");
        Self { clock, key, published, protect }
    }

    /// The header of a good token.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "ES256", "kid": self.key.kid(), "typ": "at+jwt" })
    }

    /// A good token with this scope.
    pub(crate) fn token(&self, scope: &str) -> String {
        let mut claims = claims();
        claims["scope"] = scope.into();
        self.sign(&claims)
    }

    /// A token with these claims, otherwise good.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.key.sign(Some("at+jwt"), claims.to_string().as_bytes()).expect("signs")
    }

    /// A token with exactly these texts as header and payload, rightly signed with the issuer's key.
    pub(crate) fn sign_texts(&self, header: &str, payload: &str) -> String {
        es256(&self.key, header, payload)
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<Token>, Refused> {
        self.protect.verify(Some(&format!("Bearer {token}"))).await
    }
}

/// The claims of a good token. Each has an identifier of its own.
pub(crate) fn claims() -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    json!({
        "iss": ISSUER,
        "sub": "ada",
        "aud": API,
        "client_id": "demo-web",
        "exp": NOW + 600,
        "iat": NOW,
        "jti": format!("token-{}", NEXT.fetch_add(1, Ordering::SeqCst)),
        "scope": "items:read",
    })
}

/// A good token's claims with one of them changed, or with `Value::Null` taken out.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().expect("an object").remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// JWS compact serialization of any header and payload, without the help of the crate under test.
pub(crate) fn es256(key: &SigningKey, header: &str, payload: &str) -> String {
    let pkcs8 = key.to_pkcs8().expect("a private key");
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose()).expect("a key pair");
    let input = signing_input(header, payload);
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).expect("signs");
    format!("{input}.{}", base64url(signature.as_ref()))
}

pub(crate) fn signing_input(header: &str, payload: &str) -> String {
    format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()))
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Request headers with `Authorization: Bearer` and the token.
pub(crate) fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header value"));
    headers
}
