//! UserInfo, and the claims of the scopes.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::scope::{ADDRESS, EMAIL, PHONE, PROFILE};
use hallpass_proto::userinfo::CLAIMS_OF_SCOPE;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer};

use super::world::{CLIENT, Flow, RESPONSE_TYPES};

async fn send(issuer: &TestIssuer, method: Method, in_header: Option<&str>, body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri("/userinfo");
    if let Some(token) = in_header {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    issuer.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body: the same answer in each of the three ways,
/// with the `sub` of the ID token, for every access token of every response type.
#[tokio::test]
async fn userinfo_answers_in_three_ways() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    for response_type in RESPONSE_TYPES {
        let flow = Flow::run(&issuer, &browser, response_type, &[]).await;
        for token in &flow.access_tokens {
            let body = format!("access_token={token}");
            for (method, in_header, body) in [
                (Method::GET, Some(token.as_str()), ""),
                (Method::POST, Some(token.as_str()), ""),
                (Method::POST, None, body.as_str()),
            ] {
                let reply = send(&issuer, method.clone(), in_header, body).await;
                assert_eq!(reply.status, 200, "{response_type} {method} {}", reply.body);
                assert_eq!(reply.header("content-type"), "application/json");
                assert_eq!(reply.json()["sub"], *flow.claim("sub"), "{response_type} {method}");
            }
        }
    }
}

/// oidcc-userinfo-rs256: a signed answer, with issuer and audience, for a client that asks for it.
#[tokio::test]
async fn userinfo_is_signed_for_a_client_that_asks_for_it() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client(CLIENT, |client| client.userinfo_signed_response_alg = Some(SigningAlg::Rs256))
        .await;
    let browser = issuer.browser();
    for response_type in RESPONSE_TYPES {
        let flow = Flow::run(&issuer, &browser, response_type, &[("scope", "openid email")]).await;
        for token in &flow.access_tokens {
            let reply = issuer.userinfo(token).await;
            assert_eq!(reply.header("content-type"), "application/jwt", "{}", reply.body);
            let alg = CompactJws::parse(&reply.body).expect("a token").header().alg;
            assert_eq!(alg, SigningAlg::Rs256);
            let claims = issuer.verified(&reply.body).await;
            assert_eq!((&claims["iss"], &claims["aud"]), (&ISSUER.into(), &CLIENT.into()));
            assert_eq!(claims["sub"], *flow.claim("sub"));
            assert_eq!(claims["email"], "ada@example.com");
        }
    }
}

/// oidcc-scope-profile, oidcc-scope-email, oidcc-scope-address, oidcc-scope-phone, oidcc-scope-all: every claim of the
/// scope, in its JSON type, from UserInfo; from the ID token alone where no access token comes with it.
#[tokio::test]
async fn each_scope_brings_its_claims() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let all = [PROFILE, EMAIL, ADDRESS, PHONE];
    for scopes in [&[PROFILE][..], &[EMAIL], &[ADDRESS], &[PHONE], &all] {
        let scope = format!("openid {}", scopes.join(" "));
        for response_type in RESPONSE_TYPES {
            let flow = Flow::run(&issuer, &browser, response_type, &[("scope", &scope)]).await;
            let alone = flow.access_tokens.is_empty();
            let shown = match flow.access_tokens.first() {
                Some(token) => issuer.userinfo(token).await.json(),
                None => flow.id_tokens[0].clone(),
            };
            for (of, claims) in CLAIMS_OF_SCOPE {
                for claim in claims {
                    let asked = scopes.contains(&of);
                    assert_eq!(shown.get(*claim).is_some(), asked, "{scope} {response_type}: {claim}");
                    assert!(!asked || has_its_type(claim, &shown[*claim]), "{claim}: {}", shown[*claim]);
                    // §5.4: with an access token, they stand at UserInfo and not in the ID token.
                    let twice = flow.id_tokens.iter().any(|id_token| id_token.get(*claim).is_some());
                    assert_eq!(twice, asked && alone, "{scope} {response_type}: {claim}");
                }
            }
        }
    }
}

/// OpenID Connect Core §5.1.
fn has_its_type(claim: &str, value: &Value) -> bool {
    match claim {
        "updated_at" => value.is_u64(),
        "email_verified" | "phone_number_verified" => value.is_boolean(),
        "address" => value.is_object(),
        _ => value.as_str().is_some_and(|text| !text.is_empty()),
    }
}
