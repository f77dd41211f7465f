//! No parameter says where a browser goes, but for those that are compared with what was registered — security.md 66.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, form_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::html::attributes;

use super::{WEB, signed_in};

const NAMES: [&str; 12] = [
    "return_to",
    "returnTo",
    "return_uri",
    "returnUrl",
    "next",
    "continue",
    "redirect",
    "redirect_to",
    "url",
    "target",
    "goto",
    "rd",
];
const EVIL: [&str; 9] = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/%09/evil.example/",
    "/\t/evil.example/",
    "https:evil.example",
    "javascript:alert('evil')",
    "/x\r\nLocation: https://evil.example/",
    "/evil",
];

/// security.md 66: no page goes, or links, where its query says.
#[tokio::test]
async fn no_page_follows_its_query() {
    let issuer = TestIssuer::start().await;
    let ada = signed_in(&issuer).await;

    for browser in [issuer.browser(), ada] {
        for path in
            ["/", "/signed-out", "/sign-out", "/end-session", "/sign-in", "/consent", "/select-account"]
        {
            for evil in EVIL {
                let query: hallpass_proto::param::Form<'_> = NAMES.iter().map(|name| (*name, evil)).collect();
                let reply = browser.get(&format!("{path}?{}", query.encode())).await;

                assert!(!reply.header("location").contains("evil"), "{path} {evil:?}");
                assert!(!reply.body.contains("evil"), "{path} {evil:?}: {}", reply.body);
            }
        }
    }
}

/// security.md 66: nor does a form.
#[tokio::test]
async fn no_form_follows_an_added_field() {
    let issuer = TestIssuer::start().await;

    for evil in EVIL {
        let browser = issuer.browser();
        let page = browser.open(&authorize_url("web", WEB, &[("prompt", "consent")])).await;
        let mut fields = vec![("username", "ada"), ("password", PASSWORD_OF_ALL)];
        fields.extend(NAMES.iter().map(|name| (*name, evil)));
        fields.extend([("redirect_uri", evil), ("post_logout_redirect_uri", evil)]);

        let reply = browser.submit(&page, "sign-in", &fields).await;
        assert!(
            reply.location().starts_with("https://login.example/consent?request="),
            "{}",
            reply.location()
        );
        let page = browser.follow(reply).await;
        let mut fields = vec![("action", "allow")];
        fields.extend(NAMES.iter().map(|name| (*name, evil)));
        fields.extend([("redirect_uri", evil), ("post_logout_redirect_uri", evil)]);
        let reply = browser.submit(&page, "consent", &fields).await;
        assert!(reply.location().starts_with(&format!("{WEB}?code=")), "{}", reply.location());

        let page = browser.open("/end-session").await;
        assert_eq!(form_of(&page, "sign-out").action, "/sign-out");
        let mut fields = vec![("action", "sign-out"), ("client_id", "web")];
        fields.extend(NAMES.iter().map(|name| (*name, evil)));
        fields.push(("post_logout_redirect_uri", evil));
        let reply = browser.submit(&page, "sign-out", &fields).await;
        assert_eq!(reply.location(), "https://login.example/signed-out");
    }
}

/// security.md 66: the page after a sign-out links to an application that is registered, and to its registered address.
#[tokio::test]
async fn the_signed_out_page_links_to_registered_applications_alone() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |client| client.client_uri = Some("https://web.example/".to_owned())).await;

    let known = issuer.get("/signed-out?client_id=web").await;
    assert_eq!(attributes(&known.body, "href").last().map(String::as_str), Some("https://web.example/"));
    for client_id in ["nobody", "https://evil.example/", "spa", ""] {
        let query: hallpass_proto::param::Form<'_> = [("client_id", client_id)].into_iter().collect();
        let page = issuer.get(&format!("/signed-out?{}", query.encode())).await;

        assert!(page.body.contains("You are signed out"));
        assert!(
            !page.body.contains("id=\"back\"") && !page.body.contains("evil"),
            "{client_id}: {}",
            page.body
        );
    }
}
