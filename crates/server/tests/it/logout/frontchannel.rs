//! Pages of the clients in frames — OpenID Connect Front-Channel Logout 1.0.

use hallpass_proto::param::Form;
use hallpass_server::interact::default_pages::SIGNING_OUT_SCRIPT;
use hallpass_testkit::html::attributes;
use hallpass_testkit::{Browser, Reply, TestIssuer};

use super::{BYE, FRAME, sign_out, signed_in, world};

/// A server at which the browser tells `web`.
async fn framed() -> TestIssuer {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |web| web.frontchannel_logout_uri = Some(FRAME.to_owned())).await;
    issuer
}

fn frames(page: &Reply) -> Vec<String> {
    attributes(&page.body, "src").into_iter().filter(|src| src.starts_with("http")).collect()
}

async fn signing_out(browser: &Browser, id_token: &str) -> (String, Reply) {
    let away = sign_out(browser, id_token).await.location().to_owned();
    assert!(away.starts_with("https://login.example/signing-out?request="), "{away}");
    let page = browser.get(&away).await;
    assert_eq!(page.status, 200);
    (away, page)
}

/// §3: the frame has `iss` and `sid` where the client wants them, beside what its URI had; the policy lets exactly that
/// origin in; then the browser goes where the client wants to have it, without a script too.
#[tokio::test]
async fn the_browser_tells_the_client_and_goes_back_to_it() {
    let issuer = framed().await;
    issuer.change_client("web", |web| web.frontchannel_logout_session_required = true).await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    let sid = issuer.verified(&id_token).await["sid"].as_str().expect("a sid").to_owned();

    let (_, page) = signing_out(&browser, &id_token).await;

    let query: Form<'_> = [("iss", "https://login.example"), ("sid", &sid)].into_iter().collect();
    assert_eq!(frames(&page), [format!("{FRAME}&{}", query.encode())]);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("; frame-src https://web.example; "), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let hash = hallpass_proto::secret::Digest::of(SIGNING_OUT_SCRIPT.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash.as_bytes());
    assert!(policy.contains(&format!("script-src 'sha256-{hash}'")), "{policy}");
    let next = format!("{BYE}?state=the-state");
    assert!(attributes(&page.body, "href").contains(&next), "{}", page.body);
    assert_eq!(attributes(&page.body, "content").last().map(String::as_str), Some(&*format!("5;url={next}")));
    assert!(!browser.get("/").await.body.contains("Ada Lovelace"), "she is signed out");
}

/// Without that wish the URI is loaded as it is registered.
#[tokio::test]
async fn a_client_that_does_not_ask_for_the_session_is_not_told_it() {
    let issuer = framed().await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;

    let (_, page) = signing_out(&browser, &id_token).await;

    assert_eq!(frames(&page), [FRAME]);
}

/// Without an address to go back to, the browser ends at our own page.
#[tokio::test]
async fn without_a_way_back_it_ends_here() {
    let issuer = framed().await;
    let browser = issuer.browser();
    signed_in(&issuer, &browser).await;

    let question = browser.open("/end-session").await;
    let reply = browser.submit(&question, "sign-out", &[("action", "sign-out")]).await;
    let page = browser.follow(reply).await;

    assert_eq!(frames(&page), [FRAME]);
    let next = attributes(&page.body, "href").pop().expect("a link");
    assert_eq!(next, "https://login.example/signed-out");
    assert!(browser.get(&next).await.body.contains("You are signed out"));
}

/// Each client of the session, and no other; the policy names each origin once.
#[tokio::test]
async fn all_clients_of_the_session_are_told() {
    let issuer = framed().await;
    for (client_id, uri) in [("other", "https://web.example/other"), ("spa", "https://spa.example/out")] {
        issuer.change_client(client_id, |c| c.frontchannel_logout_uri = Some(uri.to_owned())).await;
    }
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    browser.code("other", "https://other.example/cb", &[]).await;

    let (_, page) = signing_out(&browser, &id_token).await;

    assert_eq!(frames(&page), ["https://web.example/other", FRAME]);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("; frame-src https://web.example; "), "{policy}");
}

/// Nobody is made to pass by a page that has nothing to load.
#[tokio::test]
async fn without_frames_the_browser_goes_straight_back() {
    let issuer = world().await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;

    assert_eq!(sign_out(&browser, &id_token).await.location(), format!("{BYE}?state=the-state"));
}

/// security.md 66: the address of the page is sealed: nobody has it load or go to what they like. A client that has
/// changed since counts as it is now.
#[tokio::test]
async fn the_page_loads_and_goes_to_what_is_registered_and_nothing_else() {
    let issuer = framed().await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    let (away, _) = signing_out(&browser, &id_token).await;

    for broken in ["/signing-out", "/signing-out?request=", "/signing-out?request=x", &away[..away.len() - 2]]
    {
        browser.get(broken).await.assert_page(400, "invalid_request");
    }
    issuer.change_client("web", |web| web.frontchannel_logout_uri = None).await;
    assert_eq!(frames(&browser.get(&away).await), [""; 0]);
    issuer.change_client("web", |web| web.post_logout_redirect_uris.clear()).await;
    browser.get(&away).await.assert_page(400, "invalid_request");
}

/// security.md 63: a `sid` is no secret, so whoever brings one, in a browser that is signed in or from anywhere, has
/// shown nothing: sessions and tokens stay.
#[tokio::test]
async fn a_sid_alone_ends_nothing() {
    let issuer = framed().await;
    let browser = issuer.browser();
    let code = browser.code("web", super::WEB, &[]).await;
    let tokens = hallpass_testkit::Tokens::of(&issuer.redeem("web", &code).await);
    let sid = issuer.verified(&tokens.id_token).await["sid"].as_str().expect("a sid").to_owned();
    let query: Form<'_> = [("iss", "https://login.example"), ("sid", &sid)].into_iter().collect();
    let query = query.encode();

    for path in ["/end-session", "/sign-out", "/signing-out", "/signed-out", "/check-session"] {
        for from in [issuer.browser(), browser.tab()] {
            from.open(&format!("{path}?{query}")).await;
        }
        issuer.post_raw(path, None, &query).await;
    }

    assert!(browser.get("/").await.body.contains("Ada Lovelace"));
    assert!(issuer.is_active("web", &tokens.access_token).await);
    assert_eq!(issuer.refresh("web", &tokens.refresh_token).await.status, 200);
}
