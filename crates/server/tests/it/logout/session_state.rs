//! What a client's page can watch — OpenID Connect Session Management 1.0.

use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::secret::Digest;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::{Browser, TestIssuer};

use super::WEB;

const STATE: &str = "__Host-hallpass_state";

/// §3: what the frame compares: the client, the origin that asks, the cookie, the salt.
fn fits(response: &AuthorizationResponse, client_id: &str, origin: &str, browser: &Browser) -> bool {
    let given = response.session_state.clone().expect("a session_state");
    let (hash, salt) = given.split_once('.').expect("a salt");
    let state = browser.cookies().get(STATE).cloned().unwrap_or_default();
    let expected = Digest::of(format!("{client_id} {origin} {state} {salt}").as_bytes());
    hash == expected.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
}

async fn quietly(browser: &Browser) -> AuthorizationResponse {
    response_of(&browser.get(&authorize_url("web", WEB, &[("prompt", "none")])).await)
}

/// It fits as long as nothing has happened, and from the next sign-out or sign-in on it does not.
#[tokio::test]
async fn it_fits_until_the_session_is_another_one() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let first = response_of(&browser.complete(&authorize_url("web", WEB, &[])).await);
    assert!(fits(&first, "web", "https://web.example", &browser));
    assert!(!fits(&first, "other", "https://web.example", &browser));
    assert!(!fits(&first, "web", "https://evil.example", &browser));
    assert!(!first.session_state.as_deref().unwrap_or_default().contains(' '));

    let second = quietly(&browser).await;
    assert!(
        fits(&second, "web", "https://web.example", &browser) && second.session_state != first.session_state
    );
    assert!(fits(&first, "web", "https://web.example", &browser), "nothing has happened");

    let page = browser.open("/end-session").await;
    browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;
    assert!(!browser.cookies().contains_key(STATE));
    assert!(!fits(&first, "web", "https://web.example", &browser), "signed out");

    browser.sign_in("ada@example.com").await;
    assert!(!fits(&first, "web", "https://web.example", &browser), "another session");
    assert!(fits(&quietly(&browser).await, "web", "https://web.example", &browser));
}

/// Only an OpenID client has one, and only where there is an origin that could watch.
#[tokio::test]
async fn only_openid_clients_on_the_web_get_one() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("native", |native| {
            native.redirect_uris.push(RedirectUri::parse("com.example.app:/cb").expect("a redirect URI"));
        })
        .await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;

    let plain = authorize_url("web", WEB, &[("scope", "items:read")]);
    assert_eq!(response_of(&browser.complete(&plain).await).session_state, None);
    let app = authorize_url("native", "com.example.app:/cb", &[("scope", "openid")]);
    assert_eq!(response_of(&browser.complete(&app).await).session_state, None);
    let port = authorize_url("native", "http://127.0.0.1:4711/cb", &[("scope", "openid")]);
    assert!(fits(&response_of(&browser.complete(&port).await), "native", "http://127.0.0.1:4711", &browser));
}

/// Sessions that are older than the cookie, and browsers that lost it, get it with the next answer; of a session that
/// has run out it is taken away.
#[tokio::test]
async fn the_cookie_follows_the_session() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let real = browser.cookies()[STATE].clone();

    for held in ["", "x", &"A".repeat(43)] {
        browser.set_cookie(STATE, held);
        let response = quietly(&browser).await;
        assert_eq!(browser.cookies()[STATE], real, "{held}");
        assert!(fits(&response, "web", "https://web.example", &browser));
    }
    let quiet = browser.get(&authorize_url("web", WEB, &[("prompt", "none")])).await;
    assert!(!quiet.headers.contains_key("set-cookie"), "it is as it should be");

    issuer.clock.advance(30 * 24 * 3600);
    browser.get("/").await;
    assert!(!browser.cookies().contains_key(STATE));
}

/// security.md 64: the cookie lets nobody in, and another site's form, which comes with it and without the session's,
/// changes nothing.
#[tokio::test]
async fn the_cookie_is_no_secret() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let state = browser.cookies()[STATE].clone();
    let thief = issuer.browser();
    for name in [STATE, "__Host-hallpass_session", "__Host-hallpass_visitor"] {
        thief.set_cookie(name, &state);
    }
    assert!(!thief.get("/").await.body.contains("Ada"));

    let framed = issuer.browser();
    framed.set_cookie(STATE, &state);
    let headers = [("origin", "https://web.example"), ("sec-fetch-site", "cross-site")];
    let reply = framed.post_with("/end-session", &headers, &[("client_id", "web")]).await;
    assert!(!reply.headers.contains_key("set-cookie"));
}

/// §3.3: a page that any client may frame, and that runs one script.
#[tokio::test]
async fn the_page_of_the_frame() {
    let issuer = TestIssuer::start().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["check_session_iframe"], "https://login.example/check-session");

    let page = issuer.get("/check-session").await;

    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(!policy.contains("frame-ancestors") && !page.headers.contains_key("x-frame-options"), "{policy}");
    let script = page.body.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>"));
    let hash = Digest::of(script.expect("a script").0.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash.as_bytes());
    assert_eq!(policy, format!("default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'"));
    assert!(page.body.contains(&format!("data-cookie=\"{STATE}\"")), "{}", page.body);
    assert_eq!(page.header("cross-origin-resource-policy"), "cross-origin");
}
