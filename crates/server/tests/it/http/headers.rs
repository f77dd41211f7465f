//! The headers of pages and redirects — security.md 15, 16, 18.

use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::html::attributes;
use hallpass_testkit::{Reply, TestIssuer};

use super::{WEB, pages, signed_in};

/// security.md 16: nobody frames a page, and a page runs and loads nothing but what is its own.
#[tokio::test]
async fn every_page_has_a_strict_policy() {
    let issuer = TestIssuer::start().await;

    for (name, page) in pages(&issuer).await {
        assert_eq!(page.header("x-frame-options"), "DENY", "{name}");
        let policy: Vec<&str> = page.header("content-security-policy").split("; ").collect();
        for directive in
            ["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(&directive), "{name}: {policy:?}");
        }
        let scripts: Vec<_> = policy.iter().filter(|d| d.starts_with("script-src")).collect();
        assert_eq!(scripts.len(), usize::from(name == "form-post"), "{name}: {policy:?}");
        assert!(!policy.iter().any(|d| d.contains("unsafe") || d.contains('*')), "{name}: {policy:?}");
        // None where a form may end at a client, which may redirect to anywhere: browsers would hold that against it.
        let forms: Vec<_> = policy.iter().filter_map(|d| d.strip_prefix("form-action ")).collect();
        let expected = match name {
            "sign-in" | "consent" | "select-account" => &[][..],
            "form-post" => &["https://web.example"],
            _ => &["'self'"],
        };
        assert_eq!(forms, expected, "{name}");
        assert!(attributes(&page.body, "style").is_empty(), "{name}: an inline style");
    }
}

/// security.md 18: nobody keeps a page, guesses its type, reaches into its window, or calls it without TLS.
#[tokio::test]
async fn every_page_is_kept_by_nobody() {
    let issuer = TestIssuer::start().await;

    for (name, page) in pages(&issuer).await {
        assert_kept_by_nobody(name, &page);
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{name}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
    }
}

/// security.md 18: nor a redirect, least of all one with a code.
#[tokio::test]
async fn every_redirect_is_kept_by_nobody() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let to_page = browser.get(&authorize_url("web", WEB, &[])).await;
    browser.code("web", WEB, &[]).await;
    let with_code = browser.get(&authorize_url("web", WEB, &[])).await;
    assert!(response_of(&with_code).code.is_some());
    let refusal = browser.get(&authorize_url("web", WEB, &[("scope", "nonsense")])).await;
    let to_question = browser.get("/end-session").await;

    for reply in [to_page, with_code, refusal, to_question] {
        assert_eq!(reply.status, 303);
        assert_kept_by_nobody(reply.location(), &reply);
    }
}

/// security.md 18: over http there is no promise of TLS to give; over https it is given for this host, and for none
/// below it.
#[tokio::test]
async fn transport_security_is_promised_for_what_is_ours() {
    for (base, promise) in [
        ("https://login.example", "max-age=63072000"),
        ("https://example.com/op", "max-age=63072000"),
        ("http://localhost:9000", ""),
    ] {
        let issuer = TestIssuer::with(base, |_| {}).await;
        for (name, page) in pages(&issuer).await {
            assert_eq!(page.header("strict-transport-security"), promise, "{base} {name}");
        }
        let redirect =
            issuer.get(&format!("{}{}", issuer.issuer.path(), authorize_url("web", WEB, &[]))).await;
        assert_eq!((redirect.status.as_u16(), redirect.header("strict-transport-security")), (303, promise));
    }
}

/// security.md 15: a page loads nothing from elsewhere, so that there is nobody to send a `Referer` to.
#[tokio::test]
async fn a_page_loads_nothing_from_elsewhere() {
    let issuer = TestIssuer::start().await;

    for (name, page) in pages(&issuer).await {
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{name}");
        assert!(attributes(&page.body, "src").is_empty(), "{name}");
        for href in attributes(&page.body, "href") {
            assert!(
                href.starts_with("/") && !href.starts_with("//") || href.starts_with("data:image/svg+xml,"),
                "{name} {href}"
            );
        }
        assert!(!page.body.contains("@import") && !page.body.contains("url("), "{name}");
    }
    let css = issuer.get("/static/hallpass.css").await;
    assert_eq!((css.status.as_u16(), css.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(!css.body.contains("@import") && !css.body.contains("http"), "the stylesheet loads nothing");
}

/// security.md 15, 18: what a code or a person's data stands on is never stored; what is the same for all may be.
#[tokio::test]
async fn only_what_is_the_same_for_all_may_be_stored() {
    let issuer = TestIssuer::start().await;
    let browser = signed_in(&issuer).await;
    let tokens = issuer.tokens("web", &[]).await;

    assert_eq!(issuer.userinfo(&tokens.access_token).await.header("cache-control"), "no-store");
    assert_eq!(browser.get("/nowhere").await.header("cache-control"), "no-store");
    for path in ["/jwks", "/.well-known/openid-configuration", "/static/hallpass.css"] {
        let reply = browser.get(path).await;
        assert!(reply.header("cache-control").starts_with("public, max-age="), "{path}");
        assert!(!reply.headers.contains_key("set-cookie"), "{path}");
    }
}

fn assert_kept_by_nobody(name: &str, reply: &Reply) {
    assert_eq!(reply.header("cache-control"), "no-store", "{name}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{name}");
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{name}");
    assert_eq!(reply.header("strict-transport-security"), "max-age=63072000", "{name}");
}
