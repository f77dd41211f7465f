//! `/device`, the code — RFC 8628 §3.3, §3.3.1, §6.1.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::form_of;
use hallpass_testkit::html::forms;

use super::{ADA, answer, codes, enter, poll, question};

/// Whoever is not signed in signs in between the code and the question, and sees for what.
#[tokio::test]
async fn a_stranger_signs_in_between_the_code_and_the_question() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "openid").await;
    let browser = issuer.browser();

    let sign_in = question(&browser, &codes).await;
    assert!(sign_in.body.contains("<strong id=\"client-name\">The tv app</strong>"), "{}", sign_in.body);
    assert!(!sign_in.body.contains("client-host"), "there is no redirect URI");
    let wrong = browser.submit(&sign_in, "sign-in", &[("username", "ada"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 401);
    let reply = browser.submit(&wrong, "sign-in", &ADA).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "device-confirm", &[("action", "allow")]).await;
    browser.follow(reply).await;

    assert_eq!(poll(&issuer, "tv", &codes).await.status, 200);
}

/// The code is taken however it is typed, and shown as the device shows it.
#[tokio::test]
async fn a_code_may_be_typed_loosely() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;

    for typed in [
        |code: &str| code.to_lowercase(),
        |code: &str| code.replace('-', ""),
        |code: &str| code.replace('-', " "),
        |code: &str| format!("  {}\t", code.to_lowercase()),
        |code: &str| code.replace('-', "\u{2013}"),
        |code: &str| code.replace('-', "\u{2014}"),
        |code: &str| code.chars().map(|c| format!("{c}.")).collect(),
    ] {
        let codes = codes(&issuer, "tv", "").await;
        let reply = enter(&browser, &typed(&codes.user_code)).await;
        let page = browser.follow(reply).await;
        let shown = format!("id=\"user-code\">{}</strong>", codes.user_code);
        assert!(page.body.contains(&shown), "{:?}: {}", typed(&codes.user_code), page.body);
    }
}

/// security.md 46: `verification_uri_complete` fills the form, and nothing more: the person still sends it, sees the
/// code, and answers the question.
#[tokio::test]
async fn a_link_with_the_code_still_asks() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser_of_ada().await;
    let link = codes.verification_uri_complete.clone().expect("a link");

    let page = browser.get(&link).await;

    assert_eq!(page.status, 200);
    assert_eq!(form_of(&page, "device").fields["user_code"], codes.user_code);
    assert!(page.body.contains("Is this the code that the device shows?"), "{}", page.body);
    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
    let reply = browser.submit(&page, "device", &[]).await;
    let page = browser.follow(reply).await;
    assert!(page.body.contains(&codes.user_code) && page.body.contains("The tv app"), "{}", page.body);
    issuer.clock.advance(5);
    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
}

/// A link is no way to guess: it looks the same with a right code, a wrong one and one that was answered.
#[tokio::test]
async fn a_link_does_not_tell_right_codes_from_wrong_ones() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (right, answered) = (codes(&issuer, "tv", "").await, codes(&issuer, "tv", "").await);
    answer(&browser, &answered, "deny").await;
    let mut pages = Vec::new();

    for _ in 0..20 {
        for code in [&right.user_code, &answered.user_code, "BBBB-BBBB"] {
            let page = browser.get(&format!("/device?user_code={code}")).await;
            assert_eq!(page.status, 200);
            pages.push(page.body.replace(code, ""));
        }
    }

    assert!(pages.iter().all(|page| *page == pages[0]));
    assert_eq!(enter(&browser, &right.user_code).await.status, 303, "links are not tries");
}

