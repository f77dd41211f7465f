//! `/sign-out` and what a sign-out ends.

use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, TestIssuer};

use super::WEB;

/// The session ends at the server: its cookie, were it kept, opens nothing; what was given in it ends too, and what was
/// to outlive it does.
#[tokio::test]
async fn a_sign_out_ends_the_session_and_what_hangs_on_it() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let session = Tokens::of(&issuer.redeem("web", &browser.code("web", WEB, &[]).await).await);
    let offline = browser.code("web", WEB, &[("scope", "openid offline_access")]).await;
    let offline = Tokens::of(&issuer.redeem("web", &offline).await);
    let pending = browser.code("web", WEB, &[]).await;
    let kept = browser.cookies();

    sign_out(&browser).await;

    assert!(!browser.cookies().contains_key("__Host-hallpass_session"));
    for (name, value) in kept {
        browser.set_cookie(&name, &value);
    }
    browser
        .get(&authorize_url("web", WEB, &[("prompt", "none")]))
        .await
        .assert_sent_back(WEB, "login_required");
    assert!(!issuer.is_active("web", &session.access_token).await);
    issuer.refresh("web", &session.refresh_token).await.assert_refused(400, "invalid_grant");
    issuer.redeem("web", &pending).await.assert_refused(400, "invalid_grant");
    assert!(issuer.is_active("web", &offline.access_token).await);
    assert_eq!(issuer.refresh("web", &offline.refresh_token).await.status, 200);
}

/// The form of a session that is over does nothing to the one that came after.
#[tokio::test]
async fn an_old_form_does_not_end_a_new_session() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open("/end-session").await;
    sign_out(&browser).await;
    browser.sign_in("grace@example.com").await;

    browser.submit(&page, "sign-out", &[("action", "sign-out")]).await.assert_page(403, "invalid_request");

    assert!(browser.get("/").await.body.contains("Grace Hopper"));
}

/// "Stay signed in" does what it says.
#[tokio::test]
async fn staying_changes_nothing() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    for action in ["stay", "", "nonsense"] {
        let reply =
            browser.submit(&browser.open("/end-session").await, "sign-out", &[("action", action)]).await;

        assert_eq!(reply.location(), "https://login.example/");
        assert!(browser.get("/").await.body.contains("Ada Lovelace"));
    }
}

/// One browser's sign-out is not the other's.
#[tokio::test]
async fn another_browser_stays_signed_in() {
    let issuer = TestIssuer::start().await;
    let [one, two] = [issuer.browser_of_ada().await, issuer.browser_of_ada().await];

    sign_out(&one).await;

    assert!(two.get("/").await.body.contains("Ada Lovelace"));
}

async fn sign_out(browser: &Browser) {
    let page = browser.open("/end-session").await;
    let reply = browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;
    assert!(browser.follow(reply).await.body.contains("You are signed out"));
}

/// Browsers keep whole pages for the back button, even those that came with `no-store` (Clear Site Data §3.1).
#[tokio::test]
async fn a_sign_out_makes_the_browser_forget_its_pages() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open("/end-session").await;

    let stays = browser.submit(&page, "sign-out", &[("action", "stay")]).await;
    let leaves = browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;

    assert_eq!(stays.header("clear-site-data"), "");
    assert_eq!(leaves.header("clear-site-data"), "\"cache\"");
}
