//! What a client says of itself — RFC 7591 §2, security.md 25 — is shown as text, and its addresses only where they
//! can do no harm.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::html::attributes;

use super::WEB;

/// security.md 25: a logo is loaded over https alone, by the browser, which sends no referrer; the policy allows
/// images and no active content.
#[tokio::test]
async fn a_logo_is_shown_over_https_alone() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    for (logo, shown) in [
        ("https://web.example/logo.png", true),
        ("http://web.example/logo.png", false),
        ("javascript:alert(1)", false),
        ("data:image/svg+xml,<svg onload=alert(1)>", false),
        ("//web.example/logo.png", false),
        ("/logo.png", false),
        ("\"><script>alert(1)</script>", false),
    ] {
        issuer.change_client("web", |client| client.logo_uri = Some(logo.to_owned())).await;

        let page = browser.open(&authorize_url("web", WEB, &[])).await;

        assert_eq!(attributes(&page.body, "src") == [logo], shown, "{logo}: {}", page.body);
        assert!(shown || attributes(&page.body, "src").is_empty(), "{logo}: {}", page.body);
        assert!(!page.body.contains("<script"), "{logo}");
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self' data: https:; "),
            "{policy}"
        );
        assert_eq!(page.header("referrer-policy"), "no-referrer");
    }
}

/// security.md 25: nor does a link execute anything.
#[tokio::test]
async fn an_address_that_would_be_executed_is_not_linked() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    for uri in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "x\"onclick=\"x",
    ] {
        issuer
            .change_client("web", |client| {
                client.client_uri = Some(uri.to_owned());
                client.policy_uri = Some(uri.to_owned());
                client.tos_uri = Some(uri.to_owned());
            })
            .await;

        let sign_in = browser.open(&authorize_url("web", WEB, &[])).await;
        let signed_out = browser.get("/signed-out?client_id=web").await;

        for page in [sign_in, signed_out] {
            assert_eq!(page.status, 200);
            assert!(!attributes(&page.body, "href").contains(&uri.to_owned()), "{uri}: {}", page.body);
            assert!(attributes(&page.body, "onclick").is_empty(), "{uri}");
        }
    }
}

/// security.md 23: a name is text, however it is spelled.
#[tokio::test]
async fn a_hostile_name_is_text() {
    let issuer = TestIssuer::start().await;
    let name = "<script>alert(1)</script>\"' onload=x";
    issuer.change_client("web", |client| client.client_name = name.to_owned()).await;
    issuer
        .change_user("user-ada", |user| {
            user.claims.0.insert("name".to_owned(), "<img src=x onerror=alert(1)>".into());
        })
        .await;
    let browser = issuer.browser();

    let sign_in =
        browser.open(&authorize_url("web", WEB, &[("login_hint", "\"><script>alert(2)</script>")])).await;
    browser.sign_in("ada").await;
    let consent = browser.open(&authorize_url("web", WEB, &[])).await;
    let choice = browser.open(&authorize_url("web", WEB, &[("prompt", "select_account")])).await;
    let sign_out = browser.open("/end-session?client_id=web").await;

    for page in [sign_in, consent, choice, sign_out] {
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
        assert!(attributes(&page.body, "onload").is_empty() && attributes(&page.body, "onerror").is_empty());
    }
}
