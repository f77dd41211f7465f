//! An issuer below a path of its host: `https://login.example/op`.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{VERIFIER, authorize_url, response_of};
use hallpass_testkit::html::attributes;
use hallpass_testkit::issuer::basic;

use super::{WEB, pages, signed_in};

/// Everything stands below the path, and the metadata says so; RFC 8414 §3.1 alone puts its document in front.
#[tokio::test]
async fn every_url_stands_below_the_path() {
    let issuer = TestIssuer::with("https://login.example/op", |_| {}).await;

    let metadata = issuer.get("/op/.well-known/openid-configuration").await;
    let same = issuer.get("/.well-known/oauth-authorization-server/op").await;

    assert_eq!((metadata.status.as_u16(), &metadata.body), (200, &same.body));
    let document = metadata.json();
    assert_eq!(document["issuer"], "https://login.example/op");
    for (name, value) in document.as_object().expect("an object") {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            let url = value.as_str().expect("a URL");
            let path = url.strip_prefix("https://login.example").unwrap_or_else(|| panic!("{name}: {url}"));
            assert!(path.starts_with("/op/"), "{name}: {url}");
            assert_ne!(issuer.get(path).await.status, 404, "{name}: {url}");
        }
    }
    for path in [
        "/",
        "/authorize",
        "/token",
        "/jwks",
        "/sign-in",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/static/hallpass.css",
    ] {
        assert_eq!(issuer.get(path).await.status, 404, "{path}");
    }
    assert_eq!(issuer.get("/op").await.status, 200);
    assert_eq!(issuer.get("/op/static/hallpass.css").await.header("content-type"), "text/css; charset=utf-8");
}

/// A whole flow, page by page, token by token.
#[tokio::test]
async fn a_code_becomes_tokens_below_a_path() {
    let issuer = TestIssuer::with("https://login.example/op", |_| {}).await;
    let browser = issuer.browser();

    let reply = browser.complete(&format!("/op{}", authorize_url("web", WEB, &[]))).await;
    let response = response_of(&reply);
    let code = response.code.expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", WEB),
        ("code_verifier", VERIFIER),
    ];
    let tokens =
        issuer.post("/op/token", Some(&basic("web", hallpass_testkit::fixture::SECRET)), &form).await;

    assert_eq!(response.iss.as_deref(), Some("https://login.example/op"));
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let quiet = browser.get(&format!("/op{}", authorize_url("web", WEB, &[("prompt", "none")]))).await;
    assert!(response_of(&quiet).code.is_some());
}

/// Links, forms and the stylesheet of every page stay below the path.
#[tokio::test]
async fn every_page_stays_below_the_path() {
    let issuer = TestIssuer::with("https://login.example/op", |_| {}).await;

    for (name, page) in pages(&issuer).await {
        assert_eq!(page.status, if name == "error" { 400 } else { 200 }, "{name}: {}", page.body);
        let urls = [attributes(&page.body, "href"), attributes(&page.body, "action")].concat();
        assert!(urls.contains(&"/op/static/hallpass.css".to_owned()), "{name}: {urls:?}");
        for url in urls {
            let ours = url.starts_with("/op/") || url.starts_with("https://login.example/op/");
            assert!(ours || url.starts_with("data:") || (name == "form-post" && url == WEB), "{name}: {url}");
        }
    }
}

/// Two issuers on one host keep their cookies apart: over https by the name (`__Host-` requires `Path=/`), over http by
/// name and path.
#[tokio::test]
async fn two_issuers_on_one_host_keep_their_cookies_apart() {
    let one = TestIssuer::with("https://login.example/op", |_| {}).await;
    let two = TestIssuer::with("https://login.example", |_| {}).await;
    let local = TestIssuer::with("http://localhost:9000/op", |_| {}).await;

    let [one, two, local] = [signed_in(&one).await, signed_in(&two).await, signed_in(&local).await];

    let names = |browser: &hallpass_testkit::Browser| browser.cookies().into_keys().collect::<Vec<_>>();
    assert_eq!(
        names(&one),
        ["__Host-hallpass_session_op", "__Host-hallpass_state_op", "__Host-hallpass_visitor_op"]
    );
    assert_eq!(names(&two), ["__Host-hallpass_session", "__Host-hallpass_state", "__Host-hallpass_visitor"]);
    assert_eq!(
        names(&local),
        ["hallpass_9000_session_op", "hallpass_9000_state_op", "hallpass_9000_visitor_op"]
    );
    for (issuer, path) in [("https://login.example/op", "Path=/;"), ("http://localhost:9000/op", "Path=/op;")]
    {
        let issuer = TestIssuer::with(issuer, |_| {}).await;
        let reply = issuer.browser().open(&format!("/op{}", authorize_url("web", WEB, &[]))).await;
        assert!(reply.header("set-cookie").contains(path), "{}", reply.header("set-cookie"));
    }
}
