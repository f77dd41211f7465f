//! The web app against the real issuer: what a person sees, and what a program gets.

mod world;

use axum::body::Body;
use axum::http::Request;
use hallpass_proto::param::Form;
use hallpass_testkit::html::forms;
use serde_json::{Value, json};

use super::super::seed;
use world::{APP, Browser, ISSUER, Page, navigation, world};

fn is_good(page: &Page) -> bool {
    page.reply.body.contains("data-outcome=\"good\"")
}

#[tokio::test]
async fn home_is_a_page_for_people_and_hello_for_programs() {
    let (world, browser) = (world().await, Browser::default());
    assert_eq!(world.json(&browser, "/").await.body, r#"{"Hello":"World"}"#);
    let page = world.open(&browser, "/").await;
    assert!(page.reply.body.contains("href=\"/flows/code\"") && page.reply.body.contains("id=\"sign-in\""));
}

#[tokio::test]
async fn login_asks_for_what_the_tutorial_asks_for() {
    let (world, browser) = (world().await, Browser::default());
    let away = world.json(&browser, "/login").await;
    assert!(away.location().contains("scope=openid+profile+email&"), "{}", away.location());
}

#[tokio::test]
async fn signing_in_shows_the_verified_claims() {
    let (world, browser) = (world().await, Browser::default());
    let page = world.sign_in(&browser, "/login").await;
    assert_eq!(page.url, format!("{APP}/claims"));
    assert!(page.reply.body.contains("Ada Lovelace") && page.reply.body.contains("ada@example.com"));
    let claims = world.json(&browser, "/claims").await.json();
    assert_eq!((&claims["iss"], &claims["email"]), (&json!(ISSUER), &json!("ada@example.com")));
    let home = world.open(&browser, "/").await;
    assert!(home.reply.body.contains("id=\"signed-in\""));
}

/// As the tutorial's callback answers: the claims, at the callback itself.
#[tokio::test]
async fn a_program_gets_the_claims_at_the_callback() {
    let (world, browser) = (world().await, Browser::default());
    world.sign_in(&browser, "/login").await;
    let away = world.json(&browser, "/login").await.location().to_owned();
    let back = world.send(&browser, &away, navigation(&away)).await.location().to_owned();
    let path = back.strip_prefix(APP).expect("the app").to_owned();
    let claims = world.json(&browser, &path).await;
    assert_eq!(claims.status, 200);
    assert_eq!(claims.json()["name"], json!("Ada Lovelace"));
}

#[tokio::test]
async fn the_tutorials_refusals() {
    let (world, browser) = (world().await, Browser::default());
    let none = world.json(&browser, "/callback").await;
    assert_eq!(
        (none.status.as_u16(), none.body.as_str()),
        (400, r#"{"detail":"Authorization code not provided"}"#)
    );
    let away = world.json(&browser, "/login").await.location().to_owned();
    let state = Form::parse(away.split_once('?').expect("a query").1.as_bytes()).expect("a form");
    let state = state.get("state").expect("a state").to_owned();
    let query = Form::from_iter([("code", "made-up"), ("state", &state), ("iss", ISSUER)]).encode();
    let refused = world.json(&browser, &format!("/callback?{query}")).await;
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_str()),
        (400, r#"{"detail":"Failed to obtain access token"}"#)
    );
    let away = world.json(&browser, "/login").await.location().to_owned();
    let query =
        Form::parse(away.split_once('?').expect("a query").1.as_bytes()).expect("a form").into_owned();
    *world.down.lock().expect("whole") = true;
    let query =
        Form::from_iter([("code", "c"), ("state", query.get("state").expect("a state")), ("iss", ISSUER)]);
    let down = world.json(&browser, &format!("/callback?{}", query.encode())).await;
    assert_eq!(down.status, 502);
    let detail = format!("The authorization server {ISSUER} could not be reached");
    assert_eq!(down.json(), json!({ "detail": detail }));
}

#[tokio::test]
async fn a_person_who_says_no_gets_a_way_back() {
    let (world, browser) = (world().await, Browser::default());
    let page = world.open(&browser, "/login").await;
    let page = world.submit(&browser, &page, "/sign-in", &[("action", "cancel")]).await;
    assert_eq!(page.reply.status, 400);
    assert!(
        page.reply.body.contains("access_denied") && page.reply.body.contains("id=\"retry\""),
        "{}",
        page.reply.body
    );
    assert!(page.reply.body.contains("id=\"home\""));
}

#[tokio::test]
async fn two_tabs_sign_in_at_once() {
    let (world, browser) = (world().await, Browser::default());
    let first = world.open(&browser, "/login?return_to=/flows/refresh").await;
    let second = world.open(&browser, "/login?return_to=/claims").await;
    let first = world.sign_in_at(&browser, first).await;
    assert_eq!(first.url, format!("{APP}/flows/refresh"));
    let second = world.sign_in_at(&browser, second).await;
    assert_eq!(second.url, format!("{APP}/claims"));
}

#[tokio::test]
async fn the_code_flow_is_shown_without_its_secrets() {
    let (world, browser) = (world().await, Browser::default());
    let page = world.sign_in(&browser, "/flows/code/start").await;
    assert_eq!(page.url, format!("{APP}/flows/code"));
    assert!(is_good(&page), "{}", page.reply.body);
    let body = &page.reply.body;
    for shown in [
        "grant_type=authorization_code",
        "code_challenge_method=S256",
        "nonce",
        "at_hash",
        "GET /items",
        "200 OK",
    ] {
        assert!(body.contains(shown), "{shown}");
    }
    assert!(
        !body.contains("demo-web-secret") && !body.contains("eyJhbGciOi"),
        "no secret and no whole token: {body}"
    );
    let stranger = world.open(&Browser::default(), "/flows/code").await;
    assert!(!stranger.reply.body.contains("run-result"), "it is shown to the one who ran it");
}

#[tokio::test]
async fn client_credentials_run_and_are_refused() {
    let (world, browser) = (world().await, Browser::default());
    let page = world.open(&browser, "/flows/client-credentials").await;
    let good = world.submit(&browser, &page, "/flows/client-credentials", &[]).await;
    assert!(is_good(&good), "{}", good.reply.body);
    assert!(!good.reply.body.contains("demo-service-secret"));
    let bad = world.submit(&browser, &page, "/flows/client-credentials", &[("scope", "admin")]).await;
    assert!(!is_good(&bad) && bad.reply.body.contains("invalid_scope"), "{}", bad.reply.body);
    let odd = world.submit(&browser, &page, "/flows/client-credentials", &[("scope", "\"><script>")]).await;
    assert!(odd.reply.status.is_success() && !odd.reply.body.contains("<script"), "{}", odd.reply.body);
}

#[tokio::test]
async fn the_password_grant_runs_and_is_refused() {
    let (world, browser) = (world().await, Browser::default());
    let page = world.open(&browser, "/flows/password").await;
    assert!(page.reply.body.contains("RFC 9700"));
    let login = [("username", seed::LOGIN), ("password", seed::PASSWORD_OF_ADA)];
    let good = world.submit(&browser, &page, "/flows/password", &login).await;
    assert!(is_good(&good), "{}", good.reply.body);
    assert!(!good.reply.body.contains("password=lovelace"));
    let wrong = [("username", seed::LOGIN), ("password", "canary-wrong-password")];
    let bad = world.submit(&browser, &page, "/flows/password", &wrong).await;
    assert!(
        bad.reply.body.contains("invalid_grant") && !bad.reply.body.contains("canary"),
        "{}",
        bad.reply.body
    );
    let empty = world.submit(&browser, &page, "/flows/password", &[("username", "ada")]).await;
    assert!(empty.reply.body.contains("id=\"missing\""));
}

#[tokio::test]
async fn a_refresh_token_is_used_and_then_revoked() {
    let (world, browser) = (world().await, Browser::default());
    let nobody = world.open(&browser, "/flows/refresh").await;
    assert!(nobody.reply.body.contains("id=\"sign-in\""));
    let page = world.sign_in(&browser, "/login?return_to=/flows/refresh").await;
    for _ in 0..2 {
        let good = world.submit(&browser, &page, "/flows/refresh", &[("action", "refresh")]).await;
        assert!(is_good(&good), "{}", good.reply.body);
        for shown in ["grant_type=refresh_token", "/userinfo", "/introspect"] {
            assert!(good.reply.body.contains(shown), "{shown}");
        }
    }
    let revoked = world.submit(&browser, &page, "/flows/refresh", &[("action", "revoke")]).await;
    assert!(is_good(&revoked) && revoked.reply.body.contains("/revoke"), "{}", revoked.reply.body);
    let after = world.open(&browser, "/flows/refresh").await;
    assert!(after.reply.body.contains("no refresh token"));
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let (world, browser) = (world().await, Browser::default());
    world.sign_in(&browser, "/login").await;
    for path in ["/flows/client-credentials", "/flows/password", "/flows/refresh", "/spa/verify", "/logout"] {
        for (name, value) in
            [("origin", "http://localhost:9000"), ("sec-fetch-site", "same-site"), ("x-none", "x")]
        {
            let url = format!("{APP}{path}");
            let request = Request::post(&url).header(name, value).body(Body::from("action=revoke"));
            let reply = world.send(&browser, &url, request.expect("a request")).await;
            assert_eq!(reply.status, 403, "{path} {name}");
        }
    }
    assert_eq!(world.json(&browser, "/claims").await.status, 200, "still signed in");
}

#[tokio::test]
async fn signing_out_ends_both_sessions() {
    let (world, browser) = (world().await, Browser::default());
    let page = world.sign_in(&browser, "/login").await;
    let out = world.submit(&browser, &page, "/logout", &[]).await;
    assert_eq!(out.url, format!("{APP}/"), "by way of the issuer");
    assert_eq!(world.json(&browser, "/claims").await.status, 401);
    let again = world.open(&browser, "/login").await;
    assert!(again.url.starts_with(&format!("{ISSUER}/sign-in")), "the issuer asks again: {}", again.url);
}

/// What the script of `/spa` does, without a browser: the fragment's tokens go to `/spa/verify`.
#[tokio::test]
async fn tokens_of_the_implicit_flow_are_verified() {
    let (world, browser) = (world().await, Browser::default());
    world.sign_in(&browser, "/login").await;
    let parameters = [
        ("response_type", "id_token token"),
        ("client_id", "demo-spa"),
        ("redirect_uri", "http://localhost:8000/spa/callback"),
        ("scope", "openid items:read"),
        ("state", "s"),
        ("nonce", "the-nonce"),
    ];
    let url = format!("{ISSUER}/authorize?{}", Form::from_iter(parameters).encode());
    let mut reply = world.send(&browser, &url, navigation(&url)).await;
    if !reply.location().contains('#') {
        let url = format!("{ISSUER}{}", reply.location().trim_start_matches(ISSUER));
        let consent = Page { reply: world.send(&browser, &url, navigation(&url)).await, url };
        let form = forms(&consent.reply.body).into_iter().find(|form| form.id == "consent").expect("a form");
        let mut fields: Vec<(String, String)> = form.fields.into_iter().collect();
        fields.push(("action".into(), "allow".into()));
        let url = format!("{ISSUER}/consent");
        let request = Request::post(&url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(fields.into_iter().collect::<Form<'_>>().encode()));
        reply = world.send(&browser, &url, request.expect("a request")).await;
    }
    let location = reply.location().to_owned();
    let fragment = Form::parse(location.split_once('#').expect("a fragment").1.as_bytes()).expect("a form");
    let verdict = async |nonce: &str, access_token: &str| {
        let received = json!({
            "id_token": fragment.get("id_token"), "access_token": access_token, "nonce": nonce, "implicit": true,
        });
        let url = format!("{APP}/spa/verify");
        let request = Request::post(&url)
            .header("content-type", "application/json")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(received.to_string()));
        world.send(&browser, &url, request.expect("a request")).await.json()
    };
    let all_passed = |checks: &Value| {
        checks.as_array().expect("a list").iter().all(|check| check["passed"] == json!(true))
    };
    let token = fragment.get("access_token").expect("a token");
    let good = verdict("the-nonce", token).await;
    assert!(all_passed(&good["id_token"]) && all_passed(&good["access_token"]), "{good}");
    assert!(!all_passed(&verdict("another-nonce", token).await["id_token"]));
    assert!(!all_passed(&verdict("the-nonce", "another-token").await["id_token"]), "at_hash");
}

#[tokio::test]
async fn pages_are_strict_and_readable() {
    let (world, browser) = (world().await, Browser::default());
    let paths = [
        "/",
        "/flows/code",
        "/flows/implicit",
        "/flows/client-credentials",
        "/flows/password",
        "/flows/refresh",
        "/spa",
        "/spa/callback",
        "/callback",
        "/logout",
        "/nowhere",
    ];
    for path in paths {
        let page = world.open(&browser, path).await.reply;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(policy.contains("script-src 'self'"), path.starts_with("/spa"), "{path}: {policy}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let body = &page.body;
        assert_eq!(body.matches("<h1").count(), 1, "{path}: one heading");
        assert!(body.contains("<html lang=\"en\">") && body.contains("<title>"), "{path}");
        assert!(!body.contains(" style=") && !body.contains(" onclick="), "{path}: nothing inline");
        assert_eq!(body.matches("<script").count(), body.matches("<script src=\"/static/").count(), "{path}");
        assert_eq!(
            body.matches("<input id=").count(),
            body.matches("<label for=").count(),
            "{path}: every input has a label"
        );
    }
    for (path, content_type) in [("/static/hallpass.css", "text/css"), ("/static/spa.js", "text/javascript")]
    {
        let file = world.open(&browser, path).await.reply;
        assert!(file.status.is_success() && file.header("content-type").starts_with(content_type), "{path}");
    }
}
