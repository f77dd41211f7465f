//! The cookies — RFC 6265, security.md 64.

use axum::body::Body;
use axum::http::Request;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::{Reply, TestIssuer};

use super::{WEB, signed_in};

const SESSION: &str = "__Host-hallpass_session";
const STATE: &str = "__Host-hallpass_state";
const DAY: i64 = 24 * 60 * 60;

/// security.md 64: over https all cookies are `__Host-`. The session's and the visitor's are out of reach of scripts and
/// of other sites' requests, and hold 256 random bits that no other browser has; the third is for scripts in frames, and
/// lets nobody in.
#[tokio::test]
async fn cookies_over_https() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    let page = browser.open(&authorize_url("web", WEB, &[])).await;
    let again = browser.open(&authorize_url("web", WEB, &[])).await;
    let fields = [("username", "ada"), ("password", hallpass_testkit::fixture::PASSWORD_OF_ALL)];
    let signed_in = browser.submit(&page, "sign-in", &fields).await;

    let (name, value, attributes) = the_cookie(&page);
    assert_eq!((name.as_str(), value.len()), ("__Host-hallpass_visitor", 43));
    assert_eq!(attributes, ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]);
    assert!(!again.headers.contains_key("set-cookie"), "the visitor is known by now");
    let [(name, value, attributes), (state_name, _, state_attributes)] = both_cookies(&signed_in);
    assert_eq!((name.as_str(), value.len()), (SESSION, 43));
    assert_eq!(attributes, ["Path=/", "Max-Age=1209600", "HttpOnly", "SameSite=Lax", "Secure"]);
    assert_eq!(state_name, STATE);
    assert_eq!(state_attributes, ["Path=/", "Max-Age=1209600", "SameSite=None", "Secure"]);
    assert!(value != issuer.browser_of_ada().await.cookies()[SESSION]);
    let out =
        browser.submit(&browser.open("/end-session").await, "sign-out", &[("action", "sign-out")]).await;
    let [(name, value, attributes), (state_name, state, state_attributes)] = both_cookies(&out);
    assert_eq!((state_name.as_str(), state.as_str()), (STATE, ""));
    assert_eq!(state_attributes, ["Path=/", "Max-Age=0", "SameSite=None", "Secure"]);
    assert_eq!((name.as_str(), value.as_str()), (SESSION, ""));
    assert_eq!(attributes, ["Path=/", "Max-Age=0", "HttpOnly", "SameSite=Lax", "Secure"]);
}

/// A form that another site sends comes without the cookies. Its answer is a redirect, which leaves them as they are: the
/// forms in other tabs stay good.
#[tokio::test]
async fn a_form_from_another_site_leaves_the_cookies_alone() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url("web", WEB, &[]);
    let (_, query) = url.split_once('?').expect("a query");

    for (path, body) in [("/authorize", query), ("/end-session", "client_id=web")] {
        let reply = issuer.post_raw(path, None, body).await;

        assert_eq!(reply.status, 303, "{path}");
        assert!(!reply.headers.contains_key("set-cookie"), "{path}");
    }
}

