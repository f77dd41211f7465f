//! `client_id` — RFC 6749 §4.1.2.1: an unknown client is told to the person, never to an address that it brought.

use hallpass_server::entity::Status;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;

use super::WEB;

/// security.md 4: unknown, misspelled, missing, repeated, huge: a page, with and without `prompt=none`.
#[tokio::test]
async fn an_unknown_client_ends_on_a_page() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let huge = "x".repeat(20_000);

    for prompt in ["", "none"] {
        for client_id in ["", "nobody", "WEB", "web ", "web\u{0}x", "<script>alert(1)</script>", &huge] {
            let reply = browser.get(&authorize_url(client_id, WEB, &[("prompt", prompt)])).await;

            reply.assert_page(400, "invalid_request");
            assert!(!reply.body.contains("<script"), "{client_id}");
            assert!(reply.body.len() < 10_000, "what was sent comes back shortened");
        }
        let twice = format!("{}&client_id=web", authorize_url("web", WEB, &[("prompt", prompt)]));
        browser.get(&twice).await.assert_page(400, "invalid_request");
    }
}

/// security.md 4: a disabled client is unknown, although its person has consented before.
#[tokio::test]
async fn a_disabled_client_ends_on_a_page() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    issuer.change_client("web", |client| client.status = Status::Disabled).await;

    for prompt in ["", "none"] {
        browser
            .get(&authorize_url("web", WEB, &[("prompt", prompt)]))
            .await
            .assert_page(400, "invalid_request");
    }
}

/// A client that may not use the endpoint has no redirect URI to be answered at.
#[tokio::test]
async fn a_client_without_redirect_uris_ends_on_a_page() {
    let issuer = TestIssuer::start().await;

    issuer.get(&authorize_url("service", WEB, &[])).await.assert_page(400, "invalid_request");
}
