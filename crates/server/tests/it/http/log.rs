//! The log: one line for every request, and nothing secret in any line.

use axum::body::Body;
use axum::http::{Method, Request, header};

use hallpass_proto::param::Form;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{Browser, TestIssuer, Tokens};

use crate::captured::{Canaries, Log};
use crate::failing_store::{Break, DETAIL, FailingStore};

const WEB_CB: &str = "https://web.example/cb";
const SPA_CB: &str = "https://spa.example/cb";

/// security.md 71: a whole run with everything that can go well and wrong leaves no secret in the log.
#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = Log::start();
    let (issuer, store) = FailingStore::issuer().await;
    let mut canaries = Canaries::default();
    for (what, value) in
        [("a client secret", SECRET), ("a password", PASSWORD_OF_ALL), ("a wrong value", "canary-4711")]
    {
        canaries.plant(what, value);
    }
    let verifier = "canary-verifier-0123456789-0123456789-0123456789";
    canaries.plant("a verifier", verifier);
    let challenge = hallpass_proto::pkce::CodeVerifier::parse(verifier).expect("a verifier").challenge();
    let request = [
        ("state", "canary-of-state"),
        ("nonce", "canary-of-nonce"),
        ("login_hint", "canary-of-login-hint"),
        ("code_challenge", challenge.as_str()),
    ];
    for (what, value) in request {
        canaries.plant(what, value);
    }

    let browser = issuer.browser();
    sign_in_badly_and_well(&issuer, &browser, &request, &mut canaries).await;
    canaries.plant_cookies(&browser);
    redeem_badly_and_well(&issuer, &browser, &request, verifier, &mut canaries).await;
    refresh_until_the_family_ends(&issuer, &browser, &mut canaries).await;
    ask_badly(&issuer).await;
    store.fail("redeem_refresh", Break::Down);
    let form = [("grant_type", "refresh_token"), ("refresh_token", "canary-4711")];
    assert_eq!(issuer.token("web", &form).await.status, 503);

    let log = log.take();
    canaries.look_for(&log);
    for expected in [
        "code_replayed",
        "refresh_reused",
        "sign_in_failed",
        "signed_in",
        "consented",
        "VerifierWrong",
        DETAIL,
    ] {
        assert!(log.contains(expected), "the log does not say {expected}:\n{log}");
    }
    assert!(log.lines().count() > 40, "{log}");
}

async fn sign_in_badly_and_well(
    issuer: &TestIssuer,
    browser: &Browser,
    request: &[(&str, &str)],
    canaries: &mut Canaries,
) {
    let page = browser.open(&authorize_url("web", WEB_CB, request)).await;
    for (username, password) in [("ada", "canary-4711"), ("canary-4711", PASSWORD_OF_ALL)] {
        let fields = [("username", username), ("password", password)];
        assert_eq!(browser.submit(&page, "sign-in", &fields).await.status, 401);
    }
    canaries.plant_cookies(browser);
    let stranger = issuer.browser();
    let fields = [("username", "ada"), ("password", "canary-4711"), ("csrf", "canary-4711")];
    assert_eq!(stranger.submit(&page, "sign-in", &fields).await.status, 403);
    let fields = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
    let consent = browser.submit(&page, "sign-in", &fields).await;
    canaries.plant("a request in progress", consent.location().split_once("request=").expect("sealed").1);
    let consent = browser.follow(consent).await;
    let reply = browser.submit(&consent, "consent", &[("action", "allow")]).await;
    let code = response_of(&reply).code.expect("a code");
    canaries.plant("a code that is never used", code.expose());
    browser.get("/sign-in?request=canary-4711").await;
    browser.get("/authorize?client_id=canary-4711&redirect_uri=https://canary-4711.example").await;
}

async fn redeem_badly_and_well(
    issuer: &TestIssuer,
    browser: &Browser,
    request: &[(&str, &str)],
    verifier: &str,
    canaries: &mut Canaries,
) {
    let code = browser.code("web", WEB_CB, request).await;
    canaries.plant("a code", &code);
    let good = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", WEB_CB),
        ("code_verifier", verifier),
    ];
    let wrong = format!("wrong-{verifier}");
    canaries.plant("a wrong verifier", &wrong);
    for (name, value) in [
        ("code_verifier", wrong.as_str()),
        ("code_verifier", "canary-4711"),
        ("redirect_uri", "canary-4711:x"),
    ] {
        let form = good.map(|(n, v)| if n == name { (n, value) } else { (n, v) });
        issuer.token("web", &form).await.assert_refused(400, "invalid_grant");
    }
    issuer.token("other", &good).await.assert_refused(400, "invalid_grant");
    let tokens = Tokens::of(&issuer.token("web", &good).await);
    canaries.plant_tokens(&tokens);
    for token in [&tokens.access_token, &tokens.refresh_token, &tokens.id_token] {
        issuer.introspect("web", token).await;
        issuer.introspect("other", token).await;
        issuer.userinfo(token).await;
        issuer.revoke("other", token).await;
        let hint: Form<'_> =
            [("id_token_hint", token.as_str()), ("state", "canary-4711")].into_iter().collect();
        issuer.browser().open(&format!("/end-session?{}", hint.encode())).await;
        let hint = [("id_token_hint", token.as_str()), ("prompt", "none")];
        issuer.browser().get(&authorize_url("web", WEB_CB, &hint)).await;
    }
    issuer.token("web", &good).await.assert_refused(400, "invalid_grant");
}

