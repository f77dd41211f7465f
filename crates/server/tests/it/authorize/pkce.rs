//! PKCE at the authorization endpoint — RFC 7636 §4.3, §4.4.1, RFC 9700 §2.1.1.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{CHALLENGE, authorize_url, response_of};

use super::{SPA, WEB};

/// security.md 10: a public client must send a challenge, whatever its registration says; a confidential one too,
/// unless it is registered not to.
#[tokio::test]
async fn a_missing_challenge_is_refused() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("spa", |client| client.require_pkce = false).await;
    let none = [("code_challenge", ""), ("code_challenge_method", "")];

    issuer.get(&authorize_url("spa", SPA, &none)).await.assert_sent_back(SPA, "invalid_request");
    issuer.get(&authorize_url("web", WEB, &none)).await.assert_sent_back(WEB, "invalid_request");
    let old = issuer
        .browser()
        .complete(&authorize_url("old", "https://old.example/cb", &[none[0], none[1], ("scope", "openid")]))
        .await;
    assert!(response_of(&old).code.is_some());
}

/// security.md 10: `plain`, no method (which means `plain`), and malformed challenges are refused to everybody.
#[tokio::test]
async fn a_weak_or_malformed_challenge_is_refused() {
    let issuer = TestIssuer::start().await;
    let too_long = "x".repeat(129);
    let rows = [
        (CHALLENGE, "plain"),
        (CHALLENGE, ""),
        (CHALLENGE, "s256"),
        (CHALLENGE, "S512"),
        (CHALLENGE, "S256 plain"),
        ("", "S256"),
        ("", "plain"),
        (&CHALLENGE[..42], "S256"),
        (&too_long, "S256"),
        ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "S256"),
        ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw/cM", "S256"),
        ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=", "S256"),
        ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw c ", "S256"),
        ("ümlaut-ümlaut-ümlaut-ümlaut-ümlaut-ümlaut-üm", "S256"),
    ];
    for (client_id, uri) in [("web", WEB), ("spa", SPA), ("old", "https://old.example/cb")] {
        for (challenge, method) in rows {
            let extra =
                [("code_challenge", challenge), ("code_challenge_method", method), ("scope", "openid")];
            let reply = issuer.get(&authorize_url(client_id, uri, &extra)).await;

            reply.assert_sent_back(uri, "invalid_request");
        }
    }
}

/// A challenge beside an implicit response has nothing to protect, and does no harm; a broken one is still an error.
#[tokio::test]
async fn the_implicit_flow_needs_no_challenge() {
    let issuer = TestIssuer::start().await;
    let with = authorize_url("spa", SPA, &[("response_type", "token")]);
    let broken = authorize_url("spa", SPA, &[("response_type", "token"), ("code_challenge_method", "plain")]);

    assert!(response_of(&issuer.browser().complete(&with).await).access_token.is_some());
    issuer.get(&broken).await.assert_sent_back(SPA, "invalid_request");
}
