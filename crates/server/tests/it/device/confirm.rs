//! `/device/confirm`, the question — RFC 8628 §3.3, §5.3, §5.4.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use hallpass_proto::device::DeviceAuthorizationResponse;
use hallpass_server::config::ClientAddress;
use hallpass_server::entity::Status;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::form_of;
use hallpass_testkit::html::attributes;
use std::net::SocketAddr;

use super::{ADA, GRACE, answer, codes, enter, poll, question};

/// security.md 46: the person sees who asks, for what, with which code, and as whom they would answer.
#[tokio::test]
async fn the_question_says_all_that_it_is_about() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("tv", |client| client.policy_uri = Some("https://tv.example/privacy".to_owned()))
        .await;
    let codes = codes(&issuer, "tv", "openid profile items:read").await;
    let browser = issuer.browser_of_ada().await;

    let page = question(&browser, &codes).await;

    for text in [
        "<h1>Connect this device?</h1>",
        "id=\"client-name\">The tv app<",
        &format!("id=\"user-code\">{}<", codes.user_code),
        "See your profile",
        "Keep this access while you are away",
        "id=\"user-login\">ada@example.com<",
        "https://tv.example/privacy",
        "Allow it only if the device is in front of you and shows this code.",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert_eq!(attributes(&page.body, "data-scope"), ["profile", "items:read", "offline_access"]);
    assert!(!page.body.contains("asked-from"), "nobody knows from where");
    assert!(!page.body.contains(codes.device_code.expose()));
}

/// A client that gets no refresh token does not ask for lasting access.
#[tokio::test]
async fn a_client_without_refresh_asks_for_this_visit() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "kiosk", "openid").await;

    let page = question(&issuer.browser_of_ada().await, &codes).await;

    assert!(page.body.contains("asks to know that it is you, and nothing else"), "{}", page.body);
}

/// security.md 46: the person sees from where the device asks: as the connection says, and a header says nothing.
#[tokio::test]
async fn the_question_says_from_where() {
    let issuer = TestIssuer::start().await;

    for (peer, shown) in [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ] {
        let codes = codes_from(&issuer, peer, "192.0.2.66").await;
        let page = question(&issuer.browser_of_ada().await, &codes).await;
        assert!(page.body.contains(&format!("<code id=\"asked-from\">{shown}</code>")), "{}", page.body);
        assert!(!page.body.contains("192.0.2.66"), "{peer}");
    }
}

/// A proxy that is named speaks for its clients, and nobody else does.
#[tokio::test]
async fn a_proxy_of_ours_says_from_where() {
    let issuer = TestIssuer::with("https://login.example", |config| {
        config.client_address = ClientAddress::BehindProxies(vec!["10.0.0.0/8".parse().expect("a network")]);
    })
    .await;

    for (peer, header, shown) in [
        ("10.0.0.1", "192.0.2.66", Some("192.0.2.66")),
        ("10.0.0.1", "198.51.100.1, 192.0.2.66", Some("192.0.2.66")),
        ("203.0.113.9", "192.0.2.66", Some("203.0.113.9")),
        ("10.0.0.1", "nonsense", None),
    ] {
        let codes = codes_from(&issuer, peer, header).await;
        let page = question(&issuer.browser_of_ada().await, &codes).await;
        match shown {
            Some(shown) => {
                assert!(page.body.contains(&format!("id=\"asked-from\">{shown}<")), "{peer} {header}")
            }
            None => assert!(!page.body.contains("asked-from"), "{peer} {header}"),
        }
    }
}

