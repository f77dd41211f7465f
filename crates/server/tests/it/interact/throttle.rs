//! Guessing passwords — RFC 6749 §4.3.2, security.md 68.

use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::{Reply, TestIssuer};
use tokio::task::JoinSet;

use super::WEB;

/// After five failures the next try waits, the right password too; and then it works, and nothing is held against it.
#[tokio::test]
async fn the_sixth_try_waits() {
    let issuer = TestIssuer::start().await;
    for _ in 0..5 {
        assert_eq!(at_the_page(&issuer, "ada", "wrong").await.status, 401);
    }

    for password in ["wrong", PASSWORD_OF_ALL] {
        let reply = at_the_page(&issuer, "ada", password).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "2"));
        assert!(reply.body.contains("Too many attempts. Please try again in 2 seconds."), "{}", reply.body);
        assert!(!reply.headers.contains_key("location"));
    }
    issuer.clock.advance(2);
    assert_eq!(at_the_page(&issuer, "ada", PASSWORD_OF_ALL).await.status, 303);
    for _ in 0..5 {
        assert_eq!(at_the_page(&issuer, "ada", "wrong").await.status, 401);
    }
    assert_eq!(at_the_page(&issuer, "ada", "wrong").await.status, 429);
}

/// Each further failure doubles the wait, up to five minutes.
#[tokio::test]
async fn each_failure_doubles_the_wait() {
    let issuer = TestIssuer::start().await;
    for _ in 0..5 {
        at_the_page(&issuer, "ada", "wrong").await;
    }

    for wait in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        let reply = at_the_page(&issuer, "ada", PASSWORD_OF_ALL).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, wait.to_string().as_str()));
        issuer.clock.advance(wait);
        assert_eq!(at_the_page(&issuer, "ada", "wrong").await.status, 401, "after {wait} seconds");
    }
}

/// security.md 68: every login of a person counts together, in any spelling, at the page and in the password grant.
#[tokio::test]
async fn every_name_and_every_door_count_together() {
    let issuer = TestIssuer::start().await;
    assert_eq!(at_the_page(&issuer, "ada", "wrong").await.status, 401);
    assert_eq!(at_the_page(&issuer, "ADA", "wrong").await.status, 401);
    assert_eq!(at_the_page(&issuer, " ada@example.com ", "wrong").await.status, 401);
    in_the_grant(&issuer, "Ada@Example.com", "wrong").await.assert_refused(400, "invalid_grant");
    in_the_grant(&issuer, "ada", "wrong").await.assert_refused(400, "invalid_grant");

    for login in ["ada", "ada@example.com", "ADA@example.com"] {
        assert_eq!(at_the_page(&issuer, login, PASSWORD_OF_ALL).await.status, 429, "{login}");
        let reply = in_the_grant(&issuer, login, PASSWORD_OF_ALL).await;
        reply.assert_refused(429, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), "2");
    }
    assert_eq!(
        at_the_page(&issuer, "grace@example.com", PASSWORD_OF_ALL).await.status,
        303,
        "nobody else waits"
    );
}

/// security.md 68: a name that nobody has waits just so.
#[tokio::test]
async fn a_name_that_nobody_has_waits_too() {
    let issuer = TestIssuer::start().await;
    for _ in 0..5 {
        assert_eq!(at_the_page(&issuer, "nobody", "wrong").await.status, 401);
    }

    let reply = at_the_page(&issuer, "nobody", "wrong").await;

    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "2"));
    in_the_grant(&issuer, "nobody", "wrong").await.assert_refused(429, "temporarily_unavailable");
}

/// Many tries in the same moment are many tries.
#[tokio::test(flavor = "multi_thread")]
async fn tries_in_parallel_count() {
    let issuer = TestIssuer::start().await;
    let mut tries = JoinSet::new();
    for i in 0..30 {
        let issuer = issuer.clone();
        tries.spawn(async move { at_the_page(&issuer, "ada", &format!("guess {i}")).await.status.as_u16() });
    }

    let statuses = tries.join_all().await;

    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 25, "{statuses:?}");
}

/// A server that has too many passwords to check says so, and does not hold it against anybody.
#[tokio::test]
async fn an_overloaded_server_asks_to_come_back() {
    let issuer = TestIssuer::with("https://login.example", |config| config.password_queue = 0).await;

    for _ in 0..10 {
        let reply = at_the_page(&issuer, "ada", PASSWORD_OF_ALL).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "1"));
        let reply = in_the_grant(&issuer, "ada", PASSWORD_OF_ALL).await;
        reply.assert_refused(503, "temporarily_unavailable");
    }
}

async fn at_the_page(issuer: &TestIssuer, username: &str, password: &str) -> Reply {
    let browser = issuer.browser();
    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    browser.submit(&page, "sign-in", &[("username", username), ("password", password)]).await
}

async fn in_the_grant(issuer: &TestIssuer, username: &str, password: &str) -> Reply {
    let form = [("grant_type", "password"), ("username", username), ("password", password)];
    issuer.post_as("legacy", "/token", &form).await
}
