//! An API put together from handlers that say who may call them: what it serves, and what it says of itself.

mod build;
#[cfg(feature = "docs")]
mod docs;
mod metadata;
mod openapi;
mod policy;
#[cfg(feature = "docs")]
mod relay;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ::axum::Router;
use ::axum::body::{Body, to_bytes};
use bytes::Bytes;
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_client::provider::Provider;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_resource::api::{Api, get};
use hallpass_resource::prelude::*;
use http::header::{self, HeaderMap};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{API, ISSUER, TestClock, claims_with, env};

scope! {
    pub(crate) ItemsRead = "items:read", "Read items";
    pub(crate) ItemsWrite = "items:write", "Create items";
    pub(crate) Admin = "admin", "Everything";
}

pub(crate) type MayAdd = Any<(All<(ItemsRead, ItemsWrite)>, Admin)>;

pub(crate) async fn list(_: Auth<ItemsRead>) -> &'static str {
    "[]"
}

pub(crate) async fn add(auth: Auth<MayAdd>, body: String) -> String {
    format!("{} added {body}", auth.sub)
}

pub(crate) async fn one(_: Auth<ItemsRead>, path: ::axum::extract::Path<String>) -> String {
    path.0
}

pub(crate) async fn me(auth: Auth<Authenticated>) -> String {
    auth.sub.clone()
}

pub(crate) async fn greet(auth: Option<Auth<ItemsRead>>) -> String {
    auth.map_or("stranger".to_owned(), |auth| auth.sub.clone())
}

pub(crate) async fn health(_: Public) -> &'static str {
    "ok"
}

/// Every kind of policy there is.
pub(crate) fn routes(api: Api) -> Api {
    api.info("Items", "2.0.0")
        .at("/items", get(list).describe("Lists the items").post(add))
        .at("/items/{id}", get(one))
        .at("/me", get(me))
        .at("/greeting", get(greet))
        .at("/health", get(health).hidden())
}

/// An issuer that answers discovery, keys and token requests, and remembers the last ones.
pub(crate) struct StubIssuer {
    key: SigningKey,
    pub(crate) down: AtomicBool,
    pub(crate) redeemed: Mutex<Vec<(String, HeaderMap, String)>>,
    pub(crate) token_answer: Mutex<(StatusCode, String)>,
}

impl StubIssuer {
    fn answer(&self, request: &Request<Bytes>) -> Option<(StatusCode, String)> {
        let ok = |body: String| Some((StatusCode::OK, body));
        match request.uri().path() {
            "/.well-known/openid-configuration" => ok(json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/jwks"),
            })
            .to_string()),
            "/jwks" => {
                let set = JwkSet { keys: self.key.public_jwk().cloned().into_iter().collect() };
                ok(serde_json::to_string(&set).expect("prints"))
            }
            "/token" => Some(self.token_answer.lock().expect("sound").clone()),
            _ => None,
        }
    }
}

impl HttpClient for StubIssuer {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let answer = self.answer(&request).filter(|_| !self.down.load(Ordering::SeqCst));
        if request.uri().path() == "/token" {
            let body = String::from_utf8(request.body().to_vec()).expect("text");
            let sent = (request.uri().to_string(), request.headers().clone(), body);
            self.redeemed.lock().expect("sound").push(sent);
        }
        Box::pin(async move {
            let (status, body) = answer
                .ok_or_else(|| HttpError::Broken(Arc::new(std::io::Error::other("the issuer is down"))))?;
            let response =
                Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
            Ok(response.body(body.into()).expect("a response"))
        })
    }
}

/// The API, and the issuer that it trusts.
pub(crate) struct Place {
    pub(crate) issuer: Arc<StubIssuer>,
    pub(crate) protect: Protect,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::for_audience(API)
    }

    pub(crate) fn for_audience(audience: &str) -> Self {
        let issuer = Arc::new(StubIssuer {
            key: SigningKey::generate(SigningAlg::Es256).expect("a key"),
            down: AtomicBool::new(false),
            redeemed: Mutex::default(),
            token_answer: Mutex::new((
                StatusCode::OK,
                r#"{"access_token":"t","token_type":"Bearer"}"#.to_owned(),
            )),
        });
        let provider = Provider::builder(Issuer::parse(ISSUER).expect("an issuer"), issuer.clone())
            .env(env(&Arc::new(TestClock::default())))
            .lazy();
        let protect = Protect::jwt(&provider).audience(audience).build().expect("an audience");
        Self { issuer, protect }
    }

    pub(crate) fn api(&self) -> Api {
        routes(Api::new(API).protect(self.protect.clone()))
    }

    pub(crate) fn app(&self) -> Router {
        self.api().build().expect("the parts fit")
    }

    pub(crate) fn bearer(&self, scope: &str) -> String {
        let claims = claims_with("scope", scope.into()).to_string();
        format!("Bearer {}", self.issuer.key.sign(Some("at+jwt"), claims.as_bytes()).expect("signs"))
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.expect("answers");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 4 << 20).await.expect("a body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("text"),
    }
}

pub(crate) async fn fetch(app: &Router, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).expect("a request")).await
}

pub(crate) async fn call(app: &Router, method: &str, path: &str, authorization: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization);
    send(app, request.body(Body::from("slate")).expect("a request")).await
}