/// security.md 24: the answer is bound to the browser, to who is signed in there, and to this device.
#[tokio::test]
async fn the_answer_is_bound_to_person_browser_and_device() {
    let issuer = TestIssuer::start().await;
    let (one, two) = (codes(&issuer, "tv", "").await, codes(&issuer, "tv", "").await);
    let browser = issuer.browser_of_ada().await;
    let first = form_of(&question(&browser, &one).await, "device-confirm").fields;
    let second = form_of(&question(&browser, &two).await, "device-confirm").fields;
    let graces = issuer.browser();
    graces.sign_in("grace@example.com").await;

    for (from, request, csrf) in [
        (&browser, &first["request"], &second["csrf"]),
        (&browser, &first["request"], &String::new()),
        (&graces, &first["request"], &first["csrf"]),
    ] {
        let fields = [("request", request.as_str()), ("csrf", csrf), ("action", "allow")];
        from.post("/device/confirm", &fields).await.assert_page(403, "invalid_request");
    }
    let fields = [("request", first["request"].as_str()), ("csrf", &first["csrf"]), ("action", "allow")];
    let cross = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    browser.post_with("/device/confirm", &cross, &fields).await.assert_page(403, "invalid_request");
    for codes in [&one, &two] {
        poll(&issuer, "tv", codes).await.assert_refused(400, "authorization_pending");
    }
}

/// Whoever has signed in as somebody else since answers nothing by an old page.
#[tokio::test]
async fn a_page_of_somebody_else_answers_nothing() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "openid").await;
    let browser = issuer.browser_of_ada().await;
    let adas = question(&browser, &codes).await;
    browser.sign_in("grace@example.com").await;

    browser.submit(&adas, "device-confirm", &[("action", "allow")]).await.assert_page(403, "invalid_request");

    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
    answer(&browser, &codes, "allow").await;
    let tokens = poll(&issuer, "tv", &codes).await.json();
    assert_eq!(issuer.verified(tokens["id_token"].as_str().expect("a token")).await["sub"], "user-grace");
}

/// Another account can be taken, and it is that one that the device gets; the same one may come back too.
#[tokio::test]
async fn another_account_can_be_used() {
    for (person, sub) in [(GRACE, "user-grace"), (ADA, "user-ada")] {
        let issuer = TestIssuer::start().await;
        let codes = codes(&issuer, "tv", "openid").await;
        let browser = issuer.browser_of_ada().await;
        let page = question(&browser, &codes).await;

        let reply = browser.submit(&page, "device-confirm", &[("action", "switch")]).await;
        let sign_in = browser.follow(reply).await;
        let reply = browser.submit(&sign_in, "sign-in", &person).await;
        let page = browser.follow(reply).await;
        let reply = browser.submit(&page, "device-confirm", &[("action", "allow")]).await;
        browser.follow(reply).await;

        let tokens = poll(&issuer, "tv", &codes).await.json();
        assert_eq!(issuer.verified(tokens["id_token"].as_str().expect("a token")).await["sub"], sub);
    }
}

/// security.md 46: two tabs, one answer: whoever comes second is told so, and changes nothing.
#[tokio::test]
async fn a_device_is_answered_once() {
    for (first, second, outcome) in [("allow", "deny", 200), ("deny", "allow", 400)] {
        let issuer = TestIssuer::start().await;
        let codes = codes(&issuer, "tv", "").await;
        let browser = issuer.browser_of_ada().await;
        let (one, two) = (question(&browser, &codes).await, question(&browser, &codes).await);

        let counted = browser.submit(&one, "device-confirm", &[("action", first)]).await;
        let late = browser.submit(&two, "device-confirm", &[("action", second)]).await;

        assert_eq!(counted.status, 303);
        late.assert_page(400, "invalid_request");
        assert!(late.body.contains("This code cannot be used any more"), "{}", late.body);
        assert_eq!(
            attributes(&late.body, "href").last().map(String::as_str),
            Some("https://login.example/device")
        );
        assert_eq!(poll(&issuer, "tv", &codes).await.status, outcome);
    }
}

