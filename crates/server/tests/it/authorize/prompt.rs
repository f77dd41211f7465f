//! `prompt` and `max_age` — OpenID Connect Core §3.1.2.1.

use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::html::forms;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, Reply, TestIssuer};

use super::{SPA, WEB};

const NATIVE: &str = "http://127.0.0.1:4711/cb";
const ADA: [(&str, &str); 2] = [("username", "ada@example.com"), ("password", PASSWORD_OF_ALL)];

/// security.md 19: a stranger is not asked, and the client is told.
#[tokio::test]
async fn prompt_none_without_a_session_is_login_required() {
    let issuer = TestIssuer::start().await;

    let reply = issuer.browser().get(&authorize_url("web", WEB, &[("prompt", "none")])).await;

    reply.assert_sent_back(WEB, "login_required");
}

/// security.md 19: nor is somebody who is signed in but has not consented, or not to that much.
#[tokio::test]
async fn prompt_none_without_consent_is_consent_required() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let quiet = |scope| authorize_url("web", WEB, &[("prompt", "none"), ("scope", scope)]);

    browser.get(&quiet("openid")).await.assert_sent_back(WEB, "consent_required");
    browser.code("web", WEB, &[("scope", "openid")]).await;
    assert!(response_of(&browser.get(&quiet("openid")).await).code.is_some());
    browser.get(&quiet("openid email")).await.assert_sent_back(WEB, "consent_required");
}

/// security.md 19: `none` stands alone, and an unknown value is an error.
#[tokio::test]
async fn prompt_none_with_another_value_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    for prompt in [
        "none login",
        "login none",
        "none consent",
        "none select_account",
        "none none",
        "nonsense",
        "Login",
        "login,consent",
    ] {
        browser
            .get(&authorize_url("web", WEB, &[("prompt", prompt)]))
            .await
            .assert_sent_back(WEB, "invalid_request");
    }
}

/// security.md 20: `max_age` is a whole number of seconds.
#[tokio::test]
async fn a_malformed_max_age_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    for max_age in
        ["-1", "+1", "1.5", "1e3", "0x10", "ten", " 1", "1 ", "٣", "9007199254740993", "99999999999999999999"]
    {
        browser
            .get(&authorize_url("web", WEB, &[("max_age", max_age)]))
            .await
            .assert_sent_back(WEB, "invalid_request");
    }
    let largest = browser.get(&authorize_url("web", WEB, &[("max_age", "9007199254740992")])).await;
    assert!(response_of(&largest).code.is_some());
}

/// security.md 20: `max_age=0` is `prompt=login`, and both show the form to somebody who is signed in. What the ID
/// token says of the time then is the new one.
#[tokio::test]
async fn prompt_login_and_max_age_0_ask_again() {
    for extra in [("prompt", "login"), ("max_age", "0")] {
        let issuer = TestIssuer::start().await;
        let browser = issuer.browser();
        let first = auth_time(&issuer, &browser, ("x", "")).await;
        issuer.clock.advance(100);
        assert_eq!(auth_time(&issuer, &browser, ("x", "")).await, first, "a session that goes on");

        let page = browser.open(&authorize_url("web", WEB, &[extra])).await;
        assert_eq!(
            form_of(&page, "sign-in").fields["username"],
            "ada@example.com",
            "who is signed in is named"
        );
        let reply = browser.submit(&page, "sign-in", &ADA).await;

        let code = response_of(&browser.follow(reply).await).code.expect("a code");
        let tokens = Tokens::of(&issuer.redeem("web", code.expose()).await);
        assert_eq!(issuer.verified(&tokens.id_token).await["auth_time"], first + 100, "{extra:?}");
        assert_eq!(auth_time(&issuer, &browser, ("x", "")).await, first + 100);
    }
}

/// security.md 20: `max_age` counts from the sign-in, to the second.
#[tokio::test]
async fn max_age_counts_from_the_sign_in() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let url = |extra| authorize_url("web", WEB, &[("max_age", "60"), extra]);

    issuer.clock.advance(60);
    assert!(response_of(&browser.get(&url(("prompt", ""))).await).code.is_some());
    issuer.clock.advance(1);
    browser.get(&url(("prompt", "none"))).await.assert_sent_back(WEB, "login_required");
    assert!(has_form(&browser.open(&url(("prompt", ""))).await, "sign-in"));
}

/// `prompt=none` with `max_age=0` can never be met.
#[tokio::test]
async fn prompt_none_with_max_age_0_is_login_required() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    let reply = browser.get(&authorize_url("web", WEB, &[("prompt", "none"), ("max_age", "0")])).await;

    reply.assert_sent_back(WEB, "login_required");
}

