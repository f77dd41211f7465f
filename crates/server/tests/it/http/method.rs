//! Methods and paths that are not there — RFC 9110 §9, §15.5.5, §15.5.6.

use axum::body::Body;
use axum::http::{Method, Request};
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;

use super::WEB;

/// A method that a URL does not take is 405, with those that it takes.
#[tokio::test]
async fn a_method_that_is_not_taken_is_405() {
    let issuer = TestIssuer::start().await;

    for (path, taken) in [
        ("/authorize", "GET,HEAD,POST"),
        ("/token", "POST,OPTIONS"),
        ("/introspect", "POST"),
        ("/revoke", "POST,OPTIONS"),
        ("/device_authorization", "POST,OPTIONS"),
        ("/userinfo", "GET,HEAD,POST,OPTIONS"),
        ("/jwks", "GET,HEAD,OPTIONS"),
        ("/.well-known/openid-configuration", "GET,HEAD,OPTIONS"),
        ("/.well-known/oauth-authorization-server", "GET,HEAD,OPTIONS"),
        ("/end-session", "GET,HEAD,POST"),
        ("/", "GET,HEAD"),
        ("/sign-in", "GET,HEAD,POST"),
        ("/select-account", "GET,HEAD,POST"),
        ("/consent", "GET,HEAD,POST"),
        ("/device", "GET,HEAD,POST"),
        ("/device/confirm", "GET,HEAD,POST"),
        ("/device/done", "GET,HEAD"),
        ("/sign-out", "GET,HEAD,POST"),
        ("/signing-out", "GET,HEAD"),
        ("/signed-out", "GET,HEAD"),
        ("/check-session", "GET,HEAD"),
        ("/applications/revoke", "POST"),
        ("/static/hallpass.css", "GET,HEAD"),
    ] {
        for method in ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"]
        {
            let request = Request::builder().method(Method::from_bytes(method.as_bytes()).expect("a method"));
            let reply = issuer.send(request.uri(path).body(Body::empty()).expect("a request")).await;

            if taken.split(',').any(|m| m == method) {
                assert!(
                    reply.status != 405 && !reply.status.is_server_error(),
                    "{method} {path}: {}",
                    reply.status
                );
            } else {
                assert_eq!(reply.status, 405, "{method} {path}");
                assert_eq!(sorted(reply.header("allow")), sorted(taken), "{method} {path}");
                assert_eq!(reply.header("cache-control"), "no-store");
                assert!(!reply.headers.contains_key("set-cookie"));
            }
        }
    }
}

/// HEAD is GET without the body.
#[tokio::test]
async fn head_is_get_without_the_body() {
    let issuer = TestIssuer::start().await;

    for path in
        ["/", "/jwks", "/.well-known/openid-configuration", "/static/hallpass.css", "/signed-out", "/sign-in"]
    {
        let get = issuer.get(path).await;
        let head = issuer.send(Request::head(path).body(Body::empty()).expect("a request")).await;

        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.header("cache-control"), get.header("cache-control"), "{path}");
    }
    let url = authorize_url("web", WEB, &[("prompt", "none")]);
    issuer
        .send(Request::head(&url).body(Body::empty()).expect("a request"))
        .await
        .assert_sent_back(WEB, "login_required");
}

/// What is not there is 404, without a word about what was asked for.
#[tokio::test]
async fn what_is_not_there_is_404() {
    let issuer = TestIssuer::start().await;

    for path in [
        "/nowhere",
        "/authorize/",
        "/sign-in/x",
        "/static/",
        "/static/../config",
        "/static/..%2fconfig",
        "//",
        "/%00",
        "/<script>",
    ] {
        let Ok(request) = Request::get(path).body(Body::empty()) else { continue };
        let reply = issuer.send(request).await;

        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.body, "There is nothing here.\n");
    }
}

/// A body that is too large, or is no form, is refused by a page where people are.
#[tokio::test]
async fn a_form_that_is_none_ends_on_a_page() {
    let issuer = TestIssuer::start().await;

    for path in [
        "/authorize",
        "/end-session",
        "/sign-in",
        "/select-account",
        "/consent",
        "/sign-out",
        "/applications/revoke",
    ] {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let json = [("content-type", "application/json")];
        for (headers, body, status) in [
            (&json[..], "{}".to_owned(), 400),
            (&[], "a=b".to_owned(), 400),
            (&form, format!("a={}", "x".repeat(65 * 1024)), 413),
            (&form, "a=%zz".to_owned(), 400),
            (&form, "a=%ff".to_owned(), 400),
            (&form, String::new(), 400),
        ] {
            let status = match (path, body.as_str()) {
                ("/end-session", "") => continue, // needs no parameter
                ("/sign-out" | "/applications/revoke", "") => 403,
                _ => status,
            };
            let mut request = Request::post(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let reply = issuer.send(request.body(Body::from(body)).expect("a request")).await;

            reply.assert_page(status, "invalid_request");
        }
    }
}

fn sorted(list: &str) -> Vec<&str> {
    let mut all: Vec<&str> = list.split(',').map(str::trim).filter(|m| !m.is_empty()).collect();
    all.sort_unstable();
    all
}
