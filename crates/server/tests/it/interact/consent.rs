//! `/consent` — RFC 6749 §10.2.

use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::html::forms;
use hallpass_testkit::{Browser, Reply, TestIssuer};

use super::{ADA, GRACE, SPA, WEB};

const WIDE: (&str, &str) = ("scope", "openid profile email address phone offline_access items:write");

/// security.md 23: who asks, where the answer goes, for what, and who answers.
#[tokio::test]
async fn the_page_says_who_asks_for_what() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    let page = browser.open(&authorize_url("web", WEB, &[WIDE])).await;

    for text in [
        "The web app",
        "web.example",
        "Ada Lovelace",
        "ada@example.com",
        "See your profile",
        "See your email address",
        "See your postal address",
        "See your phone number",
        "items:write",
        "Keep this access while you are away",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let little = browser.open(&authorize_url("web", WEB, &[("scope", "openid")])).await;
    assert!(little.body.contains("asks to know that it is you, and nothing else"), "{}", little.body);
}

/// A loopback redirect shows its port: another program on this machine may be asking.
#[tokio::test]
async fn the_page_shows_the_port_of_a_loopback_address() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    let page = browser.open(&authorize_url("native", "http://127.0.0.1:4711/cb", &[])).await;

    assert!(page.body.contains("127.0.0.1:4711"), "{}", page.body);
}

/// security.md 23: the form is good for the request that was shown. With another one, although we sealed that too,
/// nothing is allowed.
#[tokio::test]
async fn the_request_cannot_be_changed_between_page_and_answer() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let shown = fields(&browser.open(&authorize_url("web", WEB, &[("scope", "openid")])).await);
    let wider = fields(&browser.open(&authorize_url("web", WEB, &[WIDE])).await);
    let others = fields(&browser.open(&authorize_url("other", "https://other.example/cb", &[])).await);

    for other in [&wider, &others] {
        let reply = allow(&browser, &[("request", &other.0), ("csrf", &shown.1)]).await;

        reply.assert_page(403, "invalid_request");
    }
    for client_id in ["web", "other"] {
        assert!(issuer.store.consent("user-ada", client_id).await.expect("the store works").is_none());
    }
}

/// security.md 23: nor is a form good for another page about the same request: what was shown is what is answered.
#[tokio::test]
async fn the_form_of_another_page_does_not_allow_anything() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[("prompt", "select_account")])).await;
    let form = form_of(&page, "select-account").fields;

    let reply = allow(&browser, &[("request", &form["request"]), ("csrf", &form["csrf"])]).await;

    reply.assert_page(403, "invalid_request");
    assert!(issuer.store.consent("user-ada", "web").await.expect("the store works").is_none());
}

/// security.md 23: parameters beside the form's own change nothing.
#[tokio::test]
async fn parameters_added_to_the_answer_change_nothing() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[("scope", "openid")])).await;
    let extra =
        [("action", "allow"), ("scope", "openid email"), ("client_id", "other"), ("redirect_uri", SPA)];

    let reply = browser.submit(&page, "consent", &extra).await;

    assert!(reply.location().starts_with(&format!("{WEB}?code=")), "{}", reply.location());
    let consent = issuer.store.consent("user-ada", "web").await.expect("the store works").expect("a consent");
    assert_eq!(consent.scope.to_string(), "openid");
    assert!(issuer.store.consent("user-ada", "other").await.expect("the store works").is_none());
    let tokens = issuer.redeem("web", response_of(&reply).code.expect("a code").expose()).await;
    assert_eq!(tokens.json()["scope"], "openid");
}

/// security.md 23: the sealed request opens whole or not at all.
#[tokio::test]
async fn an_altered_request_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (sealed, csrf) = fields(&browser.open(&authorize_url("web", WEB, &[])).await);

    for altered in [
        flipped(&sealed, 0),
        flipped(&sealed, 20),
        flipped(&sealed, sealed.len() - 1),
        sealed[..sealed.len() - 4].to_owned(),
        format!("{sealed}AAAA"),
        format!("{sealed}="),
        "AAAA".to_owned(),
        "../../etc/passwd".to_owned(),
    ] {
        allow(&browser, &[("request", &altered), ("csrf", &csrf)]).await.assert_page(400, "invalid_request");
        for page in ["/consent", "/sign-in", "/select-account", "/sign-out"] {
            let query: hallpass_proto::param::Form<'_> =
                [("request", altered.as_str())].into_iter().collect();
            browser.get(&format!("{page}?{}", query.encode())).await.assert_page(400, "invalid_request");
        }
    }
    for page in ["/consent", "/sign-in", "/select-account"] {
        browser.get(page).await.assert_page(400, "invalid_request");
    }
}

/// A request is sealed for its purpose: that of a sign-out is none for the other pages, nor the other way round.
#[tokio::test]
async fn a_request_of_another_kind_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let authorize = browser.get(&authorize_url("web", WEB, &[])).await.location().to_owned();
    let sign_out = browser.get("/end-session?client_id=web").await.location().to_owned();

    browser.get(&authorize.replace("/consent", "/sign-out")).await.assert_page(400, "invalid_request");
    browser.get(&sign_out.replace("/sign-out", "/consent")).await.assert_page(400, "invalid_request");
}

