//! Codes and refresh tokens — OpenID Connect Core §3.1.3, §3.3.3, §12.

use hallpass_proto::authorize::ResponseType;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::tokens::Tokens;

use super::world::{CLIENT, Flow, RESPONSE_TYPES, parameters_of, url};

fn with_code() -> impl Iterator<Item = ResponseType> {
    RESPONSE_TYPES.into_iter().filter(|response_type| response_type.code())
}

/// `oidcc-codereuse` and `oidcc-codereuse-30seconds`: refused whenever it comes again, and what was issued is dead.
#[tokio::test]
async fn a_code_is_good_once() {
    for response_type in with_code() {
        for later in [0, 30, 59, 300] {
            let issuer = TestIssuer::start().await;
            let flow = Flow::run(&issuer, &issuer.browser(), response_type, &[]).await;
            issuer.clock.advance(later);

            let again = issuer.redeem(CLIENT, &flow.response["code"]).await;

            again.assert_refused(400, "invalid_grant");
            for token in &flow.access_tokens {
                assert_eq!(issuer.userinfo(token).await.status, 401, "{response_type} after {later}");
            }
        }
    }
}

/// FAPI and provider fact 4: a code lives for 60 seconds.
#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let issuer = TestIssuer::start().await;
    for response_type in with_code() {
        for (later, status) in [(59, 200), (60, 400)] {
            let reply = issuer.browser().complete(&url(response_type, &[])).await;
            issuer.clock.advance(later);
            let redeemed = issuer.redeem(CLIENT, &parameters_of(&reply)["code"]).await;
            assert_eq!(redeemed.status, status, "{response_type} after {later}");
        }
    }
}

/// `oidcc-refresh-token`: the same person, issuer, audience and sign-in; another access token; bound to its client.
#[tokio::test]
async fn a_refresh_token_goes_on_with_the_sign_in() {
    let issuer = TestIssuer::start().await;
    for response_type in with_code() {
        let extra = [("scope", "openid offline_access"), ("prompt", "consent")];
        let flow = Flow::run(&issuer, &issuer.browser(), response_type, &extra).await;
        assert!(flow.tokens.refresh_token.len() >= 43, "256 bits");
        issuer.clock.advance(100);

        let again = Tokens::of(&issuer.refresh(CLIENT, &flow.tokens.refresh_token).await);

        let id_token = issuer.verified(&again.id_token).await;
        for name in ["iss", "sub", "aud", "auth_time", "acr"] {
            assert_eq!(&id_token[name], flow.claim(name), "{response_type} {name}");
        }
        assert!(id_token["iat"].as_i64() > flow.id_tokens[0]["iat"].as_i64(), "{response_type}");
        assert!(!flow.access_tokens.contains(&again.access_token), "{response_type}");
        let stolen = issuer.refresh("other", &flow.tokens.refresh_token).await;
        stolen.assert_refused(400, "invalid_grant");
    }
}
