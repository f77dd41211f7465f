//! `/sign-in` — OpenID Connect Core §3.1.2.3.

use hallpass_server::entity::Status;
use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::{Browser, TestIssuer};

use super::{ADA, SPA, WEB};

const SESSION: &str = "__Host-hallpass_session";
const VISITOR: &str = "__Host-hallpass_visitor";

/// security.md 24: a form that this browser did not get is refused, and nobody is signed in by it: an attacker cannot
/// sign a stranger in as themselves.
#[tokio::test]
async fn a_sign_in_without_the_form_of_this_browser_is_refused() {
    let issuer = TestIssuer::start().await;
    let attacker = issuer.browser();
    let page = attacker.open(&authorize_url("web", WEB, &[])).await;
    let form = form_of(&page, "sign-in").fields;
    let (request, csrf) = (form["request"].as_str(), form["csrf"].as_str());

    for (visitor, token) in [
        (None, Some(csrf)),
        (None, None),
        (Some("short"), Some(csrf)),
        (Some("another-random-value-of-forty-three-letters"), Some(csrf)),
        (Some("another-random-value-of-forty-three-letters"), Some("")),
        (Some("another-random-value-of-forty-three-letters"), Some("AAAA")),
        (Some("another-random-value-of-forty-three-letters"), None),
    ] {
        let victim = issuer.browser();
        if let Some(visitor) = visitor {
            victim.set_cookie(VISITOR, visitor);
        }
        let mut fields = vec![("request", request)];
        fields.extend(token.map(|token| ("csrf", token)));
        fields.extend(ADA);
        let reply = victim.post("/sign-in", &fields).await;

        assert_eq!(reply.status, 403, "{}", reply.body);
        assert!(!reply.headers.contains_key("location"));
        assert!(!victim.cookies().contains_key(SESSION));
        // the form is there once more, and good
        let reply = victim.submit(&reply, "sign-in", &ADA).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
    }
}

/// security.md 24: the tokens of other pages are none for this one.
#[tokio::test]
async fn the_token_of_another_request_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let one = form_of(&browser.open(&authorize_url("web", WEB, &[])).await, "sign-in").fields;
    let two = form_of(&browser.open(&authorize_url("spa", SPA, &[])).await, "sign-in").fields;

    let fields: Vec<_> =
        [("request", one["request"].as_str()), ("csrf", &two["csrf"])].into_iter().chain(ADA).collect();
    let reply = browser.post("/sign-in", &fields).await;

    assert_eq!(reply.status, 403);
    assert!(!browser.cookies().contains_key(SESSION));
}

/// security.md 24: the session id is new at sign-in, at every further one, and at sign-out; an old one, or one that
/// was planted, is no session.
#[tokio::test]
async fn the_session_id_changes_with_every_sign_in() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let planted = "p".repeat(43);
    browser.set_cookie(SESSION, &planted);
    let mut seen = vec![planted];

    for login in ["ada", "ada@example.com", "grace@example.com", "ada"] {
        browser.sign_in(login).await;
        let id = browser.cookies()[SESSION].clone();
        assert_eq!(id.len(), 43);
        assert!(!seen.contains(&id));
        seen.push(id);
    }
    let newest = seen.pop().expect("the last one");
    for old in seen {
        assert!(!is_signed_in(&issuer, &old).await, "{old}");
    }
    assert!(is_signed_in(&issuer, &newest).await);
    browser.submit(&browser.open("/end-session").await, "sign-out", &[("action", "sign-out")]).await;
    assert!(!browser.cookies().contains_key(SESSION));
    assert!(!is_signed_in(&issuer, &newest).await);
}

