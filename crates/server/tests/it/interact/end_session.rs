//! The end session endpoint — OpenID Connect RP-Initiated Logout 1.0.

use hallpass_proto::param::Form;
use hallpass_server::entity::Status;
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::html::{attributes, forms};
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, Reply, TestIssuer};

use super::{GRACE, WEB};

const BYE: &str = "https://web.example/bye";

/// security.md 63: without a hint nobody is signed out silently, by GET or POST, from whatever site: a page asks.
#[tokio::test]
async fn without_a_hint_the_person_is_asked() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let fields = [("client_id", "web"), ("post_logout_redirect_uri", BYE), ("state", "a b")];
    let cross_site = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];

    for reply in [
        browser.get("/end-session").await,
        browser.get(&url(&fields)).await,
        browser.post_with("/end-session", &cross_site, &fields).await,
        browser.post_with("/end-session", &cross_site, &[]).await,
    ] {
        let page = browser.follow(reply).await;
        assert!(forms(&page.body).iter().any(|form| form.id == "sign-out"), "{}", page.body);
        assert!(is_signed_in(&browser).await);
    }
    let page = browser.open(&url(&fields)).await;
    assert!(page.body.contains("The web app"), "{}", page.body);
    let reply = browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;
    assert_eq!(reply.location(), "https://web.example/bye?state=a+b");
    assert!(!is_signed_in(&browser).await);
}

/// security.md 63: with an ID token of this session the client has shown that it may ask; the browser goes back to
/// where it registered, with its `state`, and is signed out.
#[tokio::test]
async fn with_a_hint_the_browser_goes_straight_back() {
    for (extra, target) in [
        (
            &[("post_logout_redirect_uri", BYE), ("state", "x&y=z#%")][..],
            "https://web.example/bye?state=x%26y%3Dz%23%25",
        ),
        (&[("post_logout_redirect_uri", BYE)], BYE),
        (&[("post_logout_redirect_uri", BYE), ("client_id", "web")], BYE),
        (&[("state", "dropped")], "https://login.example/signed-out?client_id=web"),
    ] {
        let (_issuer, browser, id_token) = world().await;
        let fields: Vec<_> = [("id_token_hint", id_token.as_str())].iter().chain(extra).copied().collect();

        let reply = browser.get(&url(&fields)).await;

        assert_eq!((reply.status.as_u16(), reply.location()), (303, target));
        assert!(!is_signed_in(&browser).await);
        browser
            .get(&authorize_url("web", WEB, &[("prompt", "none")]))
            .await
            .assert_sent_back(WEB, "login_required");
    }
}

/// The same by POST (§2), also when the hint has expired.
#[tokio::test]
async fn an_expired_hint_counts() {
    let (issuer, browser, id_token) = world().await;
    issuer.clock.advance(3700);

    let fields = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", BYE)];
    let reply = browser.post_with("/end-session", &[], &fields).await;

    assert_eq!(reply.location(), BYE);
    assert!(!is_signed_in(&browser).await);
}

/// security.md 63, 66: the browser goes nowhere but to what this client registered, and stays signed in.
#[tokio::test]
async fn an_unregistered_target_ends_on_a_page() {
    let (_issuer, browser, id_token) = world().await;

    for uri in [
        "https://evil.example/",
        "https://web.example/bye/",
        "https://web.example/bye?x=1",
        "https://web.example/bye#f",
        "https://web.example/cb",
        "https://WEB.example/bye",
        "https://web.example@evil.example/bye",
        "//evil.example",
        "/\\evil.example",
        "/",
        "javascript:alert(1)",
        "https://web.example/bye\r\nSet-Cookie: a=b",
    ] {
        for fields in [
            &[("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", uri)][..],
            &[("client_id", "web"), ("post_logout_redirect_uri", uri)],
            &[("post_logout_redirect_uri", uri)],
        ] {
            let reply = browser.get(&url(fields)).await;
            reply.assert_page(400, "invalid_request");
            assert!(!attributes(&reply.body, "href").contains(&uri.to_owned()), "{uri}");
        }
    }
    for client_id in ["", "nobody", "spa", "other\u{1}"] {
        let fields = [("client_id", client_id), ("post_logout_redirect_uri", BYE)];
        browser.get(&url(&fields)).await.assert_page(400, "invalid_request");
    }
    assert!(is_signed_in(&browser).await);
}

/// security.md 63, 48: what is not an ID token of ours is no hint.
#[tokio::test]
async fn a_forged_hint_is_refused() {
    let (issuer, browser, id_token) = world().await;
    let (signed, signature) = id_token.rsplit_once('.').expect("a signature");
    let payload = signed.split_once('.').expect("a payload").1;
    let access_token = issuer.tokens("web", &[]).await.access_token;
    let elsewhere =
        TestIssuer::with("https://elsewhere.example", |_| {}).await.tokens("web", &[]).await.id_token;
    let reversed: String = signature.chars().rev().collect();

    for hint in [
        "nonsense",
        &access_token,
        &elsewhere,
        signed,
        &format!("{signed}.{reversed}"),
        &format!("eyJhbGciOiJub25lIn0.{payload}."),
        &"x".repeat(10_000),
    ] {
        let fields = [("id_token_hint", hint), ("post_logout_redirect_uri", BYE)];
        browser.get(&url(&fields)).await.assert_page(400, "invalid_request");
        browser.post_with("/end-session", &[], &fields).await.assert_page(400, "invalid_request");
    }
    assert!(is_signed_in(&browser).await);
}