async fn refresh_until_the_family_ends(issuer: &TestIssuer, browser: &Browser, canaries: &mut Canaries) {
    let reply = browser.complete(&authorize_url("spa", SPA_CB, &[])).await;
    let code = response_of(&reply).code.expect("a code");
    let first = Tokens::of(&issuer.redeem("spa", code.expose()).await);
    let second = Tokens::of(&issuer.refresh("spa", &first.refresh_token).await);
    issuer.clock.advance(31);
    issuer.refresh("spa", &first.refresh_token).await.assert_refused(400, "invalid_grant");
    canaries.plant_tokens(&first);
    canaries.plant_tokens(&second);
    let parameters =
        [("response_type", "id_token token"), ("code_challenge", ""), ("code_challenge_method", "")];
    let response = response_of(&browser.complete(&authorize_url("spa", SPA_CB, &parameters)).await);
    canaries.plant("an access token", response.access_token.expect("an access token").expose());
    canaries.plant("an ID token", response.id_token.expect("an ID token").expose());
}

/// Requests that are wrong in themselves, with secrets where they do not belong.
async fn ask_badly(issuer: &TestIssuer) {
    let canary = "canary-4711";
    for path in ["/token", "/introspect", "/revoke", "/userinfo"] {
        issuer.post(path, Some(&basic("web", canary)), &[("token", canary), ("client_secret", canary)]).await;
        issuer.post(path, Some(&basic(canary, canary)), &[("grant_type", canary)]).await;
        issuer.post(path, Some(&format!("Bearer {canary}")), &[("access_token", canary)]).await;
        issuer.post(path, Some(&format!("Basic {canary}")), &[]).await;
        issuer.post(path, None, &[("client_id", canary), ("client_secret", canary)]).await;
        issuer.post_raw(&format!("{path}?token={canary}&access_token={canary}"), None, "").await;
        issuer.post_raw(path, None, &format!("token={canary}%zz")).await;
        issuer.post_raw(path, None, &format!("token={canary}&token={canary}")).await;
        issuer.get(&format!("{path}?client_secret={canary}")).await;
        let json = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, format!("x={canary}"))
            .body(Body::from(format!(r#"{{"token":"{canary}"}}"#)));
        issuer.send(json.expect("a request")).await;
    }
    let form = [("grant_type", "password"), ("username", canary), ("password", canary)];
    issuer.post_as("legacy", "/token", &form).await.assert_refused(400, "invalid_grant");
}

/// security.md 71: exactly one line for every request, whatever comes of it, and it says what came of it.
#[tokio::test]
async fn every_request_is_one_line() {
    let log = Log::start();
    let issuer = TestIssuer::start().await;
    let request = |method: Method, path: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, basic("service", SECRET))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
    };
    let authorize = authorize_url("web", WEB_CB, &[("prompt", "none")]);
    let large = "x".repeat(70_000);
    log.take();
    for (method, path, body, status, expected) in [
        (Method::POST, "/token", "grant_type=client_credentials", 200, ""),
        (Method::POST, "/token", "grant_type=x", 400, "GrantTypeUnknown"),
        (Method::POST, "/token", "client_id=x", 400, "ClientIdDiffers"),
        (Method::POST, "/token", large.as_str(), 413, "BodyTooLarge"),
        (Method::POST, "/introspect", "token=x", 200, ""),
        (Method::POST, "/revoke", "token=x", 200, ""),
        (Method::GET, "/userinfo", "", 401, "TokenMissing"),
        (Method::GET, "/jwks", "", 200, ""),
        (Method::OPTIONS, "/token", "", 204, ""),
        (Method::GET, "/token", "", 405, ""),
        (Method::GET, "/nothing/here", "", 404, ""),
        (Method::GET, "/", "", 200, ""),
        (Method::GET, "/authorize", "", 400, "Parameters"),
        (Method::GET, authorize.as_str(), "", 303, "LoginRequired"),
        (Method::GET, "/static/hallpass.css", "", 200, ""),
    ] {
        let reply =
            issuer.send(request(method.clone(), path).body(Body::from(body.to_owned())).expect("ok")).await;
        assert_eq!(reply.status, status, "{method} {path}");

        let lines = log.lines();

        assert_eq!(lines.len(), 1, "{lines:?}");
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        for part in [
            "hallpass::request:",
            &format!("method={method}"),
            &format!("path=\"{path}\""),
            &format!("status={status}"),
        ] {
            assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
        }
        assert_eq!(lines[0].contains("refused="), !expected.is_empty(), "{}", lines[0]);
        assert!(lines[0].contains(expected), "{expected} is not in {}", lines[0]);
    }
}

/// A peer cannot forge lines or fill the disk with one request.
#[tokio::test]
async fn a_line_is_one_line_and_short() {
    let log = Log::start();
    let issuer = TestIssuer::start().await;
    log.take();
    let long = "x".repeat(20_000);
    for form in [
        [("grant_type", "client_credentials"), ("scope", long.as_str())],
        [("grant_type", "a\nb"), ("scope", "x")],
        [("a\r\nINFO hallpass::request: forged", "x"), ("a\r\nINFO hallpass::request: forged", "x")],
        [(long.as_str(), "x"), (long.as_str(), "x")],
    ] {
        issuer.token("service", &form).await;
        let lines = log.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].len() < 500, "{}", lines[0].len());
    }
    issuer.get(&format!("/{}", "y".repeat(20_000))).await;
    assert!(log.take().len() < 1000);
    let method = Method::from_bytes("M".repeat(2_000).as_bytes()).expect("a method");
    issuer
        .send(Request::builder().method(method).uri("/token").body(Body::empty()).expect("a request"))
        .await;
    assert!(log.take().len() < 1000);
    issuer.get("/a%0d%0aINFO%20forged").await;
    assert_eq!(log.lines().len(), 1);
}