/// Over http, which is for this machine alone, the port is part of the name: browsers do not tell ports apart.
#[tokio::test]
async fn cookies_over_http() {
    let issuer = TestIssuer::with("http://localhost:9000", |_| {}).await;

    let browser = signed_in(&issuer).await;
    let first = issuer.browser().open(&authorize_url("web", WEB, &[])).await;

    let names: Vec<String> = browser.cookies().into_keys().collect();
    assert_eq!(names, ["hallpass_9000_session", "hallpass_9000_state", "hallpass_9000_visitor"]);
    let (_, _, attributes) = the_cookie(&first);
    assert_eq!(attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
}

/// security.md 64: a session ends a day after it was last used, and a fortnight after it began however much it is used.
#[tokio::test]
async fn a_session_ends() {
    let issuer = TestIssuer::start().await;
    let quiet = authorize_url("web", WEB, &[("prompt", "none")]);

    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    issuer.clock.advance(DAY - 1);
    assert!(response_of(&browser.get(&quiet).await).code.is_some());
    issuer.clock.advance(DAY);
    browser.get(&quiet).await.assert_sent_back(WEB, "login_required");

    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    for _ in 0..13 {
        issuer.clock.advance(DAY - 1);
        assert!(response_of(&browser.get(&quiet).await).code.is_some());
    }
    issuer.clock.advance(DAY - 1);
    assert!(response_of(&browser.get(&quiet).await).code.is_some());
    issuer.clock.advance(14);
    browser.get(&quiet).await.assert_sent_back(WEB, "login_required");
}

/// security.md 64: a cookie of ours that no browser of ours has is refused when it is huge, and is nobody's session when
/// it is anything else.
#[tokio::test]
async fn foreign_cookies_do_no_harm() {
    let issuer = TestIssuer::start().await;
    let real = issuer.browser_of_ada().await.cookies()[SESSION].clone();

    for (value, status) in
        [("x".repeat(4097), 400), ("x".repeat(60_000), 400), ("x".repeat(4096), 200), (String::new(), 200)]
    {
        let reply = with_cookies(&issuer, format!("{SESSION}={value}").as_bytes()).await;
        assert_eq!(reply.status.as_u16(), status);
        assert!(!reply.body.contains("Ada"));
        if status == 400 {
            reply.assert_page(400, "invalid_request");
        }
    }
    let bomb: String = (0..500).map(|i| format!("{SESSION}_{i}=x; {SESSION}={i:043}; ")).collect();
    for value in [
        bomb,
        format!("{SESSION}={}", "A".repeat(43)),
        format!("{SESSION}={}", real.to_lowercase()),
        format!("{SESSION}={}", &real[..42]),
        format!("{SESSION}={real}A"),
        format!("{SESSION}=\"{real}\""),
        format!("{SESSION}x={real}"),
        format!("x{SESSION}={real}"),
        format!("hallpass_session={real}"),
        ";;;=;".to_owned(),
    ] {
        let reply = with_cookies(&issuer, value.as_bytes()).await;
        assert_eq!(reply.status, 200, "{value}");
        assert!(!reply.body.contains("Ada"), "{value}");
    }
}

/// Other programs on the host set cookies as they like; ours is found among them.
#[tokio::test]
async fn a_neighbours_cookie_does_not_hide_ours() {
    let issuer = TestIssuer::start().await;
    let real = issuer.browser_of_ada().await.cookies()[SESSION].clone();

    for value in [
        format!("name=J\u{fc}rgen; {SESSION}={real}; b=c").into_bytes(),
        [b"name=\xff\xfe; ", format!("{SESSION}={real}").as_bytes()].concat(),
        format!("a=b;{SESSION}={real}").into_bytes(),
        format!("{SESSION}=old; {SESSION}={real}").into_bytes(),
    ] {
        assert!(with_cookies(&issuer, &value).await.body.contains("Ada Lovelace"), "{value:?}");
    }
}

async fn with_cookies(issuer: &TestIssuer, value: &[u8]) -> Reply {
    issuer.send(Request::get("/").header("cookie", value).body(Body::empty()).expect("a request")).await
}

fn the_cookie(reply: &Reply) -> (String, String, Vec<String>) {
    let [cookie] = cookies(reply).try_into().expect("one cookie");
    cookie
}

/// The session's, and the one for scripts.
fn both_cookies(reply: &Reply) -> [(String, String, Vec<String>); 2] {
    cookies(reply).try_into().expect("two cookies")
}

fn cookies(reply: &Reply) -> Vec<(String, String, Vec<String>)> {
    let read = |set: &axum::http::HeaderValue| {
        let mut parts = set.to_str().expect("text").split("; ").map(str::to_owned);
        let pair = parts.next().expect("a pair");
        let (name, value) = pair.split_once('=').expect("a pair");
        (name.to_owned(), value.to_owned(), parts.collect())
    };
    reply.headers.get_all("set-cookie").iter().map(read).collect()
}
