//! Token introspection — RFC 7662.

use serde_json::{Value, json};

use hallpass_server::entity::Status;
use hallpass_server::entity::client::{Client, SubjectType};
use hallpass_testkit::fixture::{self, API};
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{TestIssuer, Tokens};

use super::forged::not_access_tokens;

fn inactive() -> Value {
    json!({"active": false})
}

/// A server with a resource server that is in the audience of every access token.
async fn with_resource_server() -> TestIssuer {
    let issuer = TestIssuer::start().await;
    let api = Client { client_id: API.to_owned(), ..fixture::service() };
    issuer.store.put_client(&api).await.expect("recorded");
    issuer
}

/// security.md 59: the client itself and whoever the token is for are told what it is good for.
#[tokio::test]
async fn an_access_token_is_explained_to_its_client_and_its_audience() {
    let issuer = with_resource_server().await;
    let begun = issuer.now().unix();
    let tokens = issuer.tokens("web", &[]).await;
    let jti = issuer.verified(&tokens.access_token).await["jti"].clone();

    for caller in ["web", API] {
        let reply = issuer.post_as(caller, "/introspect", &[("token", &tokens.access_token)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
        let expected = json!({
            "active": true, "scope": "openid profile", "client_id": "web", "username": "ada@example.com",
            "token_type": "Bearer", "exp": begun + 600, "iat": begun, "sub": "user-ada", "aud": [API, ISSUER],
            "iss": ISSUER, "jti": jti,
        });
        assert_eq!(reply.json(), expected);
    }
}

/// security.md 59: a refresh token is explained to its client alone.
#[tokio::test]
async fn a_refresh_token_is_explained_to_its_client() {
    let issuer = with_resource_server().await;
    let begun = issuer.now().unix();
    let tokens = issuer.tokens("web", &[("scope", "openid offline_access")]).await;

    let expected = json!({
        "active": true, "scope": "openid offline_access", "client_id": "web", "exp": begun + 30 * 24 * 60 * 60, "iat": begun, "sub": "user-ada", "iss": ISSUER,
    });
    assert_eq!(issuer.introspect("web", &tokens.refresh_token).await, expected);
    for caller in [API, "other", "service"] {
        assert_eq!(issuer.introspect(caller, &tokens.refresh_token).await, inactive());
    }
    issuer.change_client("web", |web| web.scope = web.scope.only(|s| s == "openid")).await;
    let nothing = issuer.tokens("web", &[("scope", ""), ("nonce", "")]).await;
    for token in [&nothing.access_token, &nothing.refresh_token] {
        assert_eq!(issuer.introspect("web", token).await.get("scope"), None);
    }
}

/// security.md 59: the login names a person everywhere: it is told with `profile` or `email`, and not of or to a client that
/// knows people under a `sub` of its own.
#[tokio::test]
async fn the_login_is_for_those_who_may_know_it() {
    let issuer = with_resource_server().await;
    let username = async |caller: &str, token: &str| {
        let explained = issuer.introspect(caller, token).await;
        assert_eq!(explained["active"], true, "{caller}");
        explained["username"].as_str().map(str::to_owned)
    };
    for (scope, told) in [("openid", None), ("openid email", Some("ada@example.com"))] {
        let tokens = issuer.tokens("web", &[("scope", scope)]).await;
        for (caller, token) in [("web", &tokens.access_token), (API, &tokens.access_token)] {
            assert_eq!(username(caller, token).await.as_deref(), told, "{caller}, {scope}");
        }
        assert_eq!(username("web", &tokens.refresh_token).await.as_deref(), told, "{scope}");
    }

    issuer.change_client("web", |web| web.subject_type = SubjectType::Pairwise).await;
    let tokens = issuer.tokens("web", &[]).await;
    for (caller, token) in
        [("web", &tokens.access_token), (API, &tokens.access_token), ("web", &tokens.refresh_token)]
    {
        assert_eq!(username(caller, token).await, None, "{caller}");
    }
}

/// security.md 59: everybody else is told the same as of a token that does not exist.
#[tokio::test]
async fn nobody_else_learns_anything() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &[]).await;
    for caller in ["other", "service"] {
        for token in [&tokens.access_token, &tokens.refresh_token, &tokens.id_token, "unknown"] {
            assert_eq!(issuer.introspect(caller, token).await, inactive());
        }
    }
}

