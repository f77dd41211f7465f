//! Which answers a script of another origin may read — Fetch §3.2, RFC 9700 §2.6.

use axum::body::Body;
use axum::http::{Method, Request, header};

use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::fixture::SECRET;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{Reply, TestIssuer};

const ORIGIN: &str = "https://spa.example";
const OPEN: [&str; 6] = [
    "/token",
    "/revoke",
    "/userinfo",
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];
const CLOSED: [&str; 10] = [
    "/introspect",
    "/authorize",
    "/end-session",
    "/",
    "/sign-in",
    "/select-account",
    "/consent",
    "/sign-out",
    "/signed-out",
    "/applications/revoke",
];

async fn send(issuer: &TestIssuer, method: Method, path: &str) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ORIGIN, ORIGIN)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty());
    issuer.send(request.expect("a request")).await
}

fn cors_headers(reply: &Reply) -> Vec<String> {
    let names = reply.headers.keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

/// security.md 58: what a single-page application calls answers preflights, for every origin and without credentials.
#[tokio::test]
async fn what_an_application_calls_answers_preflights() {
    let issuer = TestIssuer::start().await;
    for path in OPEN {
        let reply = send(&issuer, Method::OPTIONS, path).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (204, ""), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("access-control-allow-methods"), "GET, POST");
        assert_eq!(reply.header("access-control-allow-headers"), "authorization, content-type");
        assert_eq!(reply.header("access-control-max-age"), "86400");
        assert!(!reply.headers.contains_key("access-control-allow-credentials"), "{path}");
    }
}

/// security.md 58: a script may read the answers themselves, also the refusals, whatever their reason.
#[tokio::test]
async fn answers_and_refusals_can_be_read() {
    let issuer = TestIssuer::start().await;
    let (service, large) = (basic("service", SECRET), "x".repeat(70_000));
    let token = [("grant_type", "client_credentials")];
    let replies = [
        issuer.post("/token", Some(&service), &token).await,
        issuer.post("/token", Some(&service), &[]).await,
        issuer.post("/token", None, &token).await,
        issuer.post_raw("/token", Some(&service), &large).await,
        issuer.post("/revoke", Some(&service), &[("token", "x")]).await,
        issuer.post("/revoke", None, &[]).await,
        send(&issuer, Method::GET, "/userinfo").await,
        send(&issuer, Method::GET, "/userinfo?access_token=x").await,
        send(&issuer, Method::GET, "/jwks").await,
        send(&issuer, Method::GET, "/.well-known/openid-configuration").await,
    ];
    for reply in replies {
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{}", reply.body);
        let exposed = reply.header("access-control-expose-headers");
        assert!(exposed.contains("WWW-Authenticate") && exposed.contains("Retry-After"));
        assert!(!reply.headers.contains_key("access-control-allow-credentials"));
    }
}

/// security.md 58: pages, and what is for servers alone, are closed to scripts of other origins.
#[tokio::test]
async fn pages_and_introspection_are_closed() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    for path in CLOSED {
        for method in [Method::OPTIONS, Method::GET, Method::POST] {
            let reply = send(&issuer, method.clone(), path).await;
            assert_eq!(cors_headers(&reply), [""; 0], "{method} {path}");
            assert!(method != Method::OPTIONS || reply.status == 405, "{path}: {}", reply.status);
        }
        assert_eq!(cors_headers(&browser.get(path).await), [""; 0], "{path}");
    }
    let reply = browser.get(&authorize_url("web", "https://web.example/cb", &[])).await;
    assert_eq!(cors_headers(&reply), [""; 0]);
    let form = [("token", "x")];
    let reply = issuer.post("/introspect", Some(&basic("service", SECRET)), &form).await;
    assert_eq!((reply.status.as_u16(), cors_headers(&reply)), (200, Vec::new()));
}
