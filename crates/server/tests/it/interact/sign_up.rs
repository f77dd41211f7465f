//! `/sign-up`: a person makes an account — Initiating User Registration via OpenID Connect 1.0.

use hallpass_testkit::browser::{Browser, authorize_url, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::html::forms;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer};

use super::WEB;

const NEW: [(&str, &str); 3] = [
    ("name", "Mary Somerville"),
    ("username", " Mary@Example.com "),
    ("password", "mechanism of the heavens"),
];

async fn open_to_all() -> TestIssuer {
    TestIssuer::with(ISSUER, |config| config.sign_up = true).await
}

async fn asked(browser: &Browser, prompt: &str) -> Reply {
    browser.open(&authorize_url("web", WEB, &[("prompt", prompt)])).await
}

async fn allowed(browser: &Browser, reply: Reply) -> Reply {
    let page = browser.follow(reply).await;
    browser.submit(&page, "consent", &[("action", "allow")]).await
}

#[tokio::test]
async fn a_new_account_signs_in_and_goes_on() {
    let issuer = open_to_all().await;
    let browser = issuer.browser();
    let page = asked(&browser, "create").await;

    let reply = browser.submit(&page, "sign-up", &NEW).await;

    let response = response_of(&allowed(&browser, reply).await);
    assert!(response.code.is_some(), "{:?}", response.error);
    let user = issuer.store.user_by_login("mary@example.com").await.expect("works").expect("an account");
    assert_eq!(user.claims.text("name"), Some("Mary Somerville"));
    // Whoever links accounts by `email` must not take a stranger's word for it.
    assert_eq!(
        (user.claims.text("email"), user.claims.text("preferred_username")),
        (None, Some("mary@example.com"))
    );
    let again = issuer.browser();
    let page = asked(&again, "login").await;
    let fields = [("username", "mary@example.com"), ("password", NEW[2].1)];
    assert!(
        again.submit(&page, "sign-in", &fields).await.status.is_redirection(),
        "it is an account like others"
    );
}

/// A request that asks for no account leads to the page by its link, and back.
#[tokio::test]
async fn sign_in_and_sign_up_lead_to_each_other() {
    let issuer = open_to_all().await;
    let browser = issuer.browser();
    let page = asked(&browser, "login").await;
    let link = hallpass_testkit::html::attributes(&page.body, "href");
    let sign_up = link.iter().find(|href| href.contains("/sign-up?request=")).expect("a link");
    let page = browser.open(sign_up).await;
    assert_eq!(forms(&page.body)[0].id, "sign-up");
    let link = hallpass_testkit::html::attributes(&page.body, "href");
    let sign_in = link.iter().find(|href| href.contains("/sign-in?request=")).expect("a link back");

    let page = browser.open(sign_in).await;
    let fields = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
    let reply = browser.submit(&page, "sign-in", &fields).await;

    assert!(response_of(&allowed(&browser, reply).await).code.is_some());
}

/// Somebody who is signed in makes one account more, and is asked once.
#[tokio::test]
async fn who_is_signed_in_may_make_another_account() {
    let issuer = open_to_all().await;
    let browser = issuer.browser_of_ada().await;
    let page = asked(&browser, "create").await;
    let reply = browser.submit(&page, "sign-up", &NEW).await;
    assert!(response_of(&allowed(&browser, reply).await).code.is_some());
    assert!(issuer.store.user_by_login("mary@example.com").await.expect("works").is_some());
}

#[tokio::test]
async fn what_cannot_be_is_told_and_makes_nothing() {
    let issuer = open_to_all().await;
    let long = "x".repeat(1025);
    for (login, password, told) in [
        ("", "mechanism of the heavens", "choose a user name"),
        ("mary somerville", "mechanism of the heavens", "choose a user name"),
        ("ADA@example.com", "mechanism of the heavens", "There is an account"),
        ("mary", "short", "at least 8 characters"),
        ("mary@example.com", " Mary@example.com", "at least 8 characters"),
        ("mary", long.as_str(), "at least 8 characters"),
    ] {
        let browser = issuer.browser();
        let page = asked(&browser, "create").await;
        let reply = browser.submit(&page, "sign-up", &[("username", login), ("password", password)]).await;
        assert!(reply.body.contains(told), "{login:?} {}: {}", reply.status, reply.body);
        assert!(!reply.body.contains(password) || password == "short", "the password is not shown");
        assert!(!browser.cookies().keys().any(|name| name.contains("session")), "nobody is signed in");
    }
    for login in ["mary", "mary@example.com", ""] {
        assert!(issuer.store.user_by_login(login).await.expect("works").is_none(), "{login}");
    }
}

/// A flood makes neither accounts without end nor an oracle of who is here.
#[tokio::test]
async fn tries_are_bounded_in_each_minute() {
    let issuer = TestIssuer::with(ISSUER, |config| {
        config.sign_up = true;
        config.sign_ups_per_minute = 2;
    })
    .await;
    let browser = issuer.browser();
    let page = asked(&browser, "create").await;
    for told in ["There is an account", "There is an account", "Too many people", "Too many people"] {
        let fields = [("username", "ada"), ("password", "mechanism of the heavens")];
        let reply = browser.submit(&page, "sign-up", &fields).await;
        assert!(reply.body.contains(told), "{told}: {}", reply.body);
    }
    issuer.clock.advance(60);
    assert!(browser.submit(&page, "sign-up", &NEW).await.status.is_redirection());
}

/// security.md 24, 65: a form of another browser, and of another site.
#[tokio::test]
async fn a_foreign_form_makes_nothing() {
    let issuer = open_to_all().await;
    let page = asked(&issuer.browser(), "create").await;
    let other = issuer.browser();
    asked(&other, "create").await;

    let reply = other.submit(&page, "sign-up", &NEW).await;

    assert!(reply.body.contains("open for too long"), "{}", reply.body);
    assert!(issuer.store.user_by_login("mary@example.com").await.expect("works").is_none());
}

#[tokio::test]
async fn cancel_goes_back_to_the_client() {
    let issuer = open_to_all().await;
    let browser = issuer.browser();
    let page = asked(&browser, "create").await;
    let reply = browser.submit(&page, "sign-up", &[("action", "cancel")]).await;
    assert_eq!(response_of(&reply).error.expect("an error").error.as_str(), "access_denied");
}

/// The metadata say whether `create` is known, and it is so.
#[tokio::test]
async fn where_it_is_closed_there_is_no_way_in() {
    let issuer = TestIssuer::start().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    assert!(!metadata["prompt_values_supported"].as_array().expect("a list").contains(&"create".into()));
    let browser = issuer.browser();
    let refused = response_of(&asked(&browser, "create").await).error.expect("an error");
    assert_eq!(refused.error.as_str(), "invalid_request");

    let page = asked(&browser, "login").await;
    assert!(!page.body.contains("sign-up"));
    let form = hallpass_testkit::browser::form_of(&page, "sign-in");
    let shown = browser.open(&format!("/sign-up?request={}", form.fields["request"])).await;
    assert_eq!(forms(&shown.body)[0].id, "sign-in", "the page leads where there is a way");
}
