//! The management of a registration — RFC 7592.

use axum::http::Method;
use serde_json::{Value, json};

use hallpass_server::entity::Status;
use hallpass_testkit::browser::VERIFIER;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Reply, TestIssuer};

use super::{CB, app, open, open_with, registered, text};

/// The path of a registration.
fn path(client: &Value) -> String {
    format!("/register/{}", text(client, "client_id"))
}

async fn ask(issuer: &TestIssuer, method: Method, client: &Value, body: Option<&Value>) -> Reply {
    let token = text(client, "registration_access_token");
    issuer.json(method, &path(client), Some(token), body).await
}

/// An update that says what was registered, with `more`.
fn update(client: &Value, more: Value) -> Value {
    let mut all = app(more);
    all["client_id"] = client["client_id"].clone();
    all
}

/// §2.1: everything but the secret, which is told once.
#[tokio::test]
async fn a_registration_is_read() {
    let issuer = open().await;
    let client = registered(&issuer, &app(json!({"initiate_login_uri": "https://new.example/login"}))).await;

    let reply = ask(&issuer, Method::GET, &client, None).await;

    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"));
    let mut expected = client;
    let members = expected.as_object_mut().expect("an object");
    members.remove("client_secret");
    members.remove("client_secret_expires_at");
    assert_eq!(reply.json(), expected);
}

/// security.md 61: a wrong token, another client's, or none opens nothing; an unknown client is no other answer.
#[tokio::test]
async fn only_its_own_token_opens_a_registration() {
    let issuer = open().await;
    let (mine, other) =
        (registered(&issuer, &app(json!({}))).await, registered(&issuer, &app(json!({}))).await);
    let token = text(&other, "registration_access_token");
    let body = update(&mine, json!({"client_name": "Stolen"}));
    for path in
        [path(&mine), "/register/web".to_owned(), "/register/unknown".to_owned(), "/register/%00".to_owned()]
    {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let body = (method == Method::PUT).then_some(&body);
            let reply = issuer.json(method.clone(), &path, Some(token), body).await;
            reply.assert_refused(401, "invalid_token");
            assert!(reply.header("www-authenticate").starts_with("Bearer "), "{method} {path}");
            let reply = issuer.json(method, &path, None, body).await;
            assert_eq!(reply.status, 401);
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"hallpass\"");
        }
    }
    assert_eq!(ask(&issuer, Method::GET, &mine, None).await.json()["client_name"], "New app");
    // A client secret is no registration access token, and neither is the token in the query.
    let secret = text(&mine, "client_secret");
    issuer.json(Method::GET, &path(&mine), Some(secret), None).await.assert_refused(401, "invalid_token");
    let in_query = format!("{}?access_token={token}", path(&mine));
    issuer.json(Method::GET, &in_query, None, None).await.assert_refused(400, "invalid_request");
}

/// §2.2: what comes takes the place of all that was there, and what is left out gets its default.
#[tokio::test]
async fn an_update_replaces_everything() {
    let issuer = open().await;
    let given = json!({"tos_uri": "https://new.example/tos", "scope": "openid email"});
    let client = registered(&issuer, &app(given)).await;
    issuer.clock.advance(100);

    let body = update(&client, json!({"client_name": "Renamed", "policy_uri": "https://new.example/policy"}));
    let reply = ask(&issuer, Method::PUT, &client, Some(&body)).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
    let told = reply.json();
    assert_eq!((&told["client_name"], told.get("tos_uri")), (&json!("Renamed"), None));
    assert_eq!(told["scope"], "openid profile email address phone offline_access");
    assert_eq!(told["client_id_issued_at"], client["client_id_issued_at"]);
    assert_eq!(told["registration_access_token"], client["registration_access_token"]);
    assert_eq!(told.get("client_secret"), None, "it goes on");
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let reply = issuer.post("/token", Some(&basic(id, secret)), &form).await;
    assert_eq!(reply.error(), "unauthorized_client", "the secret is still right");
    assert_eq!(ask(&issuer, Method::GET, &client, None).await.json(), told);
}

/// §2.2: what a client must send, and what it must not.
#[tokio::test]
async fn an_update_that_breaks_the_rules_changes_nothing() {
    let issuer = open().await;
    let client = registered(&issuer, &app(json!({}))).await;
    let before = ask(&issuer, Method::GET, &client, None).await.json();
    let without_id = app(json!({"client_name": "Changed"}));
    let mut other_id = update(&client, json!({"client_name": "Changed"}));
    other_id["client_id"] = json!("web");
    for body in [
        without_id,
        other_id,
        update(&client, json!({"client_name": "Changed", "client_secret": "chosen"})),
        update(&client, json!({"client_name": "Changed", "registration_access_token": "chosen"})),
        update(&client, json!({"client_name": "Changed", "registration_client_uri": "https://a.example/"})),
        update(&client, json!({"client_name": "Changed", "client_secret_expires_at": 7})),
        update(&client, json!({"client_name": "Changed", "client_id_issued_at": 7})),
        update(&client, json!({"client_name": "Changed", "tos_uri": "javascript:alert(1)"})),
        update(&client, json!({"client_name": 7})),
    ] {
        ask(&issuer, Method::PUT, &client, Some(&body)).await.assert_refused(400, "invalid_client_metadata");
    }
    let bad_uri = update(&client, json!({"redirect_uris": ["javascript:alert(1)"]}));
    ask(&issuer, Method::PUT, &client, Some(&bad_uri)).await.assert_refused(400, "invalid_redirect_uri");
    assert_eq!(ask(&issuer, Method::GET, &client, None).await.json(), before);
    // Its own secret may come along.
    let with_secret = update(&client, json!({"client_secret": client["client_secret"]}));
    assert_eq!(ask(&issuer, Method::PUT, &client, Some(&with_secret)).await.status, 200);
}

