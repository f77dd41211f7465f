//! The issuer signs people out — security.md 63, 79; pain 21.

use axum::body::Body;
use hallpass_client::login::SessionPlace;
use hallpass_proto::jose::jwt::sign_claims;
use hallpass_proto::param::Form;
use http::Request;
use serde_json::{Value, json};

use crate::login::{Browser, Reply, World};
use crate::world::{CLIENT, ISSUER, keys, parameter, sign};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a truthful logout token says.
fn claims(world: &World) -> Value {
    let now = world.issuer.clock.now_unix();
    json!({
        "iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": format!("jti at {now}"),
        "events": { EVENT: {} }, "sub": "ada", "sid": "the-session",
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    if claims[name].is_null() {
        claims.as_object_mut().expect("an object").remove(name);
    }
    claims
}

/// The issuer posts a token.
async fn post(world: &World, token: &str) -> Reply {
    let form = Form::from_iter([("logout_token", token)]);
    let request = Request::post("/backchannel-logout")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.encode()));
    world.send(&Browser::default(), request.expect("a request")).await
}

async fn post_claims(world: &World, claims: &Value) -> Reply {
    post(world, &sign_claims(&keys()[0], Some("logout+jwt"), claims).expect("signs")).await
}

/// A browser that is signed in, in a session of this name at the issuer.
async fn signed_in(world: &World, sub: &str, sid: &str) -> Browser {
    let browser = Browser::default();
    let url = world.begin(&browser, "/login").await;
    let path = world.callback(&url);
    let mut id_token = world.issuer.claims(&parameter(&url, "nonce"));
    id_token["sid"] = json!(sid);
    id_token["sub"] = json!(sub);
    world.issuer.grant(&sign(&keys()[0], &id_token));
    world.issuer.answer_json("/userinfo", json!({ "sub": sub }));
    assert_eq!(world.get(&browser, &path).await.status, 303);
    browser
}

async fn who(world: &World, browser: &Browser) -> String {
    world.get(browser, "/any").await.body
}

#[tokio::test]
async fn the_sessions_of_an_ended_session_at_the_issuer_end() {
    let world = World::new();
    let [first, second] =
        [signed_in(&world, "ada", "the-session").await, signed_in(&world, "ada", "the-session").await];
    let elsewhere = signed_in(&world, "ada", "another-session").await;

    let reply = post_claims(&world, &claims(&world)).await;

    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"));
    assert_eq!((who(&world, &first).await, who(&world, &second).await), ("nobody".into(), "nobody".into()));
    assert_eq!(who(&world, &elsewhere).await, "ada");
}

#[tokio::test]
async fn a_token_for_the_person_ends_all_of_their_sessions() {
    let world = World::new();
    let [one, two] = [signed_in(&world, "ada", "s1").await, signed_in(&world, "ada", "s2").await];
    let grace = signed_in(&world, "grace", "s3").await;

    let reply = post_claims(&world, &with(claims(&world), "sid", Value::Null)).await;

    assert_eq!(reply.status, 200);
    assert_eq!((who(&world, &one).await, who(&world, &two).await), ("nobody".into(), "nobody".into()));
    assert_eq!(who(&world, &grace).await, "grace");
}

#[tokio::test]
async fn a_session_of_somebody_else_stays() {
    let world = World::new();
    let browser = signed_in(&world, "ada", "the-session").await;

    assert_eq!(post_claims(&world, &with(claims(&world), "sub", json!("grace"))).await.status, 200);

    assert_eq!(who(&world, &browser).await, "ada");
}

/// The session was never here, or has ended: that is what was to be done.
#[tokio::test]
async fn an_unknown_session_is_no_error() {
    let world = World::new();

    assert_eq!(post_claims(&world, &claims(&world)).await.status, 200);
}

