//! Saying no — RFC 6749 §4.1.2.1: the client is told, with its `state` and the issuer.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;

use super::WEB;

/// The sign-in page has a way back without signing in.
#[tokio::test]
async fn cancelling_the_sign_in_is_access_denied() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let page = browser.open(&authorize_url("web", WEB, &[])).await;

    let reply = browser.submit(&page, "sign-in", &[("action", "cancel")]).await;

    reply.assert_sent_back(WEB, "access_denied");
    assert!(!browser.cookies().keys().any(|name| name.contains("session")));
}

/// So does the consent page; and what is neither yes nor no is no.
#[tokio::test]
async fn denying_consent_is_access_denied() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    for action in ["deny", "", "nonsense", "ALLOW", "allow "] {
        let page = browser.open(&authorize_url("web", WEB, &[])).await;
        let reply = browser.submit(&page, "consent", &[("action", action)]).await;

        reply.assert_sent_back(WEB, "access_denied");
        assert!(issuer.store.consent("user-ada", "web").await.expect("the store works").is_none());
    }
}
