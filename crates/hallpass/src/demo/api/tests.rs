//! The API through its router, with tokens that are signed here.

mod documents;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_proto::bearer::Challenge;
use hallpass_proto::env::Env;
use hallpass_proto::error::ErrorCode;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::sign_claims;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::items::{MAX_ITEMS, MAX_NAME};
use super::{ApiSettings, router};

const ISSUER: &str = "http://localhost:9000";
const API: &str = "http://localhost:8001";
const APP: &str = "http://localhost:8000";

/// An issuer that answers discovery and keys, and the API that trusts it.
struct World {
    api: Router,
    key: SigningKey,
    env: Env,
}

struct StubIssuer {
    jwks: Vec<u8>,
}

impl HttpClient for StubIssuer {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let body = match request.uri().path() {
            "/.well-known/openid-configuration" => {
                let at = |path: &str| format!("{ISSUER}{path}");
                let metadata = json!({
                    "issuer": ISSUER,
                    "authorization_endpoint": at("/authorize"),
                    "token_endpoint": at("/token"),
                    "jwks_uri": at("/jwks"),
                });
                metadata.to_string().into_bytes()
            }
            _ => self.jwks.clone(),
        };
        let mut response = Response::new(Bytes::from(body));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Box::pin(async move { Ok(response) })
    }
}

fn world() -> World {
    let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
    let set = JwkSet { keys: key.public_jwk().cloned().into_iter().collect() };
    let jwks = serde_json::to_vec(&set).expect("prints");
    let env = Env::system();
    let api = router(settings(env.clone(), jwks));
    World { api, key, env }
}

fn settings(env: Env, jwks: Vec<u8>) -> ApiSettings {
    ApiSettings {
        issuer: Issuer::parse(ISSUER).expect("an issuer"),
        public_url: API.to_owned(),
        allowed_origin: APP.to_owned(),
        docs_client_id: "demo-spa",
        env,
        http: Arc::new(StubIssuer { jwks }),
    }
}

impl World {
    fn token(&self, scope: &str) -> String {
        let now = self.env.now().unix();
        let claims = json!({
            "iss": ISSUER, "sub": "ada", "aud": API, "client_id": "demo-web", "exp": now + 600, "iat": now,
            "jti": "1", "scope": scope,
        });
        sign_claims(&self.key, Some("at+jwt"), &claims).expect("signs")
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.api.clone().oneshot(request).await.expect("answers");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        Answer { response: Response::from_parts(parts, ()), body }
    }

    async fn get(&self, path: &str, scope: Option<&str>) -> Answer {
        let mut request = Request::get(path);
        if let Some(scope) = scope {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token(scope)));
        }
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, scope: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/items")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token(scope)))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).expect("a request")).await
    }
}

struct Answer {
    response: Response<()>,
    body: Bytes,
}