/// security.md 68: no such person, a wrong password and a disabled person are one answer.
#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let issuer = TestIssuer::start().await;
    issuer.change_user("user-grace", |user| user.status = Status::Disabled).await;
    let browser = issuer.browser();
    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    let mut answers = Vec::new();

    for (username, password) in [
        ("nobody@example.com", PASSWORD_OF_ALL),
        ("ada@example.com", "wrong"),
        ("ada@example.com", ""),
        ("grace@example.com", PASSWORD_OF_ALL),
        ("grace@example.com", "wrong"),
        ("", PASSWORD_OF_ALL),
    ] {
        let reply = browser.submit(&page, "sign-in", &[("username", username), ("password", password)]).await;

        assert_eq!(reply.status, 401);
        assert!(reply.body.contains("That user name and password do not match."), "{}", reply.body);
        assert!(!reply.body.contains(PASSWORD_OF_ALL));
        let login = form_of(&reply, "sign-in").fields["username"].clone();
        assert_eq!(login, username);
        let body =
            reply.body.replace(&format!("value=\"{username}\""), "value=\"\"").replace(" autofocus", "");
        let mut headers = reply.headers;
        headers.remove("content-length");
        answers.push((headers, body));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
    assert!(!browser.cookies().contains_key(SESSION));
}

/// security.md 68: the password grant tells them apart no better.
#[tokio::test]
async fn nobody_learns_it_from_the_password_grant() {
    let issuer = TestIssuer::start().await;
    issuer.change_user("user-grace", |user| user.status = Status::Disabled).await;
    let mut answers = Vec::new();

    for (username, password) in [
        ("nobody@example.com", "x"),
        ("ada", "wrong"),
        ("grace@example.com", PASSWORD_OF_ALL),
        ("grace@example.com", "x"),
    ] {
        let form = [("grant_type", "password"), ("username", username), ("password", password)];
        let reply = issuer.post_as("legacy", "/token", &form).await;

        reply.assert_refused(400, "invalid_grant");
        answers.push((reply.headers, reply.body));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
}

/// A login is the same person however it is typed.
#[tokio::test]
async fn a_login_may_be_typed_loosely() {
    let issuer = TestIssuer::start().await;

    for typed in ["ada", "ADA@Example.COM", "  Ada@example.com\t"] {
        let browser = issuer.browser();
        let page = browser.open(&authorize_url("web", WEB, &[])).await;
        let reply =
            browser.submit(&page, "sign-in", &[("username", typed), ("password", PASSWORD_OF_ALL)]).await;

        assert_eq!(reply.status, 303, "{typed}");
    }
}

/// `login_hint` is what the form begins with, unless somebody typed something.
#[tokio::test]
async fn a_login_hint_fills_the_form() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    let page = browser.open(&authorize_url("web", WEB, &[("login_hint", "Grace@Example.com")])).await;
    let again = browser.submit(&page, "sign-in", &[("username", "ada"), ("password", "wrong")]).await;

    assert_eq!(form_of(&page, "sign-in").fields["username"], "grace@example.com");
    assert_eq!(form_of(&again, "sign-in").fields["username"], "ada");
}

/// security.md 81: a request in progress costs the server nothing: a flood of them leaves no row behind.
#[tokio::test]
async fn requests_in_progress_are_not_kept() {
    let issuer = TestIssuer::start().await;

    for i in 0..300 {
        let page = issuer.browser().open(&authorize_url("web", WEB, &[("state", &i.to_string())])).await;
        assert_eq!(page.status, 200);
        issuer.browser().open(&authorize_url(&format!("client-{i}"), WEB, &[])).await;
    }

    issuer.clock.advance(10 * 365 * 24 * 60 * 60);
    assert_eq!(issuer.server.sweep().await.expect("sweeps"), 0);
}

async fn is_signed_in(issuer: &TestIssuer, id: &str) -> bool {
    let browser: Browser = issuer.browser();
    browser.set_cookie(SESSION, id);
    let reply = browser.get(&authorize_url("web", WEB, &[("prompt", "none")])).await;
    let error = response_of(&reply).error.expect("nobody has consented").error;
    error.as_str() == "consent_required"
}
