//! `redirect_uri` — RFC 6749 §3.1.2.4, RFC 9700 §4.1: what is not the registered one gets a page and no redirect.

use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::html::attributes;

use super::WEB;

/// security.md 1: no look-alike of the registered URI is redirected to, although everything else is right and nothing
/// is left to ask.
#[tokio::test]
async fn a_look_alike_of_the_registered_uri_ends_on_a_page() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    for uri in [
        "https://web.example/cb/",
        "https://web.example/cb?x",
        "https://web.example/cb?",
        "https://web.example/cb#f",
        "https://web.example/cb#",
        "https://web.example/CB",
        "https://WEB.example/cb",
        "HTTPS://web.example/cb",
        "https://web.example/%63b",
        "https://web.example/x/%2e%2e/cb",
        "https://web.example/x/../cb",
        "https://web.example/..;/cb",
        "https://web.example:443/cb",
        "https://web.example:8443/cb",
        "https://web.example@evil.example/cb",
        "https://evil@web.example/cb",
        "https://web.example./cb",
        "https://web.example.evil.example/cb",
        "https://wеb.example/cb",
        "https:\\\\web.example\\cb",
        "https://web.example\\cb",
        "https://web.example/cb\t",
        "https://web.example/cb\n",
        "https://web.example/cb\r\nSet-Cookie: a=b",
        " https://web.example/cb",
        "http://web.example/cb",
        "//web.example/cb",
        "https://web.example/other",
        "https://web.example/other?tenant=2",
        "https://other.example/cb",
    ] {
        let reply = browser.get(&authorize_url("web", uri, &[])).await;

        reply.assert_page(400, "invalid_request");
        assert!(!attributes(&reply.body, "href").contains(&uri.to_owned()), "{uri}");
    }
}

/// security.md 1: two of them, in either order, even when they are the same.
#[tokio::test]
async fn two_redirect_uris_end_on_a_page() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    for (first, second) in
        [(WEB, "https://evil.example/"), ("https://evil.example/", WEB), (WEB, WEB), (WEB, "")]
    {
        let url = authorize_url("web", "", &[]);
        let url = format!("{url}&redirect_uri={first}&redirect_uri={second}");

        browser.get(&url).await.assert_page(400, "invalid_request");
    }
}

/// security.md 1: there is no default for it.
#[tokio::test]
async fn a_missing_redirect_uri_ends_on_a_page() {
    let issuer = TestIssuer::start().await;

    for url in [authorize_url("web", "", &[]), format!("{}&redirect_uri=", authorize_url("web", "", &[]))] {
        issuer.get(&url).await.assert_page(400, "invalid_request");
    }
}

/// A registered query is kept, and the answer is added to it (RFC 6749 §3.1.2).
#[tokio::test]
async fn a_registered_query_is_kept() {
    let issuer = TestIssuer::start().await;
    let uri = "https://web.example/other?tenant=1";

    let answer = issuer.browser().complete(&authorize_url("web", uri, &[])).await;
    let refusal = issuer.get(&authorize_url("web", uri, &[("prompt", "none")])).await;

    assert!(
        answer.location().starts_with("https://web.example/other?tenant=1&code="),
        "{}",
        answer.location()
    );
    refusal.assert_sent_back(uri, "login_required");
}

/// security.md 2: a native app's loopback address may have any port.
#[tokio::test]
async fn any_port_of_the_registered_loopback_address_is_answered() {
    let issuer = TestIssuer::start().await;

    for uri in [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:49152/cb",
        "http://127.0.0.1:65535/cb",
    ] {
        let reply = issuer.browser().complete(&authorize_url("native", uri, &[])).await;

        assert!(reply.location().starts_with(&format!("{uri}?code=")), "{}", reply.location());
    }
}

/// security.md 2: and nothing else but the port.
#[tokio::test]
async fn what_only_resembles_the_loopback_address_ends_on_a_page() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    for uri in [
        "http://localhost/cb",
        "http://localhost:8000/cb",
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1:80@evil.test/cb",
        "http://127.0.0.1:80.evil.test/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0x7f.0.0.1/cb",
        "http://127.0.0.2/cb",
        "http://[::1]/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "https://127.0.0.1/cb",
        "https://127.0.0.1:8000/cb",
        "http://127.0.0.1:8000/other",
        "http://127.0.0.1:8000/cb/",
        "http://127.0.0.1:8000/cb?x=1",
        "http://127.0.0.1:8000/cb#f",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1: 80/cb",
    ] {
        browser.get(&authorize_url("native", uri, &[])).await.assert_page(400, "invalid_request");
    }
}

/// security.md 3: what a browser would execute cannot be registered, and is neither redirected to nor linked to.
#[tokio::test]
async fn a_uri_that_a_browser_would_execute_is_never_followed() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    for uri in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox",
        "file:///etc/passwd",
        "blob:https://web.example/1",
        "https://web.example/cb#fragment",
        "/cb",
        "web.example/cb",
        "https://*.example/cb",
        "https://web.example/*",
        "https://web.example/\u{7}cb",
    ] {
        assert!(RedirectUri::parse(uri).is_err(), "{uri}");
        for mode in ["query", "fragment", "form_post"] {
            let reply = browser.get(&authorize_url("web", uri, &[("response_mode", mode)])).await;

            reply.assert_page(400, "invalid_request");
            for attribute in ["href", "src", "action", "content"] {
                assert!(!attributes(&reply.body, attribute).contains(&uri.to_owned()), "{uri}");
            }
            assert!(!reply.body.contains("<script"), "{uri}");
        }
    }
}

/// security.md 4: with `prompt=none`, which answers without a page, the checks are the same: no open redirector.
#[tokio::test]
async fn prompt_none_does_not_redirect_to_an_unregistered_uri() {
    let issuer = TestIssuer::start().await;
    let signed_in = issuer.browser();
    signed_in.code("web", WEB, &[]).await;

    for browser in [issuer.browser(), signed_in] {
        for extra in [
            ("scope", "openid"),
            ("scope", "nonsense"),
            ("response_type", "nonsense"),
            ("prompt", "none login"),
        ] {
            let url = authorize_url("web", "https://evil.example/", &[("prompt", "none"), extra]);
            let url = if extra.0 == "prompt" {
                authorize_url("web", "https://evil.example/", &[extra])
            } else {
                url
            };

            browser.get(&url).await.assert_page(400, "invalid_request");
        }
    }
}
