//! Token revocation — RFC 7009.

use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::{Reply, TestIssuer, Tokens};

use super::forged::not_access_tokens;

const OFFLINE: [(&str, &str); 1] = [("scope", "openid profile offline_access")];

fn assert_done(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, ""));
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(!reply.headers.contains_key("content-type"));
}

async fn is_good(issuer: &TestIssuer, access_token: &str) -> bool {
    issuer.userinfo(access_token).await.status == 200
}

/// security.md 60: with a refresh token every token of its grant ends, at once, and no other grant's.
#[tokio::test]
async fn a_refresh_token_takes_its_grant_along() {
    for client_id in ["web", "spa"] {
        let issuer = TestIssuer::start().await;
        let (first, untouched) =
            (issuer.tokens(client_id, &OFFLINE).await, issuer.tokens(client_id, &OFFLINE).await);
        let second = Tokens::of(&issuer.refresh(client_id, &first.refresh_token).await);

        assert_done(&issuer.revoke(client_id, &second.refresh_token).await);

        for dead in [&first, &second] {
            assert!(!is_good(&issuer, &dead.access_token).await);
            issuer.refresh(client_id, &dead.refresh_token).await.assert_refused(400, "invalid_grant");
        }
        assert!(is_good(&issuer, &untouched.access_token).await);
        assert_eq!(issuer.refresh(client_id, &untouched.refresh_token).await.status, 200);
    }
}

/// security.md 60: a client that has lost the newest token ends the family with an older one.
#[tokio::test]
async fn a_superseded_refresh_token_takes_its_family_along() {
    let issuer = TestIssuer::start().await;
    let first = issuer.tokens("spa", &OFFLINE).await;
    let second = Tokens::of(&issuer.refresh("spa", &first.refresh_token).await);

    assert_done(&issuer.revoke("spa", &first.refresh_token).await);

    issuer.refresh("spa", &second.refresh_token).await.assert_refused(400, "invalid_grant");
    assert!(!is_good(&issuer, &second.access_token).await);
}

/// security.md 60: an access token ends alone.
#[tokio::test]
async fn an_access_token_ends_alone() {
    let issuer = TestIssuer::start().await;
    let first = issuer.tokens("web", &OFFLINE).await;
    let second = Tokens::of(&issuer.refresh("web", &first.refresh_token).await);

    assert_done(&issuer.revoke("web", &first.access_token).await);

    assert!(!is_good(&issuer, &first.access_token).await);
    assert!(!issuer.is_active("web", &first.access_token).await);
    assert!(is_good(&issuer, &second.access_token).await);
    assert_eq!(issuer.refresh("web", &first.refresh_token).await.status, 200);
    issuer.clock.advance(300);
    issuer.server.sweep().await.expect("sweeps");
    assert!(!is_good(&issuer, &first.access_token).await, "for as long as it would have lived");
}

/// security.md 60: an access token of the implicit flow can be taken back too.
#[tokio::test]
async fn an_access_token_of_the_implicit_flow_ends() {
    let issuer = TestIssuer::start().await;
    let parameters = [("response_type", "token"), ("code_challenge", ""), ("code_challenge_method", "")];
    let url = authorize_url("spa", "https://spa.example/cb", &parameters);
    let response = response_of(&issuer.browser().complete(&url).await);
    let token = response.access_token.expect("an access token");
    assert!(is_good(&issuer, token.expose()).await);

    assert_done(&issuer.revoke("spa", token.expose()).await);

    assert!(!is_good(&issuer, token.expose()).await);
}

/// security.md 60: another client's token is answered like an unknown one, and stays as it is.
#[tokio::test]
async fn another_clients_token_stays() {
    let issuer = TestIssuer::start().await;
    let (web, spa) = (issuer.tokens("web", &OFFLINE).await, issuer.tokens("spa", &OFFLINE).await);
    for stranger in ["other", "service", "native", "legacy"] {
        for tokens in [&web, &spa] {
            for token in [&tokens.access_token, &tokens.refresh_token, &tokens.id_token] {
                assert_done(&issuer.revoke(stranger, token).await);
            }
        }
    }
    assert!(is_good(&issuer, &web.access_token).await && is_good(&issuer, &spa.access_token).await);
    assert_eq!(issuer.refresh("web", &web.refresh_token).await.status, 200);
    assert_eq!(issuer.refresh("spa", &spa.refresh_token).await.status, 200);
}

/// security.md 60: RFC 7009 §2.2: "invalid tokens do not cause an error response", and end nothing.
#[tokio::test]
async fn whatever_is_no_token_is_answered_all_the_same() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &OFFLINE).await;
    assert_done(&issuer.revoke("web", &code).await);
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    assert_done(&issuer.revoke("web", &code).await);
    assert_done(&issuer.revoke("web", &tokens.id_token).await);
    for (what, token) in not_access_tokens(&issuer, &tokens.access_token).await {
        let reply = issuer.revoke("web", &token).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, ""), "{what}");
    }
    assert!(is_good(&issuer, &tokens.access_token).await);
    assert_eq!(issuer.refresh("web", &tokens.refresh_token).await.status, 200);
}

/// P14: what is revoked is revoked: a second time is answered the same, and so is what has expired.
#[tokio::test]
async fn a_second_time_is_answered_the_same() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &OFFLINE).await;
    for token in [&tokens.access_token, &tokens.refresh_token] {
        for _ in 0..3 {
            assert_done(&issuer.revoke("web", token).await);
        }
    }
    issuer.clock.advance(366 * 24 * 60 * 60);
    issuer.server.sweep().await.expect("sweeps");
    for token in [&tokens.access_token, &tokens.refresh_token] {
        assert_done(&issuer.revoke("web", token).await);
    }
}

/// RFC 7009 §2.1: a wrong or unknown hint does not keep a token alive.
#[tokio::test]
async fn a_wrong_hint_changes_nothing() {
    let issuer = TestIssuer::start().await;
    for hint in ["access_token", "refresh_token", "id_token", ""] {
        let tokens = issuer.tokens("web", &OFFLINE).await;
        let access = [("token", tokens.access_token.as_str()), ("token_type_hint", hint)];
        assert_done(&issuer.post_as("web", "/revoke", &access).await);
        assert!(!is_good(&issuer, &tokens.access_token).await, "{hint}");
        let refresh = [("token", tokens.refresh_token.as_str()), ("token_type_hint", hint)];
        assert_done(&issuer.post_as("web", "/revoke", &refresh).await);
        issuer.refresh("web", &tokens.refresh_token).await.assert_refused(400, "invalid_grant");
    }
}

/// RFC 7009 §2.1: `token` is required, in the body, once.
#[tokio::test]
async fn the_token_is_required() {
    let issuer = TestIssuer::start().await;
    for form in [&[][..], &[("token", "")], &[("token", "a"), ("token", "a")], &[("refresh_token", "x")]] {
        issuer.post_as("web", "/revoke", form).await.assert_refused(400, "invalid_request");
    }
}