/// security.md 23, 65: another browser's form, signed in or not, as the same person or another, is not this one's.
#[tokio::test]
async fn a_form_is_good_in_the_browser_that_it_was_shown_in() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (sealed, csrf) = fields(&browser.open(&authorize_url("web", WEB, &[])).await);
    let grace = issuer.browser();
    grace.sign_in("grace@example.com").await;

    for other in [issuer.browser(), issuer.browser_of_ada().await, grace] {
        allow(&other, &[("request", &sealed), ("csrf", &csrf)]).await.assert_page(403, "invalid_request");
    }
    for user in ["user-ada", "user-grace"] {
        assert!(issuer.store.consent(user, "web").await.expect("the store works").is_none());
    }
}

/// security.md 23: whoever is signed in now is not who was asked.
#[tokio::test]
async fn a_form_is_stale_after_a_change_of_account() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    let tab = browser.tab();
    let switched = tab
        .submit(&tab.open(&authorize_url("web", WEB, &[])).await, "consent", &[("action", "switch")])
        .await;
    let switched = tab.submit(&tab.follow(switched).await, "sign-in", &GRACE).await;
    assert!(tab.follow(switched).await.body.contains("Grace Hopper"));

    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;

    reply.assert_page(403, "invalid_request");
    for user in ["user-ada", "user-grace"] {
        assert!(issuer.store.consent(user, "web").await.expect("the store works").is_none());
    }
}

/// And after a sign-out there is nobody to answer.
#[tokio::test]
async fn a_form_is_stale_after_a_sign_out() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    let tab = browser.tab();
    tab.submit(&tab.open("/end-session").await, "sign-out", &[("action", "sign-out")]).await;

    browser.submit(&page, "consent", &[("action", "allow")]).await.assert_page(403, "invalid_request");
}

/// The same person who signs in again in another tab goes on: it is the same session to everybody.
#[tokio::test]
async fn a_form_stays_good_when_the_same_person_signs_in_again() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    let tab = browser.tab();
    tab.sign_in("ada@example.com").await;

    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;

    assert!(response_of(&reply).code.is_some());
}

/// "Not you?": another account, and the question once more for that one.
#[tokio::test]
async fn the_account_can_be_changed_from_the_consent_page() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[("login_hint", "ada")])).await;

    let reply = browser.submit(&page, "consent", &[("action", "switch")]).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "sign-in", &GRACE).await;
    let page = browser.follow(reply).await;

    assert!(page.body.contains("Grace Hopper") && !page.body.contains("Ada"), "{}", page.body);
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    assert!(response_of(&reply).code.is_some());
    assert!(issuer.store.consent("user-grace", "web").await.expect("the store works").is_some());
    assert!(issuer.store.consent("user-ada", "web").await.expect("the store works").is_none());
}

/// A consent that came meanwhile, from another tab, is not asked for again when the page is opened again.
#[tokio::test]
async fn a_page_that_is_no_longer_needed_leads_on() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let url = browser.get(&authorize_url("web", WEB, &[])).await.location().to_owned();
    browser.code("web", WEB, &[]).await;

    let reply = browser.get(&url).await;

    assert!(response_of(&reply).code.is_some());
    let stranger = issuer.browser().open(&url).await;
    assert!(forms(&stranger.body).iter().any(|form| form.id == "sign-in"), "{}", stranger.body);
}

/// A max_age that runs out while the page is open is kept: the person signs in, and is not asked twice.
#[tokio::test]
async fn a_max_age_that_runs_out_on_the_page_is_kept() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    issuer.clock.advance(50);
    let page = browser.open(&authorize_url("web", WEB, &[("max_age", "60")])).await;
    issuer.clock.advance(11);

    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "sign-in", &ADA).await;

    assert!(response_of(&reply).code.is_some());
}

/// What one person did about a request does not count for the next one who goes on with it.
#[tokio::test]
async fn the_steps_of_one_person_are_not_those_of_another() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    issuer.clock.advance(50);
    let page = browser.open(&authorize_url("web", WEB, &[("max_age", "60")])).await;
    issuer.clock.advance(11);
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    let page = browser.follow(reply).await;

    let reply = browser.submit(&page, "sign-in", &GRACE).await;
    let page = browser.follow(reply).await;

    assert!(page.body.contains("Grace Hopper") && has_form(&page, "consent"), "{}", page.body);
}

/// Nor does the sign-in, or the choice of an account, that the request asked for.
#[tokio::test]
async fn a_sign_in_of_one_person_is_not_that_of_another() {
    for (prompt, id, fields, due) in [
        ("login", "sign-in", &ADA[..], "sign-in"),
        ("select_account", "select-account", &[("action", "continue")], "select-account"),
    ] {
        let issuer = TestIssuer::start().await;
        let browser = issuer.browser_of_ada().await;
        let page = browser.open(&authorize_url("web", WEB, &[("prompt", prompt)])).await;
        let url = browser.submit(&page, id, fields).await.location().to_owned();
        assert!(has_form(&browser.get(&url).await, "consent"));

        browser.tab().sign_in("grace@example.com").await;

        assert!(has_form(&browser.open(&url).await, due), "{prompt}");
    }
}

fn has_form(page: &Reply, id: &str) -> bool {
    page.status == 200 && forms(&page.body).iter().any(|form| form.id == id)
}

fn fields(page: &Reply) -> (String, String) {
    let form = form_of(page, "consent");
    (form.fields["request"].clone(), form.fields["csrf"].clone())
}

fn flipped(sealed: &str, at: usize) -> String {
    let mut bytes = sealed.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

async fn allow(browser: &Browser, fields: &[(&str, &str)]) -> Reply {
    let fields: Vec<_> = fields.iter().copied().chain([("action", "allow")]).collect();
    browser.post("/consent", &fields).await
}
