//! The registration request — RFC 7591 §3.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::VERIFIER;
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::tokens::Tokens;

use super::{CB, app, open, register, registered, text};

/// §3.2.1, OpenID Connect Registration §3.2: everything that is registered, defaults included, and nothing kept.
#[tokio::test]
async fn a_client_is_told_all_that_is_registered() {
    let issuer = open().await;
    let reply = register(&issuer, &app(json!({"client_name#de": "Neues", "colour": "red"}))).await;

    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (201, "no-store"), "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    let told = reply.json();
    let id = text(&told, "client_id");
    assert!(id.len() >= 22 && text(&told, "client_secret").len() >= 43);
    assert_eq!(told["client_secret_expires_at"], 0);
    assert_eq!(told["client_id_issued_at"], issuer.now().unix());
    assert_eq!(told["registration_client_uri"], format!("{ISSUER}/register/{id}"));
    assert!(text(&told, "registration_access_token").len() >= 43);
    for (member, value) in [
        ("redirect_uris", json!([CB])),
        ("client_name", json!("New app")),
        ("client_name#de", json!("Neues")),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("application_type", json!("web")),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("id_token_signed_response_alg", json!("RS256")),
        ("subject_type", json!("public")),
        ("scope", json!("openid profile email address phone offline_access")),
        ("require_pkce", json!(true)),
    ] {
        assert_eq!(told[member], value, "{member}");
    }
    assert_eq!(told.get("colour"), None, "what is not known is not registered");
}

/// What is registered works at once, in the same second.
#[tokio::test]
async fn a_client_that_registered_itself_signs_people_in() {
    let issuer = open().await;
    let client =
        registered(&issuer, &app(json!({"grant_types": ["authorization_code", "refresh_token"]}))).await;
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));

    let code = issuer.browser().code(id, CB, &[("scope", "openid offline_access")]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CB),
        ("code_verifier", VERIFIER),
    ];
    let tokens = Tokens::of(&issuer.post("/token", Some(&basic(id, secret)), &form).await);

    assert_eq!(issuer.verified(&tokens.id_token).await["aud"], id);
    assert_ne!(tokens.refresh_token, "");
}

/// security.md 61: neither its id nor its secret nor its token is a client's to choose.
#[tokio::test]
async fn what_the_server_chooses_cannot_be_chosen() {
    let issuer = open().await;
    let chosen = json!({
        "client_id": "web", "client_secret": "chosen", "registration_access_token": "chosen",
        "client_id_issued_at": 1, "audience": ["https://bank.example"], "client_assertion_audience": "legacy",
    });

    let told = registered(&issuer, &app(chosen)).await;

    assert_ne!(text(&told, "client_id"), "web");
    assert_ne!(text(&told, "client_secret"), "chosen");
    assert_ne!(text(&told, "registration_access_token"), "chosen");
    assert_eq!(told["client_id_issued_at"], issuer.now().unix());
    assert_eq!(told.get("audience"), None, "which APIs take its tokens is the operator's word");
    let web = issuer.store.client("web").await.expect("the store works").expect("as before");
    assert_eq!(web.client_name, "The web app");
}

/// A public client has no secret to lose.
#[tokio::test]
async fn a_public_client_gets_no_secret() {
    let told = registered(&open().await, &app(json!({"token_endpoint_auth_method": "none"}))).await;
    assert_eq!((told.get("client_secret"), told.get("client_secret_expires_at")), (None, None));
    assert_eq!(told["require_pkce"], true);
}

/// Only digests are kept.
#[tokio::test]
async fn neither_secret_nor_token_is_in_the_store() {
    let issuer = open().await;
    let told = registered(&issuer, &app(json!({}))).await;

    let client = issuer.store.client(text(&told, "client_id")).await.expect("works").expect("a client");

    let kept = serde_json::to_string(&client).expect("prints");
    assert!(!kept.contains(text(&told, "client_secret")));
    assert!(!kept.contains(text(&told, "registration_access_token")));
}

/// §3.1: JSON, once each, of the types of the specification.
#[tokio::test]
async fn what_is_not_a_registration_is_refused() {
    let issuer = open().await;
    let post = |content_type: &'static str, body: String| {
        let issuer = &issuer;
        async move {
            let request = Request::post("/register").header("content-type", content_type);
            issuer.send(request.body(Body::from(body)).expect("a request")).await
        }
    };
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"redirect_uris\"",
        r#"{"redirect_uris":"https://new.example/cb"}"#,
        r#"{"redirect_uris":["https://new.example/cb"],"redirect_uris":["https://evil.example/cb"]}"#,
        r#"{"redirect_uris":["https://new.example/cb"],"client_name":["New"]}"#,
        r#"{"redirect_uris":["https://new.example/cb"],"jwks":"keys"}"#,
        r#"{"redirect_uris":["https://new.example/cb"],"default_max_age":"60"}"#,
    ] {
        post("application/json", body.to_owned()).await.assert_refused(400, "invalid_client_metadata");
    }
    let deep = format!("{{\"jwks\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    post("application/json", deep).await.assert_refused(400, "invalid_client_metadata");
    post("application/x-www-form-urlencoded", "redirect_uris=x".to_owned())
        .await
        .assert_refused(400, "invalid_request");
    let large = format!("{{\"client_name\":\"{}\"}}", "x".repeat(64 * 1024));
    post("application/json", large).await.assert_refused(413, "invalid_request");
    assert_eq!(post("Application/JSON; charset=utf-8", app(json!({})).to_string()).await.status, 201);
}

/// Off unless the operator switches it on.
#[tokio::test]
async fn nobody_registers_where_it_is_off() {
    let issuer = TestIssuer::start().await;
    for path in ["/register", "/register/web"] {
        assert_eq!(issuer.json(Method::POST, path, None, Some(&app(json!({})))).await.status, 404);
        assert_eq!(issuer.get(path).await.status, 404);
    }
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata.get("registration_endpoint"), None);
    let metadata = open().await.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["registration_endpoint"], format!("{ISSUER}/register"));
}

/// A page in a browser may register its own client; nothing that a browser keeps goes along.
#[tokio::test]
async fn a_script_of_any_origin_may_register() {
    let issuer = open().await;
    let preflight = Request::builder().method(Method::OPTIONS).uri("/register").body(Body::empty());
    let reply = issuer.send(preflight.expect("a request")).await;
    assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-origin")), (204, "*"));
    let reply = register(&issuer, &app(json!({}))).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(!reply.headers.contains_key("access-control-allow-credentials"));
}

/// RFC 7591 §5: what strangers may do in a minute is bounded; holders of a token have theirs.
#[tokio::test]
async fn a_flood_of_registrations_is_held_up() {
    let issuer = super::open_with(|config| config.registration.per_minute = 2).await;
    for _ in 0..2 {
        registered(&issuer, &app(json!({}))).await;
    }

    let reply = register(&issuer, &app(json!({}))).await;

    reply.assert_refused(429, "temporarily_unavailable");
    let wait: i64 = reply.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    issuer.clock.advance(wait);
    registered(&issuer, &app(json!({}))).await;
}