/// A client that becomes confidential gets a secret, and one that becomes public loses it.
#[tokio::test]
async fn the_secret_follows_the_method() {
    let issuer = open().await;
    let client = registered(&issuer, &app(json!({"token_endpoint_auth_method": "none"}))).await;

    let body = update(&client, json!({"token_endpoint_auth_method": "client_secret_post"}));
    let told = ask(&issuer, Method::PUT, &client, Some(&body)).await.json();
    assert!(text(&told, "client_secret").len() >= 43 && told["client_secret_expires_at"] == 0);

    let body = update(&client, json!({"token_endpoint_auth_method": "none"}));
    let told = ask(&issuer, Method::PUT, &client, Some(&body)).await.json();
    assert_eq!(told.get("client_secret"), None);
    let kept = issuer.store.client(text(&client, "client_id")).await.expect("works").expect("a client");
    assert_eq!(kept.client_secret, None);
}

/// §2.3: the client and all that it was given end at once, and nothing brings it back.
#[tokio::test]
async fn a_client_that_is_removed_is_gone() {
    let issuer = open().await;
    let given = json!({"grant_types": ["authorization_code", "refresh_token"]});
    let client = registered(&issuer, &app(given)).await;
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let authorization = basic(id, secret);
    let scope = [("scope", "openid offline_access")];
    let code = issuer.browser().code(id, CB, &scope).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CB),
        ("code_verifier", VERIFIER),
    ];
    let tokens = Tokens::of(&issuer.post("/token", Some(&authorization), &form).await);
    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 200);
    let record = issuer.store.client(id).await.expect("works").expect("a client");

    let reply = ask(&issuer, Method::DELETE, &client, None).await;

    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (204, ""));
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
    let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh_token)];
    issuer.post("/token", Some(&authorization), &form).await.assert_refused(401, "invalid_client");
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let body = (method == Method::PUT).then(|| update(&client, json!({})));
        ask(&issuer, method, &client, body.as_ref()).await.assert_refused(401, "invalid_token");
    }
    assert_eq!(issuer.store.client(id).await.expect("works"), None);
    // Even another client of that id has nothing of it.
    issuer.store.put_client(&record).await.expect("recorded");
    issuer.clock.advance(1);
    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
    issuer.post("/token", Some(&authorization), &form).await.assert_refused(400, "invalid_grant");
}

/// §2.1: "the client does not have permission": the operator has disabled it.
#[tokio::test]
async fn a_disabled_client_manages_nothing() {
    let issuer = open().await;
    let client = registered(&issuer, &app(json!({}))).await;
    issuer.change_client(text(&client, "client_id"), |client| client.status = Status::Disabled).await;

    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| update(&client, json!({})));
        ask(&issuer, method, &client, body.as_ref()).await.assert_refused(403, "access_denied");
    }
}

/// security.md 61: each may make the server fetch, so they are counted as registrations are.
#[tokio::test]
async fn updates_are_counted() {
    let issuer = open_with(|config| config.registration.per_minute = 2).await;
    let client = registered(&issuer, &app(json!({}))).await;
    let body = update(&client, json!({}));
    assert_eq!(ask(&issuer, Method::PUT, &client, Some(&body)).await.status, 200);

    let reply = ask(&issuer, Method::PUT, &client, Some(&body)).await;
    reply.assert_refused(429, "temporarily_unavailable");
    assert_eq!(ask(&issuer, Method::GET, &client, None).await.status, 200);
    issuer.clock.advance(60);
    assert_eq!(ask(&issuer, Method::PUT, &client, Some(&body)).await.status, 200);
}

/// security.md 56: nobody moves into the sector of somebody else, or out of the one that people know it by.
#[tokio::test]
async fn an_update_changes_no_subjects() {
    const SECTOR: &str = "https://other.example/sector";
    let issuer = open().await;
    issuer.web.json(SECTOR, &json!([CB, "https://other.example/cb"]));
    let pairwise = registered(&issuer, &app(json!({"subject_type": "pairwise"}))).await;
    for more in [
        json!({"subject_type": "pairwise", "redirect_uris": ["https://other.example/cb"]}),
        json!({"subject_type": "pairwise", "sector_identifier_uri": SECTOR}),
        json!({"subject_type": "public"}),
        json!({}),
    ] {
        let reply = ask(&issuer, Method::PUT, &pairwise, Some(&update(&pairwise, more))).await;
        reply.assert_refused(400, "invalid_client_metadata");
    }
    let same = json!({"subject_type": "pairwise", "redirect_uris": ["https://new.example/another"]});
    assert_eq!(ask(&issuer, Method::PUT, &pairwise, Some(&update(&pairwise, same))).await.status, 200);

    let public = registered(&issuer, &app(json!({}))).await;
    let body = update(&public, json!({"subject_type": "pairwise"}));
    ask(&issuer, Method::PUT, &public, Some(&body)).await.assert_refused(400, "invalid_client_metadata");
    let body = update(&public, json!({"redirect_uris": ["https://other.example/cb"]}));
    assert_eq!(ask(&issuer, Method::PUT, &public, Some(&body)).await.status, 200);
}
