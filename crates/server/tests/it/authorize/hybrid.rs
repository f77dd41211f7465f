//! The hybrid flow — OpenID Connect Core §3.3: whatever goes out with one answer is one grant, and ends as one.

use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::id_token::half_hash;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, TestIssuer};

use super::HYBRID;

const TYPES: [&str; 3] = ["code id_token", "code token", "code id_token token"];
const OFFLINE: (&str, &str) = ("scope", "openid profile offline_access");

async fn answer(browser: &Browser, response_type: &str) -> AuthorizationResponse {
    let extra = [("response_type", response_type), OFFLINE];
    response_of(&browser.complete(&authorize_url("hybrid", HYBRID, &extra)).await)
}

fn text(secret: Option<&hallpass_proto::secret::Secret>) -> String {
    secret.map(|secret| secret.expose().clone()).unwrap_or_default()
}

/// §3.3.2.11, §3.3.3.6: the hashes bind what came together, and both ID tokens speak of the same sign-in.
#[tokio::test]
async fn both_id_tokens_are_of_one_sign_in() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    for response_type in TYPES {
        let front = answer(&browser, response_type).await;
        let (code, access_token) = (text(front.code.as_ref()), text(front.access_token.as_ref()));
        let back = Tokens::of(&issuer.redeem("hybrid", &code).await);

        let of_back = issuer.verified(&back.id_token).await;
        assert_eq!(of_back["at_hash"], half_hash(SigningAlg::Rs256, &back.access_token), "{response_type}");
        assert_eq!(of_back["nonce"], "the-nonce", "{response_type}");
        assert_eq!(front.id_token.is_some(), response_type.contains("id_token"), "{response_type}");
        assert_eq!(
            front.access_token.is_some(),
            response_type.ends_with("token token") || response_type == "code token"
        );
        if let Some(id_token) = &front.id_token {
            let of_front = issuer.verified(id_token.expose()).await;
            assert_eq!(of_front["c_hash"], half_hash(SigningAlg::Rs256, &code), "{response_type}");
            let at_hash = (!access_token.is_empty()).then(|| half_hash(SigningAlg::Rs256, &access_token));
            assert_eq!(
                of_front.get("at_hash").and_then(|h| h.as_str()),
                at_hash.as_deref(),
                "{response_type}"
            );
            for name in ["iss", "sub", "aud", "nonce", "auth_time", "sid", "amr"] {
                assert_eq!(of_front[name], of_back[name], "{response_type} {name}");
            }
            assert_eq!(of_front.get("name"), None, "what the scope shows is at UserInfo");
        }
    }
}

/// The access token of the front channel works at once, and goes on beside the one of the redemption.
#[tokio::test]
async fn both_access_tokens_are_good() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    for response_type in ["code token", "code id_token token"] {
        let front = answer(&browser, response_type).await;
        let early = text(front.access_token.as_ref());
        assert_eq!(issuer.userinfo(&early).await.status, 200, "{response_type}");
        let back = Tokens::of(&issuer.redeem("hybrid", &text(front.code.as_ref())).await);

        assert_ne!(early, back.access_token);
        for token in [&early, &back.access_token] {
            assert_eq!(issuer.userinfo(token).await.status, 200, "{response_type}");
            assert!(issuer.is_active("hybrid", token).await, "{response_type}");
        }
        assert_eq!(back.scope, "openid profile offline_access");
    }
}

/// RFC 6749 §4.1.2, security.md 13: a code that comes twice ends everything of its answer.
#[tokio::test]
async fn a_code_that_comes_twice_ends_the_token_of_the_front_channel() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    for response_type in ["code token", "code id_token token"] {
        let front = answer(&browser, response_type).await;
        let (code, early) = (text(front.code.as_ref()), text(front.access_token.as_ref()));
        let back = Tokens::of(&issuer.redeem("hybrid", &code).await);

        issuer.redeem("hybrid", &code).await.assert_refused(400, "invalid_grant");

        for token in [&early, &back.access_token] {
            assert_eq!(issuer.userinfo(token).await.status, 401, "{response_type}");
            assert!(!issuer.is_active("hybrid", token).await, "{response_type}");
        }
        issuer.refresh("hybrid", &back.refresh_token).await.assert_refused(400, "invalid_grant");
    }
}

/// RFC 7009 §2.1: so does revoking the refresh token.
#[tokio::test]
async fn a_revocation_ends_the_token_of_the_front_channel() {
    let issuer = TestIssuer::start().await;
    let front = answer(&issuer.browser(), "code token").await;
    let early = text(front.access_token.as_ref());
    let back = Tokens::of(&issuer.redeem("hybrid", &text(front.code.as_ref())).await);

    assert_eq!(issuer.revoke("hybrid", &back.refresh_token).await.status, 200);

    assert_eq!(issuer.userinfo(&early).await.status, 401);
    assert_eq!(issuer.userinfo(&back.access_token).await.status, 401);
}

/// A consent that is taken back before the code comes leaves neither.
#[tokio::test]
async fn a_withdrawal_ends_the_code_and_the_token_beside_it() {
    let issuer = TestIssuer::start().await;
    let front = answer(&issuer.browser(), "code id_token token").await;

    issuer.store.withdraw_consent("user-ada", "hybrid", issuer.now()).await.expect("withdrawn");

    assert_eq!(issuer.userinfo(&text(front.access_token.as_ref())).await.status, 401);
    issuer.redeem("hybrid", &text(front.code.as_ref())).await.assert_refused(400, "invalid_grant");
}

/// Multiple Response Types §5: not into a query, and a refusal stands where the answer would.
#[tokio::test]
async fn nothing_of_it_goes_into_a_query() {
    let issuer = TestIssuer::start().await;

    for response_type in TYPES {
        for extra in
            [("response_mode", "query"), ("prompt", "none"), ("scope", "nonsense"), ("code_challenge", "")]
        {
            let url = authorize_url("hybrid", HYBRID, &[("response_type", response_type), extra]);
            let reply = issuer.get(&url).await;

            let error = response_of(&reply).error.expect("a refusal").error;
            reply.assert_sent_back(HYBRID, error.as_str());
            assert!(reply.location().starts_with(&format!("{HYBRID}#error=")), "{}", reply.location());
        }
    }
}