impl Answer {
    fn status(&self) -> StatusCode {
        self.response.status()
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn challenge(&self) -> Challenge {
        Challenge::parse(self.header(header::WWW_AUTHENTICATE)).expect("a Bearer challenge")
    }
}

#[tokio::test]
async fn without_a_token_every_protected_route_is_401_and_names_its_scope() {
    let world = world();
    for (path, scope) in [("/items", Some("items:read")), ("/me", None)] {
        let answer = world.get(path, None).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let challenge = answer.challenge();
        assert_eq!(challenge.error, None, "{path}");
        assert_eq!(challenge.scope.map(|scope| scope.to_string()).as_deref(), scope, "{path}");
        assert_eq!(answer.json()["status"], 401);
    }
}

#[tokio::test]
async fn each_route_needs_its_own_scope() {
    let world = world();
    assert_eq!(world.get("/items", Some("items:read")).await.status(), StatusCode::OK);
    assert_eq!(world.post("items:write", r#"{"name":"Slate"}"#).await.status(), StatusCode::CREATED);
    for (answer, needed) in [
        (world.get("/items", Some("items:write openid")).await, "items:read"),
        (world.post("items:read", r#"{"name":"Slate"}"#).await, "items:write"),
    ] {
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let challenge = answer.challenge();
        assert_eq!(challenge.error, Some(ErrorCode::InsufficientScope));
        assert_eq!(challenge.scope.map(|scope| scope.to_string()).as_deref(), Some(needed));
        assert_eq!(answer.json()["error"], "insufficient_scope");
    }
}

#[tokio::test]
async fn what_is_added_is_listed_with_who_added_it() {
    let world = world();
    let added = world.post("items:write", r#"{"name":"  Chalk "}"#).await.json();
    assert_eq!((added["name"].as_str(), added["added_by"].as_str()), (Some("Chalk"), Some("ada")));
    let listed = world.get("/items", Some("items:read")).await.json();
    assert_eq!(listed.as_array().and_then(|items| items.last()), Some(&added));
}

#[tokio::test]
async fn me_shows_the_claims_of_the_token() {
    let answer = world().get("/me", Some("")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json()["sub"], "ada");
    assert_eq!(answer.json()["client_id"], "demo-web");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_body_that_does_not_do_is_refused_and_the_field_is_named() {
    let world = world();
    let longest = "ü".repeat(MAX_NAME);
    assert_eq!(
        world.post("items:write", json!({ "name": longest }).to_string()).await.status(),
        StatusCode::CREATED
    );
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "  \n" }),
        json!({ "name": 7 }),
        json!({ "name": null }),
        json!({ "name": "a\u{0}b" }),
        json!({ "name": longest + "ü" }),
    ] {
        let answer = world.post("items:write", body.to_string()).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.json()["field"], "name", "{body}");
    }
    assert_eq!(world.post("items:write", "[]").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.post("items:write", "{").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        world.post("items:write", vec![b' '; 65 * 1024]).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let request = Request::post("/items")
        .header(header::AUTHORIZATION, format!("Bearer {}", world.token("items:write")))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = world.send(request.body(Body::from("name=Slate")).expect("a request")).await;
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn the_token_is_looked_at_before_the_body() {
    let request = Request::post("/items").header(header::CONTENT_TYPE, "application/json");
    let answer = world().send(request.body(Body::from("{")).expect("a request")).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_list_is_bounded() {
    let world = world();
    for i in 0..MAX_ITEMS + 5 {
        world.post("items:write", json!({ "name": format!("{i}") }).to_string()).await;
    }
    let listed = world.get("/items", Some("items:read")).await.json();
    let items = listed.as_array().expect("a list");
    assert_eq!(items.len(), MAX_ITEMS);
    assert_eq!((&items[0]["name"], &items[MAX_ITEMS - 1]["name"]), (&json!("5"), &json!("1004")));
}

#[tokio::test]
async fn the_index_is_a_page_to_a_browser_and_json_to_a_program() {
    let world = world();
    let page = Request::get("/").header(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let page = world.send(page.body(Body::empty()).expect("a request")).await;
    assert_eq!(
        (page.status(), page.header(header::CONTENT_TYPE)),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
    let text = String::from_utf8_lossy(&page.body);
    for wanted in ["lang=\"en\"", "POST /items", "items:write", ISSUER] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let document = world.get("/", None).await.json();
    assert_eq!(document["authorization_servers"], json!([ISSUER]));
    assert_eq!(
        document["routes"][1],
        json!({
            "method": "POST", "path": "/items", "scope": "items:write", "description": "Create items",
        })
    );
}

#[tokio::test]
async fn the_stylesheet_is_served() {
    let answer = world().get("/static/hallpass.css", None).await;
    assert_eq!(
        (answer.status(), answer.header(header::CONTENT_TYPE)),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(!answer.body.is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_a_json_404_and_what_is_not_taken_a_json_405() {
    let world = world();
    let missing = world.get("/nothing", None).await;
    assert_eq!((missing.status(), missing.json()["status"].as_u64()), (StatusCode::NOT_FOUND, Some(404)));
    let wrong = world.send(Request::delete("/items").body(Body::empty()).expect("a request")).await;
    assert_eq!(
        (wrong.status(), wrong.json()["status"].as_u64()),
        (StatusCode::METHOD_NOT_ALLOWED, Some(405))
    );
    assert_eq!(wrong.header(header::ALLOW), "GET,HEAD,POST");
    assert_eq!(wrong.header(header::CONTENT_TYPE), "application/problem+json");
}

/// The page of the app may read answers and refusals; pages of others may not.
#[tokio::test]
async fn one_origin_may_call_from_a_browser() {
    let world = world();
    for (origin, allowed) in [(APP, APP), ("http://localhost:8000.evil.example", ""), ("null", "")] {
        let preflight = Request::options("/items")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization");
        let preflight = world.send(preflight.body(Body::empty()).expect("a request")).await;
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT, "{origin}");
        assert_eq!(preflight.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
        assert_eq!(
            preflight.header(header::ACCESS_CONTROL_ALLOW_HEADERS).contains("authorization"),
            allowed == APP
        );
        assert_eq!(preflight.header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "", "{origin}");

        let refused = Request::get("/items").header(header::ORIGIN, origin);
        let refused = world.send(refused.body(Body::empty()).expect("a request")).await;
        assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
        assert_eq!(refused.header(header::VARY), "origin");
    }
}