/// §2: `client_id` beside a hint must be who the hint is for.
#[tokio::test]
async fn a_hint_of_another_client_is_refused() {
    let (_issuer, browser, id_token) = world().await;

    for client_id in ["spa", "other", "nobody"] {
        let fields = [("id_token_hint", id_token.as_str()), ("client_id", client_id)];
        browser.get(&url(&fields)).await.assert_page(400, "invalid_request");
    }
    assert!(is_signed_in(&browser).await);
}

/// security.md 63: a hint of another person, or of another session of the same one, does not sign this one out.
#[tokio::test]
async fn a_hint_of_another_session_asks() {
    let (issuer, browser, _) = world().await;
    let elsewhere = issuer.tokens("web", &[]).await.id_token;
    let grace = issuer.browser();
    let page = grace.open(&authorize_url("web", WEB, &[])).await;
    let reply = grace.submit(&page, "sign-in", &GRACE).await;
    let page = grace.follow(reply).await;
    let reply = grace.submit(&page, "consent", &[("action", "allow")]).await;
    let code = hallpass_testkit::browser::response_of(&reply).code.expect("a code");
    let graces = Tokens::of(&issuer.redeem("web", code.expose()).await).id_token;

    for hint in [elsewhere, graces] {
        let page = browser.open(&url(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;

        assert!(forms(&page.body).iter().any(|form| form.id == "sign-out"), "{}", page.body);
        assert!(page.body.contains("Ada Lovelace"));
        assert!(is_signed_in(&browser).await);
    }
}

/// security.md 63: a form from another site comes without the session's cookie, so its hint, which may be anybody's, is
/// held against nobody. It takes no cookie away: the person is asked once the cookie is there.
#[tokio::test]
async fn a_form_from_another_site_signs_nobody_out_unasked() {
    let (issuer, browser, id_token) = world().await;
    let someone_elses = issuer.tokens("web", &[]).await.id_token;

    for hint in [id_token, someone_elses] {
        let reply = issuer.post("/end-session", None, &[("id_token_hint", &hint)]).await;

        let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
        assert!(!cookies.iter().any(|c| c.as_bytes().starts_with(b"__Host-hallpass_session")), "{cookies:?}");
        let page = browser.follow(reply).await;
        assert!(forms(&page.body).iter().any(|form| form.id == "sign-out"), "{}", page.body);
        assert!(is_signed_in(&browser).await);
    }
}

/// Who is not signed in is not asked.
#[tokio::test]
async fn nobody_signed_in_goes_straight_back() {
    let (issuer, _, id_token) = world().await;

    for fields in
        [&[("id_token_hint", id_token.as_str()), ("state", "s")][..], &[("client_id", "web"), ("state", "s")]]
    {
        let with_target: Vec<_> = fields.iter().copied().chain([("post_logout_redirect_uri", BYE)]).collect();
        assert_eq!(
            issuer.browser().open(&url(&with_target)).await.location(),
            "https://web.example/bye?state=s"
        );
        assert!(issuer.browser().open(&url(fields)).await.body.contains("You are signed out"));
    }
    assert!(issuer.browser().open("/end-session").await.body.contains("You are signed out"));
}

/// A client that was disabled, or whose target was taken away, since it asked is gone back to no more.
#[tokio::test]
async fn a_target_that_is_taken_away_meanwhile_is_not_gone_to() {
    for change in [
        (|client| client.status = Status::Disabled) as fn(&mut hallpass_server::entity::client::Client),
        |client| client.post_logout_redirect_uris.clear(),
    ] {
        let (issuer, browser, id_token) = world().await;
        let question = browser.get(&url(&[("client_id", "web"), ("post_logout_redirect_uri", BYE)])).await;
        let question = question.location().to_owned();
        let page = browser.get(&question).await;

        issuer.change_client("web", change).await;

        browser
            .submit(&page, "sign-out", &[("action", "sign-out")])
            .await
            .assert_page(400, "invalid_request");
        issuer.browser().get(&question).await.assert_page(400, "invalid_request");
        let fields = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", BYE)];
        browser.get(&url(&fields)).await.assert_page(400, "invalid_request");
    }
}

/// A parameter that comes twice, or a `state` that has no end, is refused.
#[tokio::test]
async fn malformed_requests_end_on_a_page() {
    let (_issuer, browser, id_token) = world().await;
    let long = "s".repeat(4097);

    for query in [
        format!("id_token_hint={id_token}&id_token_hint={id_token}"),
        format!(
            "post_logout_redirect_uri={BYE}&post_logout_redirect_uri=https://evil.example/&client_id=web"
        ),
        format!("state={long}"),
        "state=%zz".to_owned(),
    ] {
        browser.get(&format!("/end-session?{query}")).await.assert_page(400, "invalid_request");
    }
    assert!(is_signed_in(&browser).await);
}

/// A browser in which Ada is signed in to `web`, and the ID token that `web` has.
async fn world() -> (TestIssuer, Browser, String) {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let code = browser.code("web", WEB, &[]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    (issuer, browser, tokens.id_token)
}

fn url(fields: &[(&str, &str)]) -> String {
    let form: Form<'_> = fields.iter().copied().collect();
    format!("/end-session?{}", form.encode())
}

async fn is_signed_in(browser: &Browser) -> bool {
    let home: Reply = browser.get("/").await;
    home.body.contains("Ada Lovelace")
}
