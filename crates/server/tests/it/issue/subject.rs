//! Subject identifiers — OpenID Connect Core §8; security.md 56.

use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_server::entity::client::{Client, SubjectType};
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};
use hallpass_testkit::{Browser, TestIssuer, Tokens};

const WEB: &str = "https://web.example/cb";

async fn pairwise(issuer: &TestIssuer, client_id: &str, change: impl FnOnce(&mut Client)) {
    issuer
        .change_client(client_id, |client| {
            client.subject_type = SubjectType::Pairwise;
            change(client);
        })
        .await;
}

async fn sub(issuer: &TestIssuer, client_id: &str) -> String {
    let tokens = issuer.tokens(client_id, &[("scope", "openid")]).await;
    text(&issuer.verified(&tokens.id_token).await["sub"])
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn uris(texts: &[&str]) -> Vec<RedirectUri> {
    texts.iter().map(|text| RedirectUri::parse(text).expect("a redirect URI")).collect()
}

/// security.md 56: whatever a client can see of a person names them by the one `sub` that is the client's alone.
#[tokio::test]
async fn a_pairwise_sub_is_the_same_wherever_it_stands() {
    let issuer = TestIssuer::start().await;
    pairwise(&issuer, "web", |_| {}).await;

    let tokens = issuer.tokens("web", &[("scope", "openid offline_access")]).await;

    let sub = text(&issuer.verified(&tokens.id_token).await["sub"]);
    assert!(sub.is_ascii() && (22..=255).contains(&sub.len()), "{sub}");
    assert!(!sub.contains("ada"), "{sub}");
    let refreshed = Tokens::of(&issuer.refresh("web", &tokens.refresh_token).await);
    for (place, seen) in [
        ("the access token", issuer.verified(&tokens.access_token).await),
        ("UserInfo", issuer.userinfo(&tokens.access_token).await.json()),
        ("introspection of the access token", issuer.introspect("web", &tokens.access_token).await),
        ("introspection of the refresh token", issuer.introspect("web", &tokens.refresh_token).await),
        ("the ID token after a refresh", issuer.verified(&refreshed.id_token).await),
        ("the access token after a refresh", issuer.verified(&refreshed.access_token).await),
    ] {
        assert_eq!(seen["sub"], sub.as_str(), "{place}");
    }
    assert!(!format!("{:?}", issuer.introspect("web", &tokens.refresh_token).await).contains("user-ada"));
}

/// §8.1: "deterministic": at every sign-in, at every node, after a restart.
#[tokio::test]
async fn a_pairwise_sub_stays() {
    let issuer = TestIssuer::start().await;
    pairwise(&issuer, "web", |_| {}).await;
    let first = sub(&issuer, "web").await;

    issuer.clock.advance(400 * 24 * 60 * 60);

    assert_eq!(sub(&issuer, "web").await, first);
    let node = issuer.another_node().await;
    assert_eq!(sub(&node, "web").await, first);
}

/// §8.1: two sectors see two people; two clients of one sector see one.
#[tokio::test]
async fn a_pairwise_sub_is_that_of_the_sector() {
    let issuer = TestIssuer::start().await;
    for client_id in ["web", "other"] {
        pairwise(&issuer, client_id, |_| {}).await;
    }
    let (web, other) = (sub(&issuer, "web").await, sub(&issuer, "other").await);
    assert_ne!(web, other);
    let sector = Some("https://sector.example/uris.json".to_owned());
    for client_id in ["web", "other"] {
        pairwise(&issuer, client_id, |client| client.sector_identifier_uri = sector.clone()).await;
    }
    let common = sub(&issuer, "web").await;
    assert_eq!(common, sub(&issuer, "other").await);
    assert!(common != web && common != other);
    // Another document on the same host names the same sector; the case of a host means nothing.
    let again = Some("https://SECTOR.example/other.json".to_owned());
    pairwise(&issuer, "web", |client| client.sector_identifier_uri = again).await;
    assert_eq!(sub(&issuer, "web").await, common);
    // So does a client whose redirect URIs are all on that host.
    let there = uris(&["https://sector.example/cb", "https://sector.example/cb2"]);
    pairwise(&issuer, "other", |client| {
        client.sector_identifier_uri = None;
        client.redirect_uris = there;
    })
    .await;
    assert_eq!(sub(&issuer, "other").await, common);
}

/// Clients without a sector of their own: redirect URIs on several hosts, or none at all.
#[tokio::test]
async fn a_client_without_a_sector_is_one() {
    let issuer = TestIssuer::start().await;
    let several = uris(&["https://web.example/cb", "https://else.example/cb"]);
    pairwise(&issuer, "web", |web| web.redirect_uris = several.clone()).await;
    pairwise(&issuer, "other", |other| other.redirect_uris = several).await;
    pairwise(&issuer, "legacy", |_| {}).await;
    let form = [
        ("grant_type", "password"),
        ("client_id", "legacy"),
        ("client_secret", SECRET),
        ("username", "ada"),
        ("password", PASSWORD_OF_ALL),
    ];
    let tokens = Tokens::of(&issuer.post("/token", None, &form).await);
    let legacy = text(&issuer.verified(&tokens.access_token).await["sub"]);
    let subs = [sub(&issuer, "web").await, sub(&issuer, "other").await, legacy];
    for (at, one) in subs.iter().enumerate() {
        assert_ne!(one, "user-ada");
        assert!(!subs[..at].contains(one), "{subs:?}");
    }
}

#[tokio::test]
async fn two_people_have_two_subs_and_a_public_client_sees_the_account() {
    let issuer = TestIssuer::start().await;
    pairwise(&issuer, "web", |_| {}).await;
    let adas = sub(&issuer, "web").await;
    let graces = issuer.tokens_of(&grace(&issuer).await, "web").await.id_token;
    assert_ne!(issuer.verified(&graces).await["sub"], adas.as_str());
    assert_eq!(sub(&issuer, "spa").await, "user-ada");
}

/// A hint names a person by the `sub` that its client knows; it does not lead on from any other.
#[tokio::test]
async fn a_hint_with_a_pairwise_sub_says_who_is_meant() {
    let issuer = TestIssuer::start().await;
    pairwise(&issuer, "web", |_| {}).await;
    let adas = issuer.tokens("web", &[]).await.id_token;
    let quiet = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", &adas)]);

    let ada = issuer.browser();
    ada.code("web", WEB, &[]).await;
    assert!(response_of(&ada.get(&quiet).await).code.is_some());

    let grace = grace(&issuer).await;
    issuer.tokens_of(&grace, "web").await;
    grace.get(&quiet).await.assert_sent_back(WEB, "login_required");
    // And with a page, only Ada's password leads on.
    let page = grace.open(&authorize_url("web", WEB, &[("id_token_hint", &adas)])).await;
    let fields = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];
    let page = grace.submit(&page, "sign-in", &fields).await;
    assert_eq!(page.status, 403);
    let reply = grace.submit(&page, "sign-in", &[("username", "ada"), ("password", PASSWORD_OF_ALL)]).await;
    assert!(response_of(&grace.follow(reply).await).code.is_some());
}

/// The same at sign-out: the hint of this session ends it without a question.
#[tokio::test]
async fn a_hint_with_a_pairwise_sub_signs_out() {
    let issuer = TestIssuer::start().await;
    pairwise(&issuer, "web", |_| {}).await;
    let browser = issuer.browser();
    let code = browser.code("web", WEB, &[]).await;
    let id_token = Tokens::of(&issuer.redeem("web", &code).await).id_token;

    let reply = browser
        .get(&format!(
            "/end-session?id_token_hint={id_token}&post_logout_redirect_uri=https://web.example/bye"
        ))
        .await;

    assert_eq!(reply.location(), "https://web.example/bye");
    let quiet = authorize_url("web", WEB, &[("prompt", "none")]);
    browser.get(&quiet).await.assert_sent_back(WEB, "login_required");
}

async fn grace(issuer: &TestIssuer) -> Browser {
    let browser = issuer.browser();
    browser.sign_in("grace@example.com").await;
    browser
}
