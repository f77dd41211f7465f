//! `/`: who is signed in, and which applications have access.

use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::html::{HtmlForm, forms};
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Reply, TestIssuer};

use super::{SPA, WEB};

/// A stranger is told where they are, and no more.
#[tokio::test]
async fn a_stranger_sees_no_form() {
    let issuer = TestIssuer::start().await;

    let page = issuer.browser().get("/").await;

    assert_eq!(page.status, 200);
    assert!(page.body.contains("login.example") && forms(&page.body).is_empty(), "{}", page.body);
}

/// Each application with what it may do, and since when; other people's are not there.
#[tokio::test]
async fn a_person_sees_their_applications() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[("scope", "openid email items:read offline_access")]).await;
    let grace = issuer.browser();
    grace.sign_in("grace@example.com").await;
    grace.submit(&grace.open(&authorize_url("spa", SPA, &[])).await, "consent", &[("action", "allow")]).await;

    let page = browser.get("/").await;

    for text in
        ["Ada Lovelace", "The web app", "See your email address", "items:read", "Since 15 January 2027"]
    {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("The spa app") && !page.body.contains("Grace"), "{}", page.body);
    let hers = grace.get("/").await;
    assert!(hers.body.contains("The spa app") && !hers.body.contains("The web app"), "{}", hers.body);
}

/// Taking an application's access away ends everything it has: tokens, `offline_access`, codes on their way; and it has
/// to ask again. Other applications keep theirs.
#[tokio::test]
async fn removing_an_application_ends_its_tokens() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let scope = ("scope", "openid offline_access");
    let code = browser.code("web", WEB, &[scope]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    let others = Tokens::of(&issuer.redeem("spa", &browser.code("spa", SPA, &[]).await).await);
    let pending = browser.code("web", WEB, &[scope]).await;
    assert!(issuer.is_active("web", &tokens.access_token).await);

    let page = browser.get("/").await;
    let reply = browser.post("/applications/revoke", &removal(&page, "web")).await;

    assert_eq!((reply.status.as_u16(), reply.location()), (303, "https://login.example/"));
    assert!(!browser.get("/").await.body.contains("The web app"));
    assert!(!issuer.is_active("web", &tokens.access_token).await);
    assert!(!issuer.is_active("web", &tokens.refresh_token).await);
    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 401);
    issuer.refresh("web", &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
    issuer.redeem("web", &pending).await.assert_refused(400, "invalid_grant");
    browser
        .get(&authorize_url("web", WEB, &[("prompt", "none")]))
        .await
        .assert_sent_back(WEB, "consent_required");
    assert_eq!(issuer.userinfo(&others.access_token).await.status, 200);
    assert!(response_of(&browser.get(&authorize_url("spa", SPA, &[])).await).code.is_some());
}

/// Only one's own: the form of one person does nothing for another.
#[tokio::test]
async fn nobody_removes_another_persons_application() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let page = browser.get("/").await;
    let grace = issuer.browser();
    grace.sign_in("grace@example.com").await;

    let stolen = grace.post("/applications/revoke", &removal(&page, "web")).await;
    let signed_out = issuer.browser().post("/applications/revoke", &removal(&page, "web")).await;

    stolen.assert_page(403, "invalid_request");
    signed_out.assert_page(403, "invalid_request");
    assert!(issuer.store.consent("user-ada", "web").await.expect("the store works").is_some());
}

/// What stands in the log of it is a `client_id`, not whatever is sent for one.
#[tokio::test]
async fn a_client_id_without_end_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let page = browser.get("/").await;
    let long = "x".repeat(2049);
    let mut fields = removal(&page, "web");
    fields[1].1 = &long;

    browser.post("/applications/revoke", &fields).await.assert_page(400, "invalid_request");
}

/// The page has its own way out.
#[tokio::test]
async fn a_person_signs_out_at_home() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    let reply = browser.submit(&browser.get("/").await, "sign-out", &[("action", "sign-out")]).await;

    let page = browser.follow(reply).await;
    assert!(page.body.contains("You are signed out"), "{}", page.body);
    browser
        .get(&authorize_url("web", WEB, &[("prompt", "none")]))
        .await
        .assert_sent_back(WEB, "login_required");
}

fn removal<'a>(page: &'a Reply, client_id: &'a str) -> Vec<(&'static str, &'a str)> {
    let all: Vec<HtmlForm> = forms(&page.body);
    let form = all.iter().find(|form| form.fields.get("client_id").is_some_and(|id| id == client_id));
    let csrf = &form.expect("a form").fields["csrf"];
    let at = page.body.find(csrf.as_str()).expect("on the page");
    vec![("csrf", &page.body[at..at + csrf.len()]), ("client_id", client_id)]
}