/// RFC 7662 §2.1: the hint is a hint.
#[tokio::test]
async fn a_wrong_hint_changes_nothing() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &[]).await;
    for token in [&tokens.access_token, &tokens.refresh_token] {
        let plain = issuer.introspect("web", token).await;
        assert_eq!(plain["active"], true);
        for hint in ["access_token", "refresh_token", "id_token", "\u{1f512}"] {
            let form = [("token", token.as_str()), ("token_type_hint", hint)];
            assert_eq!(issuer.post_as("web", "/introspect", &form).await.json(), plain, "{hint}");
        }
    }
}

/// security.md 48, 59: what is not an access token of ours that is good now has `active` and nothing else.
#[tokio::test]
async fn whatever_is_no_good_is_inactive() {
    let issuer = with_resource_server().await;
    let code = issuer.code("web", &[]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    for caller in ["web", API] {
        assert_eq!(issuer.introspect(caller, &code).await, inactive());
        assert_eq!(
            issuer.introspect(caller, &tokens.id_token).await,
            inactive(),
            "an ID token is no access token"
        );
        for (what, token) in not_access_tokens(&issuer, &tokens.access_token).await {
            let reply = issuer.post_as(caller, "/introspect", &[("token", &token)]).await;
            assert_eq!((reply.status.as_u16(), reply.json()), (200, inactive()), "{what}");
        }
        assert!(issuer.is_active(caller, &tokens.access_token).await);
    }
}

/// security.md 59: another issuer's token is not ours, though it were signed by the same key.
#[tokio::test]
async fn another_issuers_token_is_inactive() {
    let (ours, theirs) = (TestIssuer::start().await, TestIssuer::with("https://other.example", |_| {}).await);
    let tokens = theirs.tokens("web", &[]).await;
    assert!(theirs.is_active("web", &tokens.access_token).await);
    assert_eq!(ours.introspect("web", &tokens.access_token).await, inactive());
    assert_eq!(ours.introspect("web", &tokens.refresh_token).await, inactive());
}

/// security.md 59: a token is inactive from the second in which it ends.
#[tokio::test]
async fn a_token_ends_with_its_time() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &[]).await;
    issuer.clock.advance(599);
    assert!(issuer.is_active("web", &tokens.access_token).await);
    issuer.clock.advance(1);
    assert_eq!(issuer.introspect("web", &tokens.access_token).await, inactive());
}

/// security.md 41, 59: whatever a token stands on ends it: the person, the client, the consent, the session.
#[tokio::test]
async fn a_token_ends_with_what_it_stands_on() {
    let issuer = with_resource_server().await;
    let browser = issuer.browser_of_ada().await;
    let code = browser.code("web", "https://web.example/cb", &[]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    let is_active = async || issuer.is_active(API, &tokens.access_token).await;

    issuer.change_user("user-ada", |ada| ada.status = Status::Disabled).await;
    assert!(!is_active().await);
    assert_eq!(issuer.introspect("web", &tokens.refresh_token).await, inactive());
    issuer.change_user("user-ada", |ada| ada.status = Status::Active).await;
    assert!(is_active().await);

    issuer.change_client("web", |web| web.status = Status::Disabled).await;
    assert!(!is_active().await);
    issuer.change_client("web", |web| web.status = Status::Active).await;
    assert!(is_active().await);

    let page = browser.open("/").await;
    browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;
    assert!(!is_active().await);
    assert_eq!(issuer.introspect("web", &tokens.refresh_token).await, inactive());
}

/// security.md 42, 59: a refresh token that was rotated away is inactive, although it may be asked for again.
#[tokio::test]
async fn a_superseded_refresh_token_is_inactive() {
    let issuer = TestIssuer::start().await;
    // A client that was public when it got its tokens, and is confidential now, may ask.
    let tokens = issuer.tokens("spa", &[]).await;
    let next = Tokens::of(&issuer.refresh("spa", &tokens.refresh_token).await);
    issuer
        .change_client("spa", |spa| {
            let web = fixture::web();
            (spa.token_endpoint_auth_method, spa.client_secret) =
                (web.token_endpoint_auth_method, web.client_secret);
        })
        .await;

    assert_eq!(issuer.introspect("spa", &tokens.refresh_token).await, inactive());
    assert_eq!(issuer.introspect("spa", &next.refresh_token).await["active"], true);
}

/// RFC 7662 §2.1: `token` is required, in the body, once.
#[tokio::test]
async fn the_token_is_required() {
    let issuer = TestIssuer::start().await;
    for form in [&[][..], &[("token", "")], &[("token", "a"), ("token", "a")], &[("token_type_hint", "x")]] {
        issuer.post_as("web", "/introspect", form).await.assert_refused(400, "invalid_request");
    }
}
