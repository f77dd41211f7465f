//! Handlers whose signature says who may call them.

use ::axum::Router;
use ::axum::body::{Body, to_bytes};
use ::axum::http::{Request, StatusCode, header};
use ::axum::routing::get;
use hallpass_resource::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{World, claims_with};

scope! {
    ItemsRead = "items:read", "Read items";
    Admin = "admin", "Everything";
}

#[derive(Deserialize)]
struct Me {
    email: String,
}

async fn list(auth: Auth<ItemsRead>) -> String {
    format!("{} {} {}", auth.sub, auth.scope, auth.client_id)
}

type Admins = Any<(Admin, All<(ItemsRead, Admin)>)>;

async fn admin(_: Auth<Admins>) -> &'static str {
    "admin"
}

async fn me(auth: Auth<Authenticated, Me>) -> String {
    auth.claims.email.clone()
}

async fn tenant(auth: Auth<Authenticated>) -> String {
    auth.claims["tenant"].as_str().unwrap_or("none").to_owned()
}

async fn greet(auth: Option<Auth<ItemsRead>>) -> String {
    auth.map_or("stranger".to_owned(), |auth| auth.sub.clone())
}

async fn health(_: Public) -> &'static str {
    "ok"
}

fn routes() -> Router {
    Router::new()
        .route("/items", get(list))
        .route("/admin", get(admin))
        .route("/me", get(me))
        .route("/tenant", get(tenant))
        .route("/greet", get(greet))
        .route("/health", get(health))
}

struct Answer {
    status: StatusCode,
    challenge: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

async fn call(app: &Router, path: &str, authorization: Option<String>) -> Answer {
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    let response =
        app.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("answers");
    let challenge = response
        .headers()
        .get(header::WWW_AUTHENTICATE)
        .map(|value| value.to_str().expect("text").to_owned());
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    Answer {
        status,
        challenge: challenge.unwrap_or_default(),
        body: String::from_utf8(body.to_vec()).expect("text"),
    }
}

fn bearer(token: &str) -> Option<String> {
    Some(format!("Bearer {token}"))
}

#[tokio::test]
async fn a_handler_sees_who_calls() {
    let world = World::new();
    let app = routes().layer(world.protect.layer());
    let answer = call(&app, "/items", bearer(&world.token("items:read email"))).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "ada items:read email demo-web"));
}

#[tokio::test]
async fn a_handler_is_not_reached_without_the_scope() {
    let world = World::new();
    let app = routes().layer(world.protect.layer());
    let nothing = call(&app, "/items", None).await;
    assert_eq!(
        (nothing.status, nothing.challenge.as_str()),
        (StatusCode::UNAUTHORIZED, r#"Bearer scope="items:read""#)
    );
    assert!(nothing.json().get("error").is_none());
    let wrong = call(&app, "/admin", bearer(&world.token("items:read"))).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(
        wrong.challenge.contains(r#"error="insufficient_scope""#)
            && wrong.challenge.contains(r#"scope="admin""#)
    );
    assert_eq!(wrong.json()["error"], "insufficient_scope");
}

#[tokio::test]
async fn claims_are_read_into_the_type_of_the_route() {
    let world = World::new();
    let app = routes().layer(world.protect.layer());
    let token = world.sign(&claims_with("email", json!("ada@example.com")));
    assert_eq!(call(&app, "/me", bearer(&token)).await.body, "ada@example.com");
    let token = world.sign(&claims_with("tenant", json!("blue")));
    assert_eq!(call(&app, "/tenant", bearer(&token)).await.body, "blue");
    let lacking = call(&app, "/me", bearer(&token)).await;
    assert_eq!(
        (lacking.status, lacking.json()["error"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("invalid_token"))
    );
    assert!(!lacking.body.contains("email"), "what the program reads is its own affair");
}

/// `None` is for those who present nothing. Whoever presents something is told when it is no good.
#[tokio::test]
async fn an_optional_token_that_is_bad_is_refused_all_the_same() {
    let world = World::new();
    let app = routes().layer(world.protect.layer());
    assert_eq!(call(&app, "/greet", None).await.body, "stranger");
    assert_eq!(call(&app, "/greet", bearer(&world.token("items:read"))).await.body, "ada");
    assert_eq!(call(&app, "/greet", bearer("opaque")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&app, "/greet", bearer("a b")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(call(&app, "/greet", bearer(&world.token("other"))).await.status, StatusCode::FORBIDDEN);
    world.clock.turn(3600);
    let expired = world.sign(&json!({ "exp": 1 }));
    assert_eq!(call(&app, "/greet", bearer(&expired)).await.status, StatusCode::UNAUTHORIZED);
}

/// RFC 9700 §4.3.2: a token in a URL ends up in logs and histories. Here it opens nothing.
#[tokio::test]
async fn a_token_in_the_query_counts_as_nothing() {
    let world = World::new();
    let app = routes().layer(world.protect.layer());
    let answer = call(&app, &format!("/items?access_token={}", world.token("items:read")), None).await;
    assert_eq!(
        (answer.status, answer.challenge.as_str()),
        (StatusCode::UNAUTHORIZED, r#"Bearer scope="items:read""#)
    );
}

#[tokio::test]
async fn a_public_handler_is_open() {
    let world = World::new();
    let app = routes().layer(world.protect.layer());
    assert_eq!(call(&app, "/health", None).await.status, StatusCode::OK);
    assert_eq!(call(&app, "/health", bearer("opaque")).await.status, StatusCode::OK);
}

/// Forgotten layer: nobody gets in, whatever they present and even where a token is optional.
#[tokio::test]
async fn without_the_layer_nothing_passes() {
    let world = World::new();
    for path in ["/items", "/greet"] {
        for authorization in [None, bearer(&world.token("items:read"))] {
            let answer = call(&routes(), path, authorization).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert!(!answer.body.contains("layer"), "the client need not know");
        }
    }
}

/// Two parts of one program may trust two issuers; the inner layer counts.
#[tokio::test]
async fn each_part_has_its_own_layer() {
    let (outer, inner) = (World::new(), World::new());
    let app = Router::new().nest("/in", routes().layer(inner.protect.layer())).merge(routes());
    let app = app.layer(outer.protect.layer());
    assert_eq!(call(&app, "/items", bearer(&outer.token("items:read"))).await.status, StatusCode::OK);
    assert_eq!(call(&app, "/in/items", bearer(&inner.token("items:read"))).await.status, StatusCode::OK);
    assert_eq!(
        call(&app, "/in/items", bearer(&outer.token("items:read"))).await.status,
        StatusCode::UNAUTHORIZED
    );
}
