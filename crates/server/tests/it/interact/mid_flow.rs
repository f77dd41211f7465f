//! What may happen between a page and its answer.

use hallpass_server::entity::Status;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::html::forms;
use hallpass_testkit::{Browser, Reply, TestIssuer};

use super::{ADA, WEB};

/// Who takes longer than an hour is sent back to the application, which can start again; the page does not strand
/// them, neither opened nor sent.
#[tokio::test]
async fn an_expired_page_leads_back_to_the_application() {
    for (prompt, id, answer) in [
        ("login", "sign-in", &ADA[..]),
        ("", "consent", &[("action", "allow")]),
        ("select_account", "select-account", &[("action", "continue")]),
    ] {
        let issuer = TestIssuer::start().await;
        let browser = issuer.browser_of_ada().await;
        let url = browser.get(&authorize_url("web", WEB, &[("prompt", prompt)])).await.location().to_owned();
        let page = browser.get(&url).await;

        issuer.clock.advance(3599);
        assert!(forms(&browser.get(&url).await.body).iter().any(|form| form.id == id), "{id}");
        issuer.clock.advance(1);

        browser.get(&url).await.assert_sent_back(WEB, "invalid_request");
        browser.submit(&page, id, answer).await.assert_sent_back(WEB, "invalid_request");
        // even when the browser was closed in between, and its cookies are gone
        issuer.browser().submit(&page, id, answer).await.assert_sent_back(WEB, "invalid_request");
    }
}

/// A request in progress is not in the server's memory: it goes on after a restart, and at another node.
#[tokio::test]
async fn a_page_of_one_node_is_answered_by_another() {
    let issuer = TestIssuer::start().await;
    let nodes = [issuer.another_node().await, issuer.another_node().await, issuer.another_node().await];
    let browser = issuer.browser();

    let page = browser.open(&authorize_url("web", WEB, &[("prompt", "login select_account")])).await;
    let reply = nodes[0].serves(&browser).submit(&page, "sign-in", &ADA).await;
    let page = nodes[1].serves(&browser).follow(reply).await;
    let reply = nodes[2].serves(&browser).submit(&page, "consent", &[("action", "allow")]).await;
    let code = response_of(&reply).code.expect("a code");

    let tokens = nodes[0].redeem("web", code.expose()).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(nodes[1].is_active("web", tokens.json()["access_token"].as_str().expect("a token")).await);
    assert_eq!(issuer.get("/jwks").await.body, nodes[1].get("/jwks").await.body);
}

/// A restart does not sign anybody out.
#[tokio::test]
async fn a_session_outlives_a_restart() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    let restarted = issuer.another_node().await;

    let reply = restarted.serves(&browser).get(&authorize_url("web", WEB, &[("prompt", "none")])).await;
    assert!(response_of(&reply).code.is_some());
}

/// A client that is disabled, or has lost its redirect URI, between page and answer gets nothing any more.
#[tokio::test]
async fn a_client_that_is_disabled_meanwhile_gets_nothing() {
    for change in [
        (|client| client.status = Status::Disabled) as fn(&mut hallpass_server::entity::client::Client),
        |client| client.redirect_uris.clear(),
    ] {
        for (prompt, id, answer) in [("login", "sign-in", &ADA[..]), ("", "consent", &[("action", "allow")])]
        {
            let issuer = TestIssuer::start().await;
            let (browser, page) = waiting_at(&issuer, prompt).await;

            issuer.change_client("web", change).await;

            browser.submit(&page, id, answer).await.assert_page(400, "invalid_request");
            assert!(issuer.store.consent("user-ada", "web").await.expect("the store works").is_none());
        }
    }
}

/// A person who is disabled is signed out at that moment, whatever page is open, and cannot sign in.
#[tokio::test]
async fn a_person_who_is_disabled_meanwhile_gets_nothing() {
    let issuer = TestIssuer::start().await;
    let (browser, page) = waiting_at(&issuer, "").await;
    let (other_browser, sign_in) = waiting_at(&issuer, "login").await;

    issuer.change_user("user-ada", |user| user.status = Status::Disabled).await;

    browser.submit(&page, "consent", &[("action", "allow")]).await.assert_page(403, "invalid_request");
    browser
        .get(&authorize_url("web", WEB, &[("prompt", "none")]))
        .await
        .assert_sent_back(WEB, "login_required");
    assert!(!browser.get("/").await.body.contains("Ada"));
    let refused = other_browser.submit(&sign_in, "sign-in", &ADA).await;
    assert_eq!(refused.status, 401);
    assert!(!refused.headers.contains_key("location"));
}

async fn waiting_at(issuer: &TestIssuer, prompt: &str) -> (Browser, Reply) {
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB, &[("prompt", prompt)])).await;
    (browser, page)
}