/// What is no code, or nobody's, or was answered, or has expired, is one answer: the form again.
#[tokio::test]
async fn a_wrong_code_brings_the_form_again() {
    for (name, typed) in [
        ("nobody's", "BBBB-BBBB"),
        ("no code", "hello"),
        ("too short", "WDJB"),
        ("hostile", "\"><script>alert(1)</script>"),
        ("nothing", ""),
    ] {
        let issuer = TestIssuer::start().await;
        let browser = issuer.browser();
        let reply = enter(&browser, typed).await;

        assert_eq!(reply.status, 400, "{name}");
        assert!(reply.body.contains("No device waits under this code."), "{name}: {}", reply.body);
        assert!(!reply.body.contains("<script"), "{name}");
        let codes = codes(&issuer, "tv", "").await;
        let again = browser.submit(&reply, "device", &[("user_code", &codes.user_code)]).await;
        assert_eq!(again.status, 303, "{name}: the form is good");
    }
}

/// What was answered, or has expired, cannot be found any more; nor can what a client has lost the right to ask.
#[tokio::test]
async fn a_code_that_is_over_is_a_wrong_one() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let (allowed, denied, expired) =
        (codes(&issuer, "tv", "").await, codes(&issuer, "tv", "").await, codes(&issuer, "tv", "").await);
    answer(&browser, &allowed, "allow").await;
    answer(&browser, &denied, "deny").await;
    assert_eq!(enter(&browser, &allowed.user_code).await.status, 400);
    assert_eq!(enter(&browser, &denied.user_code).await.status, 400);

    issuer.clock.advance(599);
    assert_eq!(enter(&browser, &expired.user_code).await.status, 303);
    issuer.clock.advance(1);
    assert_eq!(enter(&browser, &expired.user_code).await.status, 400);
    let open = codes(&issuer, "tv", "").await;
    issuer.change_client("tv", |client| client.grant_types.clear()).await;
    enter(&browser, &open.user_code).await.assert_page(400, "invalid_request");
}

/// security.md 24: a form that this browser did not get, or that another site sends, is not taken.
#[tokio::test]
async fn the_form_is_bound_to_the_browser() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let of_another = form_of(&issuer.browser().open("/device").await, "device").fields;
    let browser = issuer.browser();
    browser.open("/device").await;

    for csrf in [of_another["csrf"].as_str(), "", "AAAA"] {
        let fields = [("csrf", csrf), ("user_code", codes.user_code.as_str())];
        let reply = browser.post("/device", &fields).await;
        assert_eq!(reply.status, 403, "{}", reply.body);
        assert!(reply.body.contains("This form was open for too long."), "{}", reply.body);
        assert_eq!(browser.submit(&reply, "device", &[]).await.status, 303, "it keeps the code");
    }
    let page = form_of(&browser.open("/device").await, "device").fields;
    let fields = [("csrf", page["csrf"].as_str()), ("user_code", codes.user_code.as_str())];
    let cross = browser.post_with("/device", &[("origin", "https://evil.example")], &fields).await;
    cross.assert_page(403, "invalid_request");
}

/// Leaving the sign-in page says nothing to the device: whoever is there has not said who they are.
#[tokio::test]
async fn cancelling_the_sign_in_decides_nothing() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser();
    let sign_in = question(&browser, &codes).await;

    let reply = browser.submit(&sign_in, "sign-in", &[("action", "cancel")]).await;

    assert_eq!(reply.location(), "https://login.example/device");
    poll(&issuer, "tv", &codes).await.assert_refused(400, "authorization_pending");
    assert!(forms(&browser.follow(reply).await.body).iter().any(|form| form.id == "device"));
}

/// The code may be typed at one node and answered at another.
#[tokio::test]
async fn the_pages_of_several_nodes_are_one() {
    let issuer = TestIssuer::start().await;
    let nodes = [issuer.another_node().await, issuer.another_node().await];
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser();

    let sign_in = question(&browser, &codes).await;
    let reply = nodes[0].serves(&browser).submit(&sign_in, "sign-in", &ADA).await;
    let page = nodes[1].serves(&browser).follow(reply).await;
    browser.submit(&page, "device-confirm", &[("action", "allow")]).await;

    assert_eq!(poll(&nodes[0], "tv", &codes).await.status, 200);
}
