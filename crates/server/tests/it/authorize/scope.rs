//! `scope` — RFC 6749 §3.3.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::tokens::Tokens;

use super::{SPA, WEB};

/// security.md 5: a stranger's browser with a wrong scope takes nothing to the client but the refusal.
#[tokio::test]
async fn a_wrong_scope_is_told_to_the_client_and_nothing_else() {
    let issuer = TestIssuer::start().await;

    for scope in ["openid nonsense", "items:admin", "openid\topenid", "a\"b", "a\\b", "ümlaut", "OPENID"] {
        let reply = issuer.get(&authorize_url("web", WEB, &[("scope", scope)])).await;

        reply.assert_sent_back(WEB, "invalid_scope");
    }
    let beyond_client = issuer.get(&authorize_url("spa", SPA, &[("scope", "openid items:write")])).await;
    beyond_client.assert_sent_back(SPA, "invalid_scope");
}

/// The description names what was too much, in the characters of RFC 6749 §4.1.2.1.
#[tokio::test]
async fn the_refusal_says_which_scope_was_too_much() {
    let issuer = TestIssuer::start().await;

    let reply = issuer.get(&authorize_url("spa", SPA, &[("scope", "openid items:write")])).await;

    let description = response_of(&reply).error.and_then(|e| e.error_description).unwrap_or_default();
    assert_eq!(description, "the client may not ask for: items:write");
}

/// Without a scope a client gets what it is registered for, but nothing about the person, and no ID token.
#[tokio::test]
async fn without_a_scope_nothing_about_the_person_is_given() {
    let issuer = TestIssuer::start().await;

    let tokens = issuer.tokens("web", &[("scope", "")]).await;

    assert_eq!((tokens.scope.as_str(), tokens.id_token.as_str()), ("items:read items:write", ""));
}

/// OpenID Connect Core §11: `offline_access` means nothing where no refresh token can come of it.
#[tokio::test]
async fn offline_access_is_not_for_the_implicit_flow() {
    let issuer = TestIssuer::start().await;
    let extra = [("response_type", "id_token token"), ("scope", "openid offline_access")];

    let reply = issuer.browser().complete(&authorize_url("spa", SPA, &extra)).await;

    let response = response_of(&reply);
    assert_eq!(response.scope.map(|s| s.to_string()).as_deref(), Some("openid"));
    let with_code = issuer.code("spa", &[("scope", "openid offline_access")]).await;
    let tokens = Tokens::of(&issuer.redeem("spa", &with_code).await);
    assert_eq!(tokens.scope, "openid offline_access");
}
