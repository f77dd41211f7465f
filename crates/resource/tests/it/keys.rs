//! The issuer's keys through the client crate's cache: what happens while the issuer cannot be reached.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_client::provider::Provider;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_resource::{Authenticated, Protect, Reason, Refused, StaticKeys};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{API, ISSUER, TestClock, World, bearer, claims, env};

/// An issuer on the other side of a network that can fail.
#[derive(Default)]
struct FakeIssuer {
    down: AtomicBool,
    fetches: AtomicUsize,
    jwks: Mutex<Vec<u8>>,
}

impl FakeIssuer {
    fn publish(&self, keys: &[&SigningKey]) {
        let set = JwkSet { keys: keys.iter().filter_map(|key| key.public_jwk().cloned()).collect() };
        *self.jwks.lock().expect("sound") = serde_json::to_vec(&set).expect("prints");
    }
}

impl HttpClient for FakeIssuer {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let metadata = json!({ "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/jwks") });
        let answer = if self.down.load(Ordering::SeqCst) {
            Err(HttpError::Timeout(std::time::Duration::from_secs(10)))
        } else if request.uri().path() == "/jwks" {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            Ok(self.jwks.lock().expect("sound").clone())
        } else {
            Ok(metadata.to_string().into_bytes())
        };
        Box::pin(async move {
            let mut response = Response::new(Bytes::from(answer?));
            response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
            Ok(response)
        })
    }
}

struct Remote {
    issuer: Arc<FakeIssuer>,
    clock: Arc<TestClock>,
    key: SigningKey,
    protect: Protect,
}

impl Remote {
    fn new() -> Self {
        let (issuer, clock) = (Arc::new(FakeIssuer::default()), Arc::new(TestClock::default()));
        let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
        issuer.publish(&[&key]);
        let identifier = Issuer::parse(ISSUER).expect("an issuer");
        let http = Arc::clone(&issuer) as Arc<dyn HttpClient>;
        let provider = Provider::builder(identifier, http).env(env(&clock)).lazy();
        let protect = Protect::jwt(&provider).audience(API).build().expect("builds");
        Self { issuer, clock, key, protect }
    }

    fn down(&self, down: bool) {
        self.issuer.down.store(down, Ordering::SeqCst);
    }

    /// A request with a fresh token that is good for two days.
    async fn request(&self, key: &SigningKey) -> Result<(), Refused> {
        let mut claims = claims();
        claims["exp"] = Value::from(claims["exp"].as_i64().expect("a number") + 2 * 24 * 3600);
        let token = key.sign(Some("at+jwt"), claims.to_string().as_bytes()).expect("signs");
        self.protect.authorize::<Authenticated>(&bearer(&token)).await.map(drop)
    }
}

/// Nothing can be said about the token, so nothing is: no 401, which would make clients throw good tokens away.
#[tokio::test]
async fn no_keys_and_no_issuer_is_503_with_retry_after() {
    let remote = Remote::new();
    remote.down(true);
    let refused = remote.request(&remote.key).await.expect_err("refused");
    assert!(matches!(refused.reason(), Reason::KeysUnavailable { .. }));
    let response = refused.to_response::<String>();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers()[RETRY_AFTER].to_str().expect("text").parse::<u64>().expect("seconds") > 0);
    assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
    assert!(!response.body().contains("login.example"), "the client need not know what is broken");
}

/// A program may start before its issuer.
#[tokio::test]
async fn it_goes_on_when_the_issuer_is_there() {
    let remote = Remote::new();
    remote.down(true);
    remote.request(&remote.key).await.expect_err("refused");
    remote.down(false);
    remote.clock.turn(120);
    remote.request(&remote.key).await.expect("accepted");
}

/// Keys that are here are used up to a day without the issuer, and then no longer: it fails closed.
#[tokio::test]
async fn an_outage_is_survived_for_a_day() {
    let remote = Remote::new();
    remote.request(&remote.key).await.expect("accepted");
    remote.down(true);
    for _ in 0..23 {
        remote.clock.turn(3600);
        remote.request(&remote.key).await.expect("accepted");
    }
    remote.clock.turn(2 * 3600);
    let refused = remote.request(&remote.key).await.expect_err("refused");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// A token that was verified before does not outlive the keys either.
#[tokio::test]
async fn a_remembered_token_fails_closed_too() {
    let remote = Remote::new();
    let mut claims = claims();
    claims["exp"] = Value::from(claims["exp"].as_i64().expect("a number") + 2 * 24 * 3600);
    let token = remote.key.sign(Some("at+jwt"), claims.to_string().as_bytes()).expect("signs");
    remote.protect.authorize::<Authenticated>(&bearer(&token)).await.expect("accepted");
    remote.down(true);
    remote.clock.turn(25 * 3600);
    let refused = remote.protect.authorize::<Authenticated>(&bearer(&token)).await.expect_err("refused");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// A key that is new to us is fetched when its first token comes.
#[tokio::test]
async fn a_new_key_is_found() {
    let remote = Remote::new();
    remote.request(&remote.key).await.expect("accepted");
    let next = SigningKey::generate(SigningAlg::EdDsa).expect("a key");
    remote.issuer.publish(&[&remote.key, &next]);
    remote.clock.turn(60);
    remote.request(&next).await.expect("accepted");
    remote.request(&remote.key).await.expect("accepted");
}

/// Made-up key names cost the issuer one fetch in each cooldown, and the client a 401.
#[tokio::test]
async fn a_flood_of_unknown_keys() {
    let remote = Remote::new();
    remote.request(&remote.key).await.expect("accepted");
    let before = remote.issuer.fetches.load(Ordering::SeqCst);
    for i in 0..100 {
        let key = SigningKey::generate(SigningAlg::Es256).expect("a key").with_kid(&format!("made-up-{i}"));
        let refused = remote.request(&key).await.expect_err("refused");
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    assert!(remote.issuer.fetches.load(Ordering::SeqCst) - before <= 1);
}

/// An unknown key while the issuer is down: the keys that are here are the issuer's, and this is none of them.
#[tokio::test]
async fn an_unknown_key_in_an_outage_is_401() {
    let remote = Remote::new();
    remote.request(&remote.key).await.expect("accepted");
    remote.down(true);
    remote.clock.turn(60);
    let stranger = SigningKey::generate(SigningAlg::Es256).expect("a key");
    assert_eq!(remote.request(&stranger).await.expect_err("refused").status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn given_keys() {
    let world = World::new();
    let other = SigningKey::generate(SigningAlg::Es256).expect("a key");
    let jwk = |key: &SigningKey| key.public_jwk().expect("a public key").clone();
    let protect = |set: &JwkSet| {
        let issuer = Issuer::parse(ISSUER).expect("an issuer");
        let builder = Protect::jwt_with_keys(issuer, Arc::new(StaticKeys::new(set)));
        builder.audience(API).env(env(&world.clock)).build().expect("builds")
    };
    let one = protect(&JwkSet { keys: vec![jwk(&world.key)] });
    let both = protect(&JwkSet { keys: vec![jwk(&other), jwk(&world.key)] });
    let named = format!("Bearer {}", world.sign(&claims()));
    let header = json!({ "alg": "ES256", "typ": "at+jwt" }).to_string();
    let nameless = format!("Bearer {}", world.sign_texts(&header, &claims().to_string()));

    for protect in [&one, &both] {
        protect.verify(Some(&named)).await.expect("the key that the token names");
    }
    one.verify(Some(&nameless)).await.expect("the only key there is");
    let refused = both.verify(Some(&nameless)).await.expect_err("it could be either");
    assert!(matches!(refused.reason(), Reason::KeyUnknown(_)));
}
