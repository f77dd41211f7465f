//! The authorization response — RFC 6749 §4.1.2, §4.2.2, RFC 9207.

use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::{Browser, Reply, TestIssuer};

use super::{HYBRID, SPA, WEB};

/// security.md 7: every response, yes or no, in whatever mode, says who answers; and the metadata says so.
#[tokio::test]
async fn every_response_has_the_issuer() {
    for base in ["https://login.example", "https://login.example/op", "http://localhost:9000"] {
        let issuer = TestIssuer::with(base, |_| {}).await;
        let path = issuer.issuer.path();
        let metadata = issuer.get(&format!("{path}/.well-known/openid-configuration")).await.json();
        assert_eq!(metadata["issuer"], base);
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        let browser = issuer.browser();
        let url = |client, uri, extra: &[_]| format!("{path}{}", authorize_url(client, uri, extra));
        browser.complete(&url("web", WEB, &[])).await;
        browser.complete(&url("spa", SPA, &[])).await;

        for (client, uri, extra) in [
            ("web", WEB, [("response_mode", "query"), ("x", "")]),
            ("web", WEB, [("response_mode", "fragment"), ("x", "")]),
            ("spa", SPA, [("response_type", "token"), ("x", "")]),
            ("spa", SPA, [("response_type", "id_token token"), ("x", "")]),
            ("web", WEB, [("prompt", "none"), ("max_age", "0")]),
            ("web", WEB, [("scope", "nonsense"), ("x", "")]),
            ("web", WEB, [("response_type", "nonsense"), ("x", "")]),
            ("web", WEB, [("response_type", "token"), ("x", "")]),
            ("web", WEB, [("request", "x"), ("x", "")]),
            ("web", WEB, [("code_challenge", ""), ("x", "")]),
        ] {
            let reply = browser.get(&url(client, uri, &extra)).await;
            let response = response_of(&reply);
            assert_eq!(response.iss.as_deref(), Some(base), "{extra:?} {}", reply.location());
            assert_eq!(response.state.as_deref(), Some("the-state"), "{extra:?}");
        }
        for extra in [("prompt", ""), ("scope", "nonsense")] {
            let page = browser.get(&url("web", WEB, &[("response_mode", "form_post"), extra])).await;
            assert_eq!(form_of(&page, "form-post").fields["iss"], base, "{extra:?}");
        }
    }
}

/// security.md 6: what follows a form with credentials is a GET (303), never the form once more (307), on its whole way.
#[tokio::test]
async fn a_form_is_never_sent_on() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let ada = [("username", "ada"), ("password", PASSWORD_OF_ALL)];

    let page = see_other(
        &browser,
        browser.get(&authorize_url("web", WEB, &[("prompt", "login select_account")])).await,
    )
    .await;
    let page = see_other(&browser, browser.submit(&page, "sign-in", &ada).await).await;
    let page = see_other(&browser, browser.submit(&page, "consent", &[("action", "switch")]).await).await;
    let page = see_other(&browser, browser.submit(&page, "sign-in", &ada).await).await;
    let answer = browser.submit(&page, "consent", &[("action", "allow")]).await;
    assert_eq!((answer.status.as_u16(), answer.location().starts_with(WEB)), (303, true));
    let page =
        see_other(&browser, browser.get(&authorize_url("web", WEB, &[("prompt", "select_account")])).await)
            .await;
    let answer = browser.submit(&page, "select-account", &[("action", "continue")]).await;
    assert_eq!((answer.status.as_u16(), answer.location().starts_with(WEB)), (303, true));
    let page = see_other(&browser, browser.get("/end-session").await).await;
    let page = see_other(&browser, browser.submit(&page, "sign-out", &[("action", "sign-out")]).await).await;
    assert!(page.body.contains("You are signed out"), "{}", page.body);
}

/// Only what was asked for is in the response, and a `code` never stands beside an error.
#[tokio::test]
async fn a_response_holds_what_was_asked_for() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("hybrid", HYBRID, &[]).await;

    for (response_type, expected) in [
        ("code", &["code", "state", "iss", "session_state"][..]),
        ("token", &["access_token", "token_type", "expires_in", "scope", "state", "iss", "session_state"]),
        ("id_token", &["id_token", "state", "iss", "session_state"]),
        (
            "id_token token",
            &[
                "access_token",
                "token_type",
                "expires_in",
                "id_token",
                "scope",
                "state",
                "iss",
                "session_state",
            ],
        ),
        ("code id_token", &["code", "id_token", "state", "iss", "session_state"]),
        (
            "code token",
            &["code", "access_token", "token_type", "expires_in", "scope", "state", "iss", "session_state"],
        ),
        (
            "code id_token token",
            &[
                "code",
                "access_token",
                "token_type",
                "expires_in",
                "id_token",
                "scope",
                "state",
                "iss",
                "session_state",
            ],
        ),
    ] {
        let reply = browser.get(&authorize_url("hybrid", HYBRID, &[("response_type", response_type)])).await;

        let encoded = reply.location().split_once(['?', '#']).expect("parameters").1;
        let names: Vec<&str> = encoded.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
        assert_eq!(names, expected, "{response_type}");
    }
}

/// RFC 6749 §4.2.2: `expires_in` is the lifetime of this access token, which ends with the session it was given in.
#[tokio::test]
async fn expires_in_is_when_the_token_ends() {
    let issuer = TestIssuer::with("https://login.example", |config| config.session_lifetime = 100).await;
    let browser = issuer.browser();
    browser.code("spa", SPA, &[]).await;
    issuer.clock.advance(40);

    for response_type in ["token", "id_token token"] {
        let reply = browser.get(&authorize_url("spa", SPA, &[("response_type", response_type)])).await;

        let response = response_of(&reply);
        assert_eq!(response.expires_in, Some(60));
        let claims = issuer.verified(response.access_token.expect("a token").expose()).await;
        assert_eq!(claims["exp"], issuer.now().unix() + 60);
    }
}

async fn see_other(browser: &Browser, reply: Reply) -> Reply {
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert!(reply.body.is_empty());
    assert!(!reply.location().contains("password") && !reply.location().contains(PASSWORD_OF_ALL));
    let page = browser.get(reply.location()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}
