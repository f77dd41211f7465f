//! `id_token_hint` — OpenID Connect Core §3.1.2.1.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::tokens::Tokens;

use super::WEB;

/// security.md 21: somebody else is signed in: no answer for them. The one who is meant is answered, even by a hint
/// that has expired: it says who, no more.
#[tokio::test]
async fn a_hint_says_who_is_meant() {
    let issuer = TestIssuer::start().await;
    let adas = issuer.tokens("web", &[]).await.id_token;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let grace = issuer.browser();
    grace.sign_in("grace@example.com").await;
    grace.submit(&grace.open(&authorize_url("web", WEB, &[])).await, "consent", &[("action", "allow")]).await;
    let quiet = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", &adas)]);

    assert!(response_of(&browser.get(&quiet).await).code.is_some());
    grace.get(&quiet).await.assert_sent_back(WEB, "login_required");
    issuer.browser().get(&quiet).await.assert_sent_back(WEB, "login_required");
    issuer.clock.advance(3601);
    assert!(response_of(&browser.get(&quiet).await).code.is_some());
}

/// With pages, somebody else is asked to sign in, and no password but the right person's leads on.
#[tokio::test]
async fn only_the_one_who_is_meant_gets_past_the_sign_in() {
    let issuer = TestIssuer::start().await;
    let adas = issuer.tokens("web", &[]).await.id_token;
    let browser = issuer.browser();
    browser.sign_in("grace@example.com").await;
    let before = browser.cookies();

    let page = browser.open(&authorize_url("web", WEB, &[("id_token_hint", &adas)])).await;
    assert_eq!(form_of(&page, "sign-in").fields["username"], "", "the wrong person is not suggested");
    let fields = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];
    let page = browser.submit(&page, "sign-in", &fields).await;

    assert_eq!(page.status, 403);
    assert!(page.body.contains("credentials of another account"), "{}", page.body);
    assert_eq!(browser.cookies(), before, "nobody is signed in or out by that");
    let reply = browser.submit(&page, "sign-in", &[("username", "ada"), ("password", PASSWORD_OF_ALL)]).await;
    let reply = browser.follow(reply).await;
    assert!(response_of(&reply).code.is_some());
}

/// security.md 21, 48: a hint that we did not sign, or that is another kind of token, is refused.
#[tokio::test]
async fn a_forged_hint_is_refused() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let code = browser.code("web", WEB, &[]).await;
    let Tokens { id_token, access_token, .. } = Tokens::of(&issuer.redeem("web", &code).await);
    let (signed, signature) = id_token.rsplit_once('.').expect("a signature");
    let payload = signed.split_once('.').expect("a payload").1;
    let elsewhere =
        TestIssuer::with("https://elsewhere.example", |_| {}).await.tokens("web", &[]).await.id_token;

    for hint in [
        "nonsense",
        "a.b.c",
        &access_token,
        &elsewhere,
        signed,
        &format!("{signed}."),
        &format!("{signed}.{}", signature.chars().rev().collect::<String>()),
        // {"alg":"none"}
        &format!("eyJhbGciOiJub25lIn0.{payload}."),
    ] {
        let extra = [("prompt", "none"), ("id_token_hint", hint)];
        browser.get(&authorize_url("web", WEB, &extra)).await.assert_sent_back(WEB, "invalid_request");
    }
}
