//! The world of the tests: an issuer behind an `HttpClient`, a clock to turn, and keys that sign for real.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use hallpass_client::client::{Client, ClientBuilder};
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_client::provider::{Provider, ProviderBuilder};
use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::env::{Clock, Env, Rng, Time};
use hallpass_proto::id_token::half_hash;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::sign_claims;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Digest;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const CLIENT: &str = "app";
pub(crate) const SECRET: &str = "canary-client-secret-0123456789-abcdef";
pub(crate) const CALLBACK: &str = "https://app.example/callback";
pub(crate) const ACCESS_TOKEN: &str = "canary-access-token-0123456789";
pub(crate) const REFRESH_TOKEN: &str = "canary-refresh-token-0123456789";
pub(crate) const CODE: &str = "canary-code-0123456789";
pub(crate) const NOW: i64 = 1_800_000_000;

/// A clock that stands still until it is turned.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn now_unix(&self) -> i64 {
        self.now().unix()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Different bytes at each call, and the same ones in each run.
#[derive(Default)]
struct CountingRng(AtomicU64);

impl Rng for CountingRng {
    fn fill(&self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Digest::of(&count.to_be_bytes()).as_bytes()[..chunk.len()]);
        }
    }
}

/// Keys made once for all tests: two of RSA, one elliptic.
pub(crate) fn keys() -> &'static [SigningKey; 3] {
    static KEYS: OnceLock<[SigningKey; 3]> = OnceLock::new();
    KEYS.get_or_init(|| {
        let key = |alg, kid| SigningKey::generate(alg).expect("a key").with_kid(kid);
        [
            key(SigningAlg::Rs256, "first"),
            key(SigningAlg::Rs256, "second"),
            key(SigningAlg::Es256, "elliptic"),
        ]
    })
}

pub(crate) fn jwks(keys: &[&SigningKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>() })
}

type Answer = Box<dyn Fn(&Form<'_>) -> Response<Bytes> + Send + Sync>;

/// An issuer that can be made to lie, to be slow and to be gone.
pub(crate) struct FakeIssuer {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) env: Env,
    answers: Mutex<HashMap<String, Answer>>,
    seen: Mutex<Vec<(String, String)>>,
    down: Mutex<bool>,
    gate: Mutex<Option<Arc<Semaphore>>>,
}

impl FakeIssuer {
    /// One that publishes metadata and its first and elliptic key.
    pub(crate) fn new() -> Arc<Self> {
        let clock = Arc::new(TestClock(AtomicI64::new(NOW)));
        let env = Env::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(CountingRng::default()));
        let issuer = Arc::new(Self {
            clock,
            env,
            answers: Mutex::default(),
            seen: Mutex::default(),
            down: Mutex::new(false),
            gate: Mutex::new(None),
        });
        issuer.publish(metadata());
        issuer.answer_json("/jwks", jwks(&[&keys()[0], &keys()[2]]));
        issuer
    }

    pub(crate) fn publish(&self, metadata: Value) {
        self.answer_json("/.well-known/openid-configuration", metadata);
    }

    pub(crate) fn answer_json(&self, path: &str, body: Value) {
        self.answer(path, 200, "application/json", &body.to_string());
    }

    pub(crate) fn answer(&self, path: &str, status: u16, content_type: &str, body: &str) {
        let (content_type, body) = (content_type.to_owned(), body.to_owned());
        self.answer_with(path, move |_| respond(status, &content_type, &body));
    }

    pub(crate) fn answer_with(
        &self,
        path: &str,
        answer: impl Fn(&Form<'_>) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        self.answers.lock().expect("whole").insert(path.to_owned(), Box::new(answer));
    }

    /// From now on nobody answers.
    pub(crate) fn go_down(&self) {
        *self.down.lock().expect("whole") = true;
    }

    pub(crate) fn come_back(&self) {
        *self.down.lock().expect("whole") = false;
    }

    /// Holds back every answer until a permit is added.
    pub(crate) fn hold_back(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().expect("whole") = Some(Arc::clone(&gate));
        gate
    }

    /// How many requests came to a path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen.lock().expect("whole").iter().filter(|(seen, _)| seen == path).count()
    }

    /// The body of the last request to a path.
    pub(crate) fn last_body(&self, path: &str) -> String {
        let seen = self.seen.lock().expect("whole");
        seen.iter().rev().find(|(p, _)| p == path).map(|(_, body)| body.clone()).expect("a request")
    }

    pub(crate) fn provider_builder(self: &Arc<Self>) -> ProviderBuilder {
        let http = Arc::clone(self) as Arc<dyn HttpClient>;
        Provider::builder(Issuer::parse(ISSUER).expect("an issuer"), http).env(self.env.clone())
    }

    pub(crate) fn client_builder(self: &Arc<Self>) -> ClientBuilder {
        Client::builder(&self.provider_builder().lazy(), CLIENT).secret(SECRET).redirect_uri(CALLBACK)
    }

    pub(crate) fn client(self: &Arc<Self>) -> Client {
        self.client_builder().build().expect("a client")
    }

    /// What a truthful ID token says.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        let now = self.clock.now().unix();
        json!({
            "iss": ISSUER, "sub": "ada", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce,
            "at_hash": half_hash(SigningAlg::Rs256, ACCESS_TOKEN),
        })
    }

    /// The token endpoint gives this ID token.
    pub(crate) fn grant(&self, id_token: &str) {
        self.answer_json(
            "/token",
            json!({
                "access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 600,
                "refresh_token": REFRESH_TOKEN, "id_token": id_token,
            }),
        );
    }
}

impl HttpClient for FakeIssuer {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let body = String::from_utf8(request.body().to_vec()).expect("text");
            self.seen.lock().expect("whole").push((path.clone(), body.clone()));
            let gate = self.gate.lock().expect("whole").clone();
            if let Some(gate) = gate {
                gate.acquire().await.expect("open").forget();
            }
            if *self.down.lock().expect("whole") {
                return Err(HttpError::Connect(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(
                    "refused",
                ))));
            }
            let form = Form::parse(body.as_bytes()).unwrap_or_default();
            let answers = self.answers.lock().expect("whole");
            Ok(answers
                .get(&path)
                .map_or_else(|| respond(404, "text/html", "<h1>Not found</h1>"), |answer| answer(&form)))
        })
    }
}

pub(crate) fn respond(status: u16, content_type: &str, body: &str) -> Response<Bytes> {
    let response = Response::builder().status(status).header("content-type", content_type);
    response.body(Bytes::copy_from_slice(body.as_bytes())).expect("a response")
}

pub(crate) fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
        "introspection_endpoint": format!("{ISSUER}/introspect"),
        "end_session_endpoint": format!("{ISSUER}/end-session"),
        "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": true,
        "a_member_from_the_future": [{}],
    })
}

pub(crate) fn sign(key: &SigningKey, claims: &Value) -> String {
    sign_claims(key, Some("JWT"), claims).expect("signs")
}

/// The parameter of a URL's query.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').expect("a query").1;
    Form::parse(query.as_bytes()).expect("a form").get(name).unwrap_or_default().to_owned()
}

/// The truthful answer to a request with this `state`.
pub(crate) fn answer(state: &str) -> AuthorizationResponse {
    AuthorizationResponse {
        code: Some(CODE.into()),
        state: Some(state.to_owned()),
        iss: Some(ISSUER.to_owned()),
        ..AuthorizationResponse::default()
    }
}
