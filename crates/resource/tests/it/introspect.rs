//! Tokens that only their issuer can read — RFC 7662.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hallpass_client::client::Client;
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_client::provider::Provider;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_resource::{IntrospectBuilder, Protect, Reason};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{API, ISSUER, NOW, TestClock, bearer, env};

/// An issuer that answers what it is told to, and counts.
pub(crate) struct Introspection {
    answer: Mutex<Option<Value>>,
    asked: AtomicUsize,
    slow: tokio::sync::Semaphore,
}

impl HttpClient for Introspection {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        assert_eq!(request.uri().path(), "/introspect");
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.slow.acquire().await.expect("open").forget();
            match self.answer.lock().expect("sound").clone() {
                Some(answer) => Ok(Response::new(Bytes::from(answer.to_string()))),
                None => Err(HttpError::Timeout(std::time::Duration::from_secs(1))),
            }
        })
    }
}

pub(crate) struct Opaque {
    clock: Arc<TestClock>,
    issuer: Arc<Introspection>,
    pub(crate) protect: Protect,
}

impl Opaque {
    pub(crate) fn new(answer: Value) -> Self {
        Self::with(answer, |builder| builder)
    }

    fn with(answer: Value, set_up: impl FnOnce(IntrospectBuilder) -> IntrospectBuilder) -> Self {
        let clock = Arc::new(TestClock::default());
        let issuer = Arc::new(Introspection {
            answer: Mutex::new(Some(answer)),
            asked: AtomicUsize::new(0),
            slow: tokio::sync::Semaphore::new(1000),
        });
        let id = Issuer::parse(ISSUER).expect("an issuer");
        let mut metadata = ServerMetadata::new(id.clone());
        metadata.introspection_endpoint = Some(format!("{ISSUER}/introspect"));
        let provider =
            Provider::builder(id, issuer.clone()).env(env(&clock)).metadata(metadata).expect("its own");
        let client = Client::builder(&provider, "api").secret("secret").build().expect("a client");
        Self { clock, issuer, protect: set_up(Protect::introspect(&client)).build() }
    }

    fn says(&self, answer: Option<Value>) {
        *self.issuer.answer.lock().expect("sound") = answer;
    }

    fn asked(&self) -> usize {
        self.issuer.asked.load(Ordering::SeqCst)
    }

    async fn verify(&self, token: &str) -> Result<Arc<hallpass_resource::Token>, Reason> {
        self.protect
            .verify(Some(&format!("Bearer {token}")))
            .await
            .map_err(|refused| refused.reason().clone())
    }
}

pub(crate) fn active() -> Value {
    json!({
        "active": true, "scope": "items:read", "client_id": "web", "sub": "ada", "aud": API, "iss": ISSUER,
        "exp": NOW + 600, "iat": NOW, "token_type": "Bearer", "acr": "phr", "auth_time": NOW, "tenant": "one",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut answer = active();
    answer[name] = value;
    answer
}

#[tokio::test]
async fn an_active_token_says_what_the_issuer_says_of_it() {
    let opaque = Opaque::new(active());
    let token = opaque.verify("opaque").await.expect("accepted");
    assert_eq!(
        (token.sub.as_str(), token.client_id.as_str(), token.acr.as_deref()),
        ("ada", "web", Some("phr"))
    );
    assert_eq!((token.scope.to_string(), token.claim("tenant")), ("items:read".into(), Some(&json!("one"))));
}

/// §4: the answer is remembered, bounded in time, so that a revocation is seen.
#[tokio::test]
async fn an_answer_is_remembered_for_a_short_while() {
    let opaque = Opaque::new(active());
    for _ in 0..5 {
        opaque.verify("opaque").await.expect("accepted");
    }
    assert_eq!(opaque.asked(), 1);
    opaque.says(Some(json!({"active": false})));
    opaque.clock.turn(29);
    assert!(opaque.verify("opaque").await.is_ok());
    opaque.clock.turn(1);
    assert_eq!(opaque.verify("opaque").await.expect_err("revoked"), Reason::NotActive);
}

/// apps.md §3: "never past exp; negative entries shorter".
#[tokio::test]
async fn an_answer_is_never_remembered_past_exp() {
    let opaque = Opaque::new(with("exp", (NOW + 10).into()));
    opaque.verify("opaque").await.expect("accepted");
    opaque.clock.turn(10);
    assert_eq!(opaque.verify("opaque").await.expect_err("expired"), Reason::NotActive);
    assert_eq!(opaque.asked(), 2);
}

#[tokio::test]
async fn a_flood_of_one_bad_token_does_not_reach_the_issuer() {
    let opaque = Opaque::new(json!({"active": false}));
    for _ in 0..50 {
        opaque.verify("bad").await.expect_err("refused");
    }
    assert_eq!(opaque.asked(), 1);
    opaque.clock.turn(5);
    opaque.says(Some(active()));
    assert!(opaque.verify("bad").await.is_ok(), "it may have become active meanwhile");
}

#[tokio::test]
async fn requests_that_come_together_ask_once() {
    let opaque = Arc::new(Opaque::new(active()));
    opaque.issuer.slow.forget_permits(1000);
    let asking: Vec<_> = (0..200)
        .map(|_| {
            let opaque = opaque.clone();
            tokio::spawn(async move { opaque.verify("opaque").await.is_ok() })
        })
        .collect();
    while opaque.asked() == 0 {
        tokio::task::yield_now().await;
    }
    opaque.issuer.slow.add_permits(1000);
    for asked in asking {
        assert!(asked.await.expect("ends"));
    }
    assert_eq!(opaque.asked(), 1);
}

#[tokio::test]
async fn what_is_not_for_this_resource_is_refused() {
    for (answer, why) in [
        (with("aud", json!("https://other.example")), "another audience"),
        (with("aud", Value::Null), "no audience"),
        (with("iss", json!("https://evil.example")), "another issuer"),
        (with("exp", json!(NOW)), "expired"),
        (with("token_type", json!("DPoP")), "bound to a key that is not asked for"),
        (with("active", json!(false)), "not active"),
    ] {
        let opaque = Opaque::with(answer, |builder| builder.audience(API));
        assert_eq!(opaque.verify("opaque").await.expect_err(why), Reason::NotActive, "{why}");
    }
}

/// apps.md, rows 7 and 9: an outage of the issuer is nobody's bad token.
#[tokio::test]
async fn an_issuer_that_cannot_be_asked_is_503_and_not_remembered() {
    let opaque = Opaque::new(active());
    opaque.says(None);
    let refused = opaque.protect.authorize::<hallpass_resource::Authenticated>(&bearer("opaque")).await;
    let refused = refused.expect_err("nothing can be said");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.challenge().is_none() && refused.retry_after().is_some());
    opaque.says(Some(active()));
    assert!(opaque.verify("opaque").await.is_ok());
}

#[tokio::test]
async fn zero_seconds_ask_each_time() {
    let opaque = Opaque::with(active(), |builder| builder.remember_for(0));
    for _ in 0..3 {
        opaque.verify("opaque").await.expect("accepted");
    }
    assert_eq!(opaque.asked(), 3);
}
