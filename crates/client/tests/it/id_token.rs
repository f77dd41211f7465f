//! The ID token — security.md 75: each lie is found, and by its own name.

use hallpass_client::error::Error;
use hallpass_client::keys::KeyError;
use hallpass_proto::id_token::half_hash;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::{JwtError, sign_claims};
use serde_json::{Value, json};

use crate::world::{FakeIssuer, SECRET, answer, keys, sign};

/// Signs in with an ID token that `forge` makes of the truthful claims.
async fn sign_in(forge: impl FnOnce(Value) -> String) -> Result<(), Error> {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let scope = "openid".parse().expect("a scope");
    let start = client.authorize().scope(&scope).start().await.expect("starts");
    issuer.grant(&forge(issuer.claims(start.pending.nonce().expect("a nonce"))));
    let response = answer(start.pending.state().expose());
    client.complete(start.pending, response).await.map(|_| ())
}

async fn with(member: &str, value: Value) -> Error {
    let forge = |mut claims: Value| {
        claims[member] = value;
        sign(&keys()[0], &claims)
    };
    sign_in(forge).await.expect_err("refused")
}

async fn without(member: &str) -> Error {
    let forge = |mut claims: Value| {
        claims.as_object_mut().expect("an object").remove(member);
        sign(&keys()[0], &claims)
    };
    sign_in(forge).await.expect_err("refused")
}

fn is_jwt_error(error: &Error, expected: impl Fn(&JwtError) -> bool) -> bool {
    matches!(error, Error::IdToken(error) if expected(error))
}

macro_rules! refused {
    ($error:expr, $pattern:pat) => {
        let error = $error;
        assert!(is_jwt_error(&error, |error| matches!(error, $pattern)), "{error:?}");
    };
}

#[tokio::test]
async fn the_truth_is_accepted() {
    sign_in(|claims| sign(&keys()[0], &claims)).await.expect("accepted");
}

#[tokio::test]
async fn another_issuer() {
    refused!(with("iss", json!("https://evil.example")).await, JwtError::IssuerDiffers(_));
    refused!(with("iss", json!("https://as.example/")).await, JwtError::IssuerDiffers(_));
    refused!(without("iss").await, JwtError::ClaimMissing("iss"));
}

#[tokio::test]
async fn another_audience() {
    refused!(with("aud", json!("other")).await, JwtError::AudienceDiffers { .. });
    refused!(with("aud", json!([])).await, JwtError::ClaimType("aud", _));
    refused!(without("aud").await, JwtError::ClaimMissing("aud"));
}

#[tokio::test]
async fn several_audiences_need_azp() {
    refused!(with("aud", json!(["app", "other"])).await, JwtError::ClaimMissing("azp"));
    refused!(with("azp", json!("other")).await, JwtError::AzpDiffers(_));
}

#[tokio::test]
async fn another_time() {
    let now = crate::world::NOW;
    refused!(with("exp", json!(now - 61)).await, JwtError::Expired { .. });
    refused!(with("exp", json!("4000000000")).await, JwtError::ClaimType("exp", _));
    refused!(without("exp").await, JwtError::ClaimMissing("exp"));
    refused!(with("iat", json!(now + 61)).await, JwtError::IssuedInFuture { .. });
    sign_in(|mut claims| {
        claims["iat"] = json!(now + 30);
        sign(&keys()[0], &claims)
    })
    .await
    .expect("the clocks may differ a little");
}

/// Whatever the token says of itself, a nonce was sent and must come back.
#[tokio::test]
async fn another_nonce() {
    refused!(with("nonce", json!("other")).await, JwtError::NonceDiffers);
    refused!(without("nonce").await, JwtError::ClaimMissing("nonce"));
    let forge = |mut claims: Value| {
        claims.as_object_mut().expect("an object").remove("nonce");
        claims["nonce_supported"] = json!(false);
        sign(&keys()[0], &claims)
    };
    refused!(sign_in(forge).await.expect_err("refused"), JwtError::ClaimMissing("nonce"));
}

#[tokio::test]
async fn another_access_token() {
    refused!(
        with("at_hash", json!(half_hash(SigningAlg::Rs256, "other"))).await,
        JwtError::HashDiffers("at_hash")
    );
    refused!(with("at_hash", json!("")).await, JwtError::HashDiffers("at_hash"));
}