/// security.md 20, 22: which step is due does not hang on the address that the browser goes to: the request of a page
/// that asks for a sign-in cannot be carried past it, to the page behind.
#[tokio::test]
async fn a_required_sign_in_cannot_be_walked_around() {
    for extra in [
        ("prompt", "login"),
        ("max_age", "0"),
        ("prompt", "login select_account"),
        ("prompt", "login consent"),
    ] {
        let issuer = TestIssuer::start().await;
        let browser = issuer.browser();
        browser.code("web", WEB, &[]).await;
        let sign_in = browser.get(&authorize_url("web", WEB, &[extra])).await.location().to_owned();
        assert!(sign_in.contains("/sign-in?request="), "{sign_in}");

        for page in ["/consent", "/select-account"] {
            let walked = browser.open(&sign_in.replace("/sign-in", page)).await;

            assert!(has_form(&walked, "sign-in"), "{extra:?} {page}: {}", walked.body);
        }
    }
}

/// The same for the choice of an account.
#[tokio::test]
async fn a_required_choice_cannot_be_walked_around() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let choice =
        browser.get(&authorize_url("web", WEB, &[("prompt", "select_account")])).await.location().to_owned();

    let walked = browser.open(&choice.replace("/select-account", "/consent")).await;

    assert!(has_form(&walked, "select-account"), "{}", walked.body);
}

/// `prompt=consent` asks although the answer is known.
#[tokio::test]
async fn prompt_consent_asks_again() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let url = authorize_url("web", WEB, &[("prompt", "consent")]);

    let page = browser.open(&url).await;
    let allowed = browser.submit(&page, "consent", &[("action", "allow")]).await;
    let denied = browser.submit(&browser.open(&url).await, "consent", &[("action", "deny")]).await;

    assert!(response_of(&allowed).code.is_some());
    denied.assert_sent_back(WEB, "access_denied");
}

/// `prompt=login consent` asks for both, one after the other.
#[tokio::test]
async fn prompts_add_up() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    let page = browser.open(&authorize_url("web", WEB, &[("prompt", "login consent")])).await;
    let reply = browser.submit(&page, "sign-in", &ADA).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;

    assert!(response_of(&reply).code.is_some());
}

/// `prompt=select_account`: go on as you are, or as somebody else.
#[tokio::test]
async fn prompt_select_account_lets_the_person_choose() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let url = authorize_url("web", WEB, &[("prompt", "select_account")]);

    let page = browser.open(&url).await;
    assert!(page.body.contains("Continue as Ada Lovelace"), "{}", page.body);
    let same = browser.submit(&page, "select-account", &[("action", "continue")]).await;
    assert!(response_of(&same).code.is_some());

    let page = browser.open(&url).await;
    let other = browser.submit(&page, "select-account", &[("action", "another")]).await;
    let page = browser.follow(other).await;
    let grace = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];
    let reply = browser.submit(&page, "sign-in", &grace).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    let code = response_of(&reply).code.expect("a code");
    let tokens = Tokens::of(&issuer.redeem("web", code.expose()).await);
    assert_eq!(issuer.verified(&tokens.id_token).await["sub"], "user-grace");
}

/// Who is not signed in has no account to choose from.
#[tokio::test]
async fn prompt_select_account_without_a_session_signs_in() {
    let issuer = TestIssuer::start().await;

    let reply = issuer.browser().complete(&authorize_url("web", WEB, &[("prompt", "select_account")])).await;

    assert!(response_of(&reply).code.is_some());
}

/// security.md 23: consent is remembered where the redirect proves who gets the answer, and asked for each time where
/// it does not (RFC 8252 §8.6).
#[tokio::test]
async fn consent_is_remembered_for_whoever_can_be_told_apart() {
    let issuer = TestIssuer::start().await;
    for (client_id, uri, remembered) in [("web", WEB, true), ("spa", SPA, true), ("native", NATIVE, false)] {
        let browser = issuer.browser();
        browser.code(client_id, uri, &[]).await;

        let again = browser.open(&authorize_url(client_id, uri, &[])).await;
        let quiet = browser.get(&authorize_url(client_id, uri, &[("prompt", "none")])).await;

        if remembered {
            assert!(response_of(&again).code.is_some(), "{client_id}");
            assert!(response_of(&quiet).code.is_some(), "{client_id}");
        } else {
            assert!(has_form(&again, "consent"), "{client_id}: {}", again.body);
            quiet.assert_sent_back(uri, "consent_required");
        }
    }
}

/// security.md 23: more than was allowed is asked for; less is not.
#[tokio::test]
async fn a_wider_scope_is_asked_for() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[("scope", "openid profile email")]).await;
    let with = |scope| authorize_url("web", WEB, &[("scope", scope)]);

    assert!(response_of(&browser.open(&with("openid email")).await).code.is_some());
    for wider in ["openid profile email items:read", "openid offline_access", "address"] {
        assert!(has_form(&browser.open(&with(wider)).await, "consent"), "{wider}");
    }
}

async fn auth_time(issuer: &TestIssuer, browser: &Browser, extra: (&str, &str)) -> i64 {
    let code = browser.code("web", WEB, &[extra]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    issuer.verified(&tokens.id_token).await["auth_time"].as_i64().expect("auth_time")
}

fn has_form(page: &Reply, id: &str) -> bool {
    page.status == 200 && forms(&page.body).iter().any(|form| form.id == id)
}
