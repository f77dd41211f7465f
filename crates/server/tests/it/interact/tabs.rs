//! Several tabs of one browser at once: a request in progress is never a slot in the session.

use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::html::forms;
use hallpass_testkit::{Reply, TestIssuer};

use super::{ADA, GRACE, SPA, WEB};

/// Two tabs stand at the sign-in form, at the same client or at two; both finish, each with its own `state`, and
/// whoever comes second is not told that their form is too old.
#[tokio::test]
async fn two_tabs_at_the_sign_in_form_both_finish() {
    for (client_id, uri) in [("web", WEB), ("spa", SPA)] {
        let issuer = TestIssuer::start().await;
        let first = issuer.browser();
        let second = first.tab();
        let one = first.open(&authorize_url("web", WEB, &[("state", "one")])).await;
        let two = second.open(&authorize_url(client_id, uri, &[("state", "two")])).await;

        let reply = first.submit(&one, "sign-in", &ADA).await;
        let one = first.follow(reply).await;
        let reply = second.submit(&two, "sign-in", &ADA).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let two = second.follow(reply).await;

        let one = first.submit(&one, "consent", &[("action", "allow")]).await;
        let two = second.submit(&two, "consent", &[("action", "allow")]).await;
        assert_answered(&issuer, "web", &one, "one").await;
        assert_answered(&issuer, client_id, &two, "two").await;
    }
}

/// Both send the form in the same moment.
#[tokio::test]
async fn two_sign_ins_in_the_same_moment_both_finish() {
    let issuer = TestIssuer::start().await;
    let first = issuer.browser();
    let second = first.tab();
    let one = first.open(&authorize_url("web", WEB, &[("state", "one")])).await;
    let two = second.open(&authorize_url("spa", SPA, &[("state", "two")])).await;

    let (one, two) = tokio::join!(first.submit(&one, "sign-in", &ADA), second.submit(&two, "sign-in", &ADA));
    let (one, two) = tokio::join!(first.follow(one), second.follow(two));
    let allow = [("action", "allow")];
    let (one, two) =
        tokio::join!(first.submit(&one, "consent", &allow), second.submit(&two, "consent", &allow));

    assert_answered(&issuer, "web", &one, "one").await;
    assert_answered(&issuer, "spa", &two, "two").await;
}

/// The second tab may also be opened anew, and then leads on by itself.
#[tokio::test]
async fn a_sign_in_form_leads_on_when_it_is_opened_again_after_a_sign_in() {
    let issuer = TestIssuer::start().await;
    let first = issuer.browser();
    let second = first.tab();
    let url = second.get(&authorize_url("web", WEB, &[("state", "two")])).await.location().to_owned();
    second.get(&url).await;
    first.code("web", WEB, &[]).await;

    let reply = second.get(&url).await;

    assert_answered(&issuer, "web", &reply, "two").await;
}

/// A request that wants a sign-in of its own gets one: that of another tab is not it.
#[tokio::test]
async fn a_sign_in_in_another_tab_is_not_the_one_that_was_asked_for() {
    let issuer = TestIssuer::start().await;
    let first = issuer.browser();
    let second = first.tab();
    let url = second.get(&authorize_url("web", WEB, &[("prompt", "login")])).await.location().to_owned();
    first.code("web", WEB, &[]).await;

    let page = second.get(&url).await;

    assert!(forms(&page.body).iter().any(|form| form.id == "sign-in"), "{}", page.body);
}

/// Two tabs stand at the consent page of the same client, one asking for more: each gets what it was allowed.
#[tokio::test]
async fn two_tabs_at_the_consent_page_both_finish() {
    let issuer = TestIssuer::start().await;
    let first = issuer.browser_of_ada().await;
    let second = first.tab();
    let one = first.open(&authorize_url("web", WEB, &[("state", "one"), ("scope", "openid")])).await;
    let two = second.open(&authorize_url("web", WEB, &[("state", "two"), ("scope", "openid email")])).await;

    let two = second.submit(&two, "consent", &[("action", "allow")]).await;
    let one = first.submit(&one, "consent", &[("action", "allow")]).await;

    for (reply, state, scope) in [(one, "one", "openid"), (two, "two", "openid email")] {
        assert_eq!(response_of(&reply).state.as_deref(), Some(state));
        let tokens = issuer.redeem("web", response_of(&reply).code.expect("a code").expose()).await;
        assert_eq!(tokens.json()["scope"], scope);
    }
}

/// Two people share a browser, one in each tab: the second to sign in is who is signed in, and the first one's page
/// does not answer for them.
#[tokio::test]
async fn two_people_in_two_tabs_are_not_mixed_up() {
    let issuer = TestIssuer::start().await;
    let first = issuer.browser();
    let second = first.tab();
    let one = first.open(&authorize_url("web", WEB, &[])).await;
    let two = second.open(&authorize_url("web", WEB, &[])).await;
    let reply = first.submit(&one, "sign-in", &ADA).await;
    let one = first.follow(reply).await;
    let reply = second.submit(&two, "sign-in", &GRACE).await;
    let two = second.follow(reply).await;

    let adas = first.submit(&one, "consent", &[("action", "allow")]).await;
    let graces = second.submit(&two, "consent", &[("action", "allow")]).await;

    adas.assert_page(403, "invalid_request");
    let code = response_of(&graces).code.expect("a code");
    let tokens = issuer.redeem("web", code.expose()).await.json();
    assert_eq!(issuer.verified(tokens["id_token"].as_str().expect("an ID token")).await["sub"], "user-grace");
}

async fn assert_answered(issuer: &TestIssuer, client_id: &str, reply: &Reply, state: &str) {
    let response = response_of(reply);
    assert_eq!(response.state.as_deref(), Some(state));
    let tokens = issuer.redeem(client_id, response.code.expect("a code").expose()).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
}