/// The page stays as long as the code, in whatever state the browser comes back.
#[tokio::test]
async fn the_question_ends_with_the_code() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser_of_ada().await;
    let url = enter(&browser, &codes.user_code).await.location().to_owned();
    let stranger = issuer.browser();
    let sign_in_url = enter(&stranger, &codes.user_code).await.location().to_owned();
    let page = browser.get(&url).await;
    let sign_in = stranger.get(&sign_in_url).await;

    issuer.clock.advance(599);
    assert_eq!(browser.get(&url).await.status, 200);
    assert!(stranger.get(&url).await.location().contains("/sign-in?"), "nobody is signed in there");
    issuer.clock.advance(1);

    browser.get(&url).await.assert_page(400, "invalid_request");
    browser.submit(&page, "device-confirm", &[("action", "allow")]).await.assert_page(400, "invalid_request");
    stranger.get(&sign_in_url).await.assert_page(400, "invalid_request");
    stranger.submit(&sign_in, "sign-in", &ADA).await.assert_page(400, "invalid_request");
    poll(&issuer, "tv", &codes).await.assert_refused(400, "expired_token");
}

/// An altered request, one of another kind, or none, opens nothing.
#[tokio::test]
async fn only_a_sealed_request_is_opened() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser_of_ada().await;
    let url = enter(&browser, &codes.user_code).await.location().to_owned();
    let authorize = hallpass_testkit::browser::authorize_url("web", "https://web.example/cb", &[]);
    let other = browser.get(&authorize).await.location().split_once('=').expect("a query").1.to_owned();
    let own = url.split_once('=').expect("a query").1.to_owned();

    for request in ["", "AAAA", &format!("{own}A"), &other] {
        let reply = browser.get(&format!("/device/confirm?request={request}")).await;
        reply.assert_page(400, "invalid_request");
        let fields = [("request", request), ("csrf", "x"), ("action", "allow")];
        browser.post("/device/confirm", &fields).await.assert_page(400, "invalid_request");
    }
    browser.get(&format!("/consent?request={own}")).await.assert_page(400, "invalid_request");
    browser.get(&format!("/select-account?request={own}")).await.assert_page(400, "invalid_request");
}

/// A client that is disabled between code and answer gets nothing; nor does a person.
#[tokio::test]
async fn who_is_disabled_meanwhile_gets_nothing() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser_of_ada().await;
    let page = question(&browser, &codes).await;

    issuer.change_client("tv", |client| client.status = Status::Disabled).await;
    browser.submit(&page, "device-confirm", &[("action", "allow")]).await.assert_page(400, "invalid_request");
    issuer.change_client("tv", |client| client.status = Status::Active).await;
    issuer.change_user("user-ada", |user| user.status = Status::Disabled).await;
    browser.submit(&page, "device-confirm", &[("action", "allow")]).await.assert_page(403, "invalid_request");

    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
}

/// A name that a client chose stays text.
#[tokio::test]
async fn a_hostile_client_name_stays_text() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("tv", |client| client.client_name = "<script>alert(1)</script>".to_owned()).await;
    let codes = codes(&issuer, "tv", "").await;

    let page = question(&issuer.browser_of_ada().await, &codes).await;

    assert!(!page.body.contains("<script"), "{}", page.body);
}

/// The last page says what was answered; opened by itself it claims nothing.
#[tokio::test]
async fn the_last_page_claims_nothing_by_itself() {
    let issuer = TestIssuer::start().await;

    for query in ["", "?answer=", "?answer=denied", "?answer=%3Cscript%3E"] {
        let page = issuer.get(&format!("/device/done{query}")).await;
        assert!(page.body.contains("<h1>The device was not connected</h1>"), "{}", page.body);
        assert!(!page.body.contains("<script"));
    }
}

/// A device at this address asks, and says in a header that it is at another one.
async fn codes_from(issuer: &TestIssuer, peer: &str, forwarded: &str) -> DeviceAuthorizationResponse {
    let mut request = Request::post("/device_authorization")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded)
        .header("forwarded", format!("for={forwarded}"))
        .header("x-real-ip", forwarded)
        .body(Body::from("client_id=tv"))
        .expect("a request");
    let peer = SocketAddr::new(peer.parse().expect("an address"), 4711);
    request.extensions_mut().insert(ConnectInfo(peer));
    let reply = issuer.send(request).await;
    serde_json::from_str(&reply.body).expect("codes")
}
