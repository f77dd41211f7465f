//! The real issuer exchanges its keys while requests run, and no API notices: neither one that keeps the key set as long
//! as it may and asks for nothing in between, nor one with the client crate's cache.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_client::provider::Provider;
use hallpass_proto::env::{Env, Time};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_resource::{KeyError, KeyFuture, KeySource, Protect, StaticKeys};
use hallpass_server::entity::key::KeyPurpose;
use hallpass_testkit::fixture::{API, SECRET};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{TestIssuer, Tokens};
use http::{Request, Response};

/// What `Cache-Control` of the JWKS allows, in seconds.
const MAX_AGE: i64 = 300;

/// Keeps the key set for as long as it may, and never asks because a key is unknown.
struct Patient {
    issuer: TestIssuer,
    held: Mutex<Option<(Time, StaticKeys)>>,
}

impl Patient {
    async fn keys(&self) -> StaticKeys {
        let now = self.issuer.now();
        if let Some((at, keys)) = &*self.held.lock().expect("sound")
            && now.since(*at) < MAX_AGE
        {
            return keys.clone();
        }
        let reply = self.issuer.get("/jwks").await;
        assert_eq!(reply.header("cache-control"), format!("public, max-age={MAX_AGE}"));
        let keys = StaticKeys::new(&JwkSet::parse(reply.body.as_bytes()).expect("a key set"));
        *self.held.lock().expect("sound") = Some((now, keys.clone()));
        keys
    }
}

impl KeySource for Patient {
    fn key<'a>(&'a self, kid: Option<&'a str>, alg: SigningAlg) -> KeyFuture<'a> {
        Box::pin(async move {
            let keys = self.keys().await;
            keys.key(kid, alg).await.map_err(|error: KeyError| error)
        })
    }
}

/// The issuer, as the client crate reaches it.
struct Wire(TestIssuer);

impl HttpClient for Wire {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let path = request.uri().path().to_owned();
        Box::pin(async move {
            let reply = self.0.get(&path).await;
            let mut response = Response::new(Bytes::from(reply.body));
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok(response)
        })
    }
}

/// An API; its memory of tokens is off, so that each one is verified each time.
fn api(issuer: &TestIssuer, keys: Arc<dyn KeySource>) -> Protect {
    let of = Issuer::parse(ISSUER).expect("an issuer");
    let env: Env = issuer.env.clone();
    Protect::jwt_with_keys(of, keys).audience(API).env(env).remember(0).build().expect("a set-up that does")
}

async fn token(issuer: &TestIssuer) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", "items:read")];
    Tokens::of(&issuer.post("/token", Some(&basic("service", SECRET)), &form).await).access_token
}

async fn kids(issuer: &TestIssuer) -> Vec<String> {
    let json = issuer.get("/jwks").await.json();
    let kid = |key: &serde_json::Value| key["kid"].as_str().expect("a kid").to_owned();
    json["keys"].as_array().expect("an array").iter().map(kid).collect()
}

/// security.md T9: two hours of rotations, each as early as can be; at every moment tokens are made, and every token that
/// has not ended is good at every API.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_api_notices_a_rotation() {
    let issuer = TestIssuer::with(ISSUER, |config| {
        config.rotate_keys_every = Some(1);
        config.publish_keys_ahead = 0;
        config.id_token_lifetime = 600;
    })
    .await;
    // One that takes long to make has no part in this.
    for key in issuer.store.keys().await.expect("the store works").keys {
        if key.purpose == KeyPurpose::Sign(SigningAlg::Rs256) {
            issuer.server.keys().retire(&key.kid).await.expect("retires");
        }
    }
    let mut apis = Vec::new();
    for phase in 0..4 {
        // They fetch at different times, so that one of them is as late as can be at each rotation.
        let patient = Arc::new(Patient { issuer: issuer.clone(), held: Mutex::default() });
        patient.keys().await;
        issuer.clock.advance(if phase < 3 { 70 } else { 0 });
        apis.push(api(&issuer, patient));
    }
    let provider =
        Provider::builder(Issuer::parse(ISSUER).expect("an issuer"), Arc::new(Wire(issuer.clone())));
    let provider = provider.env(issuer.env.clone()).discover().await.expect("discovers");
    apis.push(api(&issuer, Arc::new(provider.keys().clone())));

    let (mut signed_by, mut most) = (BTreeSet::new(), 0);
    let mut tokens: Vec<(Time, String)> = Vec::new();
    for step in 0..720 {
        issuer.clock.advance(10);
        let (made, swept) = tokio::join!(token(&issuer), async {
            if step % 6 == 0 { issuer.server.sweep().await.map(drop) } else { Ok(()) }
        });
        swept.expect("sweeps");
        let header = hallpass_proto::jose::jws::CompactJws::parse(&made).expect("a token").header().clone();
        signed_by.insert(header.kid.expect("a kid"));
        most = most.max(kids(&issuer).await.len());

        let now = issuer.now();
        tokens.push((now, made));
        tokens.retain(|(made, _)| now.since(*made) < 600);
        // The newest, and those at their end.
        for (made, token) in tokens.iter().rev().take(2).chain(tokens.iter().take(2)) {
            let authorization = format!("Bearer {token}");
            for (number, api) in apis.iter().enumerate() {
                let verified = api.verify(Some(&authorization)).await;
                assert!(verified.is_ok(), "API {number}, age {}: {:?}", now.since(*made), verified.err());
            }
        }
    }

    assert!(signed_by.len() > 12, "{} keys took turns", signed_by.len());
    assert!(most <= 6, "the key set stays small: {most}");
}

/// What the test above rests on: an API of this kind refuses tokens of a key that was not published ahead.
#[tokio::test]
async fn a_key_that_signs_unannounced_would_be_noticed() {
    let issuer = TestIssuer::start().await;
    let patient = Arc::new(Patient { issuer: issuer.clone(), held: Mutex::default() });
    let api = api(&issuer, patient);
    let verified = async || api.verify(Some(&format!("Bearer {}", token(&issuer).await))).await.is_ok();
    assert!(verified().await);

    let es256 = KeyPurpose::Sign(SigningAlg::Es256);
    issuer.server.keys().rotate(es256, 0).await.expect("rotates");
    issuer.clock.advance(1);

    assert!(!verified().await);
    issuer.clock.advance(MAX_AGE);
    assert!(verified().await);
}