#[tokio::test]
async fn no_person() {
    refused!(without("sub").await, JwtError::ClaimMissing("sub"));
    refused!(with("sub", json!("")).await, JwtError::SubjectForm);
    refused!(with("sub", json!(7)).await, JwtError::ClaimType("sub", _));
}

/// The algorithm is the one of the registration, whatever the header says and whoever signed.
#[tokio::test]
async fn another_algorithm() {
    refused!(
        sign_in(|claims| sign(&keys()[2], &claims)).await.expect_err("the issuer's own ES256 key"),
        JwtError::AlgNotAgreed { .. }
    );
    let with_hmac = |secret: Vec<u8>| {
        move |claims: Value| {
            sign(&SigningKey::hmac(SigningAlg::Hs256, &secret).expect("a key").with_kid("first"), &claims)
        }
    };
    let jwk = serde_json::to_vec(keys()[0].public_jwk().expect("public")).expect("prints");
    refused!(
        sign_in(with_hmac(jwk)).await.expect_err("HMAC with the public key"),
        JwtError::AlgNotAgreed { .. }
    );
    let secret = SECRET.as_bytes().to_vec();
    refused!(
        sign_in(with_hmac(secret)).await.expect_err("HMAC with the client secret"),
        JwtError::AlgNotAgreed { .. }
    );
    let unsigned = |claims: Value| {
        use base64::Engine as _;
        let part = |json: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims))
    };
    refused!(sign_in(unsigned).await.expect_err("nobody signed"), JwtError::AlgNone);
}

#[tokio::test]
async fn another_signature() {
    let imposter = SigningKey::generate(SigningAlg::Rs256).expect("a key").with_kid("first");
    refused!(sign_in(|claims| sign(&imposter, &claims)).await.expect_err("same kid"), JwtError::Signature);
    let error = sign_in(|claims| sign(&keys()[1], &claims)).await.expect_err("a key that is not published");
    assert!(matches!(error, Error::Keys(KeyError::Unknown { .. })), "{error:?}");
}

#[tokio::test]
async fn another_kind_of_token() {
    for typ in ["at+jwt", "logout+jwt", "application/at+jwt"] {
        let forge = |claims: Value| sign_claims(&keys()[0], Some(typ), &claims).expect("signs");
        refused!(sign_in(forge).await.expect_err("refused"), JwtError::TypDiffers { .. });
    }
}

#[tokio::test]
async fn none_at_all() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let scope = "openid".parse().expect("a scope");
    let start = client.authorize().scope(&scope).start().await.expect("starts");
    issuer.answer_json("/token", json!({ "access_token": "a", "token_type": "Bearer" }));
    let response = answer(start.pending.state().expose());
    let error = client.complete(start.pending, response).await.expect_err("refused");
    assert!(matches!(error, Error::IdTokenMissing), "{error:?}");
}

#[tokio::test]
async fn a_sign_in_that_is_older_than_was_asked_for() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let scope = "openid".parse().expect("a scope");
    let start = client.authorize().scope(&scope).max_age(60).start().await.expect("starts");
    let mut claims = issuer.claims(start.pending.nonce().expect("a nonce"));
    claims["auth_time"] = json!(crate::world::NOW - 121);
    issuer.grant(&sign(&keys()[0], &claims));
    let response = answer(start.pending.state().expose());
    refused!(
        client.complete(start.pending, response).await.map(|_| ()).expect_err("refused"),
        JwtError::AuthTimeTooOld { .. }
    );
}

#[tokio::test]
async fn hmac_where_it_was_registered() {
    let issuer = FakeIssuer::new();
    let client = issuer.client_builder().id_token_alg(SigningAlg::Hs256).build().expect("a client");
    let scope = "openid".parse().expect("a scope");
    let start = client.authorize().scope(&scope).start().await.expect("starts");
    let claims = issuer.claims(start.pending.nonce().expect("a nonce"));
    let key = SigningKey::hmac(SigningAlg::Hs256, SECRET.as_bytes()).expect("a key");
    issuer.grant(&sign(&key, &claims));
    let response = answer(start.pending.state().expose());
    client.complete(start.pending, response).await.expect("accepted");
    assert_eq!(issuer.count("/jwks"), 0);
}