/// Each rule of §2.6: 400, and everybody stays signed in.
#[tokio::test]
async fn a_token_that_breaks_a_rule_ends_nothing() {
    let world = World::new();
    let browser = signed_in(&world, "ada", "the-session").await;
    let good = claims(&world);
    let now = world.issuer.clock.now_unix();
    let mut neither = with(good.clone(), "sub", Value::Null);
    neither = with(neither, "sid", Value::Null);

    for broken in [
        with(good.clone(), "events", Value::Null),
        with(good.clone(), "events", json!({ EVENT: "yes" })),
        with(good.clone(), "nonce", json!("n")),
        with(good.clone(), "iat", Value::Null),
        with(good.clone(), "jti", Value::Null),
        with(good.clone(), "exp", json!(now - 61)),
        with(good.clone(), "iss", json!("https://evil.example")),
        with(good.clone(), "aud", json!("another-client")),
        neither,
    ] {
        let reply = post_claims(&world, &broken).await;
        assert_eq!(reply.status, 400, "{broken}");
        assert_eq!(reply.body, r#"{"error":"invalid_request"}"#, "and nothing of the token is told");
    }
    let signed = sign_claims(&keys()[1], Some("logout+jwt"), &good).expect("signs");
    let elliptic = sign_claims(&keys()[2], Some("logout+jwt"), &good).expect("signs");
    let as_access_token = sign_claims(&keys()[0], Some("at+jwt"), &good).expect("signs");
    let (_, rest) = signed.split_once('.').expect("three parts");
    let (payload, _) = rest.split_once('.').expect("three parts");
    let none = format!("eyJhbGciOiJub25lIn0.{payload}.");
    for token in [&*signed, &elliptic, &as_access_token, &none, "", "x", "a.b.c"] {
        assert_eq!(post(&world, token).await.status, 400, "{token}");
    }
    assert_eq!(who(&world, &browser).await, "ada");
}

/// §2.6 (8).
#[tokio::test]
async fn a_token_counts_once() {
    let world = World::new();
    let token = sign_claims(&keys()[0], Some("logout+jwt"), &claims(&world)).expect("signs");
    assert_eq!(post(&world, &token).await.status, 200);
    let browser = signed_in(&world, "ada", "the-session").await;

    assert_eq!(post(&world, &token).await.status, 400);

    assert_eq!(who(&world, &browser).await, "ada");
}

#[tokio::test]
async fn what_is_no_form_with_one_token_is_refused() {
    let world = World::new();
    let token = sign_claims(&keys()[0], Some("logout+jwt"), &claims(&world)).expect("signs");
    let form = "application/x-www-form-urlencoded";
    for (content_type, body) in [
        ("application/json", format!("logout_token={token}")),
        (form, String::new()),
        (form, format!("logout_token={token}&logout_token={token}")),
        (form, format!("other={token}")),
        (form, "logout_token=%zz".to_owned()),
        (form, format!("logout_token={}", "x".repeat(70_000))),
    ] {
        let request = Request::post("/backchannel-logout").header("content-type", content_type);
        let reply = world.send(&Browser::default(), request.body(Body::from(body)).expect("a request")).await;
        assert_eq!(reply.status, 400);
    }
    let get = Request::get("/backchannel-logout").body(Body::empty()).expect("a request");
    assert_eq!(world.send(&Browser::default(), get).await.status, 405);
}

/// The issuer is asked to come again: its keys cannot be had at this moment.
#[tokio::test]
async fn an_issuer_without_keys_is_told_to_try_again() {
    let world = World::new();
    world.issuer.go_down();

    assert_eq!(post_claims(&world, &claims(&world)).await.status, 503);

    world.issuer.come_back();
    world.issuer.clock.advance(60);
    assert_eq!(post_claims(&world, &claims(&world)).await.status, 200);
}

/// In a frame of the issuer's page, without the session's cookie.
#[tokio::test]
async fn the_browser_brings_the_word_too() {
    let world = World::new();
    let browser = signed_in(&world, "ada", "the-session").await;
    let stranger = Browser::default();

    for query in
        ["", "?sid=the-session", "?iss=https://as.example", "?iss=https://evil.example&sid=the-session"]
    {
        assert_eq!(
            world.get(&stranger, &format!("/frontchannel-logout{query}")).await.status,
            400,
            "{query}"
        );
    }
    assert_eq!(who(&world, &browser).await, "ada", "nothing ends without both");
    let page =
        world.get(&stranger, "/frontchannel-logout?iss=https%3A%2F%2Fas.example&sid=the-session").await;

    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    let policy = page.header("content-security-policy");
    assert_eq!(policy, "default-src 'none'; frame-ancestors https://as.example");
    assert_eq!(page.header("x-frame-options"), "", "or the issuer's page could not load it");
    assert_eq!(who(&world, &browser).await, "nobody");
}

/// A cookie in a browser cannot be ended from here, and nobody is told that it was.
#[tokio::test]
async fn sealed_cookies_have_no_such_routes() {
    let world = World::with("https://app.example", |c| c.sessions(SessionPlace::SealedCookie));

    assert_eq!(post_claims(&world, &claims(&world)).await.status, 404);
    assert_eq!(world.get(&Browser::default(), "/frontchannel-logout").await.status, 404);
}
