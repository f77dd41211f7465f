//! Nothing derives from `Host` or `X-Forwarded-*` — security.md 62.

use axum::body::Body;
use axum::http::Request;
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::{Reply, TestIssuer};

use super::{WEB, signed_in};

const SPOOFED: [&[(&str, &str)]; 5] = [
    &[("host", "evil.example")],
    &[("host", "login.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")],
    &[("host", "evil.example:8080"), ("x-forwarded-for", "evil.example"), ("x-forwarded-port", "8080")],
    &[("forwarded", "for=evil.example;host=evil.example;proto=http")],
    &[
        ("x-original-url", "//evil.example/"),
        ("x-rewrite-url", "//evil.example/"),
        ("x-forwarded-prefix", "/evil.example"),
    ],
];

/// security.md 62: what is the same for all is the same whatever the request says of its host.
#[tokio::test]
async fn metadata_and_keys_do_not_hang_on_the_host() {
    let issuer = TestIssuer::start().await;

    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"] {
        let expected = issuer.get(path).await;
        assert_eq!(expected.status, 200);
        for headers in SPOOFED {
            let reply = get(&issuer, path, "", headers).await;
            assert_eq!((reply.status, &reply.body), (expected.status, &expected.body), "{path} {headers:?}");
            assert_eq!(reply.headers, expected.headers, "{path} {headers:?}");
        }
    }
    assert_eq!(
        issuer.get("/.well-known/openid-configuration").await.json()["issuer"],
        "https://login.example"
    );
}

/// security.md 62: nor do redirects, links and cookies.
#[tokio::test]
async fn redirects_pages_and_cookies_do_not_hang_on_the_host() {
    let issuer = TestIssuer::start().await;
    let ada = signed_in(&issuer).await;
    let cookies = ada.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");

    for headers in SPOOFED {
        for (path, cookies) in [
            (authorize_url("web", WEB, &[]), ""),
            (authorize_url("web", WEB, &[]), &cookies),
            (authorize_url("web", WEB, &[("prompt", "none")]), ""),
            ("/end-session".to_owned(), &cookies),
            ("/".to_owned(), &cookies),
            ("/authorize?client_id=nobody".to_owned(), ""),
        ] {
            let reply = get(&issuer, &path, cookies, headers).await;

            assert!(!reply.body.contains("evil"), "{path} {headers:?}: {}", reply.body);
            for (name, value) in &reply.headers {
                let value = value.to_str().expect("text");
                assert!(!value.contains("evil"), "{path} {headers:?} {name}: {value}");
            }
            if reply.status.is_redirection() && !reply.location().starts_with(WEB) {
                assert!(reply.location().starts_with("https://login.example/"), "{}", reply.location());
            }
            for cookie in reply.headers.get_all("set-cookie") {
                let cookie = cookie.to_str().expect("text");
                assert!(cookie.starts_with("__Host-") && cookie.ends_with("; Secure"), "{cookie}");
            }
        }
    }
}

async fn get(issuer: &TestIssuer, path: &str, cookies: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(path);
    if !cookies.is_empty() {
        request = request.header("cookie", cookies);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    issuer.send(request.body(Body::empty()).expect("a request")).await
}
