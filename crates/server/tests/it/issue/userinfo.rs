//! UserInfo answers that are signed, encrypted, or both — OpenID Connect Core §5.3.2.

use serde_json::{Value, json};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer};

use super::world::{WEB, decrypted, offered, offered_encryptions, register, signed_by, tokens};

const ECDH: Encryption = Encryption { alg: KeyManagementAlg::EcdhEs, enc: ContentEncryptionAlg::A256Gcm };

#[track_caller]
fn assert_jwt(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.header("content-type")),
        (200, "application/jwt"),
        "{}",
        reply.body
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}

/// What plain JSON says, with issuer and client, and nothing that would make a token of it.
fn expected(plain: &Value) -> Value {
    let mut claims = plain.clone();
    claims["iss"] = json!(ISSUER);
    claims["aud"] = json!("web");
    claims
}

/// security.md P15: every algorithm that is offered signs, and the claims are those of plain JSON.
#[tokio::test]
async fn every_signature_that_is_offered_can_be_had() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    register(&issuer, |_| {}).await;
    let token = tokens(&issuer, &browser).await.access_token;
    let plain = issuer.userinfo(&token).await.json();
    assert_eq!((&plain["sub"], &plain["email"]), (&json!("user-ada"), &json!("ada@example.com")));
    let algs = offered(&issuer, "userinfo_signing_alg_values_supported").await;
    assert_eq!(algs.len(), SigningAlg::ALL.len(), "{algs:?}");
    for alg in algs {
        let alg: SigningAlg = alg.parse().expect("known");
        register(&issuer, |web| web.userinfo_signed_response_alg = Some(alg)).await;

        let reply = issuer.userinfo(&token).await;

        assert_jwt(&reply);
        assert_eq!(signed_by(&issuer, &reply.body, alg).await, expected(&plain), "{alg}");
    }
}

/// security.md P15: every encryption that is offered, around a signed answer and around a plain one.
#[tokio::test]
async fn every_encryption_that_is_offered_can_be_had() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    register(&issuer, |_| {}).await;
    let token = tokens(&issuer, &browser).await.access_token;
    let plain = issuer.userinfo(&token).await.json();
    for encryption in offered_encryptions(&issuer, "userinfo").await {
        register(&issuer, |web| {
            web.userinfo_signed_response_alg = None;
            web.userinfo_encrypted_response = Some(encryption);
        })
        .await;
        let reply = issuer.userinfo(&token).await;
        assert_jwt(&reply);
        let (inside, cty) = decrypted(&reply.body, encryption);
        assert_eq!(cty, None);
        assert_eq!(serde_json::from_str::<Value>(&inside).expect("JSON"), expected(&plain), "{encryption:?}");

        register(&issuer, |web| {
            web.userinfo_signed_response_alg = Some(SigningAlg::Es256);
            web.userinfo_encrypted_response = Some(encryption);
        })
        .await;
        let reply = issuer.userinfo(&token).await;
        assert_jwt(&reply);
        let (inside, cty) = decrypted(&reply.body, encryption);
        assert_eq!(cty.as_deref(), Some("JWT"));
        assert_eq!(signed_by(&issuer, &inside, SigningAlg::Es256).await, expected(&plain), "{encryption:?}");
    }
}

/// A refusal is JSON with a challenge, whatever the client has registered: it has to be read first.
#[tokio::test]
async fn a_refusal_is_plain() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    register(&issuer, |web| web.userinfo_signed_response_alg = Some(SigningAlg::Rs256)).await;
    let token = tokens(&issuer, &browser).await.access_token;
    issuer.clock.advance(601);
    issuer.userinfo(&token).await.assert_refused(401, "invalid_token");
}

/// A client without a key to encrypt to is told so, and gets nothing in the clear.
#[tokio::test]
async fn without_a_key_nothing_is_said() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    register(&issuer, |_| {}).await;
    let token = tokens(&issuer, &browser).await.access_token;
    register(&issuer, |web| {
        web.jwks = None;
        web.userinfo_encrypted_response = Some(ECDH);
    })
    .await;
    issuer.userinfo(&token).await.assert_refused(400, "invalid_client_metadata");
}

/// security.md 48: an answer is no token: neither a hint, nor a way into UserInfo.
#[tokio::test]
async fn an_answer_is_taken_for_no_token() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    register(&issuer, |web| web.userinfo_signed_response_alg = Some(SigningAlg::Rs256)).await;
    let token = tokens(&issuer, &browser).await.access_token;
    let answer = issuer.userinfo(&token).await.body;

    issuer.userinfo(&answer).await.assert_refused(401, "invalid_token");
    let quiet = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", &answer)]);
    browser.get(&quiet).await.assert_sent_back(WEB, "invalid_request");
    browser.get(&format!("/end-session?id_token_hint={answer}")).await.assert_page(400, "invalid_request");
}
