//! Client authentication by assertions — RFC 7523 §3, RFC 10070 — at each endpoint that has it.

use hallpass_proto::assertion::{AssertionClaims, JWT_BEARER};
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::{Audience, sign_claims};
use hallpass_proto::secret::Secret;
use hallpass_server::client_secret;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::{AssertionAudience, Client};
use hallpass_testkit::fixture::{self, SECRET, client_key};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{Reply, TestIssuer};
use serde_json::json;

use super::failing_store::{Break, FailingStore};

const EVERYWHERE: [&str; 3] = ["/token", "/revoke", "/introspect"];
/// A request that gets as far as client authentication: it names a token that nobody has.
const FORM: [(&str, &str); 3] =
    [("grant_type", "refresh_token"), ("refresh_token", "unknown"), ("token", "unknown")];

async fn send(issuer: &TestIssuer, path: &str, assertion: &Secret) -> Reply {
    issuer.post_with(path, assertion, &FORM).await
}

/// Sees that authentication was passed: what is refused now is the token.
#[track_caller]
fn assert_passed(path: &str, reply: &Reply) {
    if path == "/token" {
        reply.assert_refused(400, "invalid_grant");
    } else {
        assert_eq!(reply.status, 200, "{path} {}", reply.body);
    }
}

#[track_caller]
fn assert_rejected(reply: &Reply, because: &str) {
    reply.assert_refused(401, "invalid_client");
    assert!(reply.body.contains(because), "{because:?}: {}", reply.body);
}

fn claims(issuer: &TestIssuer) -> AssertionClaims {
    AssertionClaims::new("keyed", ISSUER, issuer.env.id(), issuer.now(), 60)
}

fn hmac(alg: SigningAlg, secret: &str) -> SigningKey {
    SigningKey::hmac(alg, secret.as_bytes()).expect("a key")
}

fn jwks(keys: &[&SigningKey]) -> JwkSet {
    JwkSet { keys: keys.iter().filter_map(|key| key.public_jwk().cloned()).collect() }
}

/// `oidcc-ensure-client-assertion-with-iss-aud-succeeds` among others: the audience is the issuer.
#[tokio::test]
async fn an_assertion_passes_everywhere() {
    let issuer = TestIssuer::start().await;
    let secret = hmac(SigningAlg::Hs256, SECRET);
    for path in EVERYWHERE {
        assert_passed(path, &send(&issuer, path, &issuer.assertion("keyed", client_key())).await);
        assert_passed(path, &send(&issuer, path, &issuer.assertion("hmac", &secret)).await);
        let named: Vec<_> = FORM.into_iter().chain([("client_id", "keyed")]).collect();
        let assertion = issuer.assertion("keyed", client_key());
        assert_passed(path, &issuer.post_with(path, &assertion, &named).await);
    }
}

#[tokio::test]
async fn a_login_is_completed_by_assertions() {
    let issuer = TestIssuer::start().await;
    for client_id in ["keyed", "hmac"] {
        let tokens = issuer.tokens(client_id, &[]).await;
        assert_eq!(issuer.verified(&tokens.id_token).await["aud"], client_id);
        assert_eq!(issuer.refresh(client_id, &tokens.refresh_token).await.status, 200);
        assert!(issuer.is_active(client_id, &tokens.access_token).await);
        assert_eq!(issuer.revoke(client_id, &tokens.refresh_token).await.status, 200);
        assert!(!issuer.is_active(client_id, &tokens.access_token).await);
    }
}

/// P15: every algorithm of the metadata works, for a client that registers it and for one that registers none.
#[tokio::test]
async fn every_advertised_algorithm_works() {
    let issuer = TestIssuer::start().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    let rsa = SigningKey::generate(SigningAlg::Rs256).expect("a key").to_pkcs8().expect("PKCS#8");
    let secret = SECRET.repeat(2);
    let advertised = metadata["token_endpoint_auth_signing_alg_values_supported"].as_array().expect("a list");
    assert_eq!(advertised.len(), 13);
    for endpoint in ["revocation", "introspection"] {
        let there = &metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(there.as_array(), Some(advertised), "RFC 8414 section 2: at {endpoint} too");
    }

    for alg in
        advertised.iter().map(|alg| alg.as_str().expect("a word").parse::<SigningAlg>().expect("known"))
    {
        for registered in [Some(alg), None] {
            let (client_id, key) = if alg.is_symmetric() {
                let mut client = Client { token_endpoint_auth_signing_alg: registered, ..fixture::hmac() };
                let text = Secret::from(secret.as_str());
                client_secret::give(&issuer.server.keys(), &mut client, &text).await.expect("sealed");
                issuer.store.put_client(&client).await.expect("recorded");
                ("hmac", hmac(alg, &secret))
            } else {
                let key = match alg.as_str() {
                    "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => {
                        SigningKey::from_pkcs8(alg, rsa.expose())
                    }
                    _ => SigningKey::generate(alg),
                };
                let key = key.expect("a key");
                let registration = Client {
                    token_endpoint_auth_signing_alg: registered,
                    jwks: Some(jwks(&[&key])),
                    ..fixture::keyed()
                };
                issuer.store.put_client(&registration).await.expect("recorded");
                ("keyed", key)
            };
            issuer.clock.advance(1);
            assert_passed("/token", &send(&issuer, "/token", &issuer.assertion(client_id, &key)).await);
        }
    }
}

/// security.md 35: the algorithm is the registered one, and belongs to the method.
#[tokio::test]
async fn another_algorithm_than_the_registered_one_is_rejected() {
    let issuer = TestIssuer::start().await;
    let rsa = SigningKey::generate(SigningAlg::Ps256).expect("a key");
    issuer
        .change_client("keyed", |client| {
            client.jwks = Some(jwks(&[&rsa, client_key()]));
            client.token_endpoint_auth_signing_alg = Some(SigningAlg::Ps256);
        })
        .await;
    issuer.change_client("hmac", |client| client.jwks = Some(jwks(&[client_key()]))).await;

    assert_passed("/token", &send(&issuer, "/token", &issuer.assertion("keyed", &rsa)).await);
    let es256 = issuer.assertion("keyed", client_key());
    assert_rejected(&send(&issuer, "/token", &es256).await, "must be signed by PS256");
    // what is public is no secret, and a key is not what "hmac" has registered
    let public = serde_json::to_string(&jwks(&[&rsa])).expect("JSON");
    let by_public_key = issuer.assertion("keyed", &hmac(SigningAlg::Hs256, &public));
    assert_rejected(&send(&issuer, "/token", &by_public_key).await, "must be signed by PS256");
    let by_key = issuer.assertion("hmac", client_key());
    assert_rejected(&send(&issuer, "/token", &by_key).await, "must be signed by client_secret_jwt");
    let none = format!("eyJhbGciOiJub25lIn0.{}.", es256.expose().split('.').nth(1).expect("a payload"));
    assert_rejected(&send(&issuer, "/token", &Secret::from(none)).await, "not signed");
}

/// security.md 35: nobody else's key, and no broken signature.
#[tokio::test]
async fn an_assertion_by_another_key_is_rejected() {
    let issuer = TestIssuer::start().await;
    let foreign = SigningKey::generate(SigningAlg::Es256).expect("a key");
    let same_kid = SigningKey::generate(SigningAlg::Es256).expect("a key").with_kid(client_key().kid());
    let secret = hmac(SigningAlg::Hs256, &SECRET.replace('a', "b"));
    for path in EVERYWHERE {
        let reply = send(&issuer, path, &issuer.assertion("keyed", &foreign)).await;
        assert_rejected(&reply, "no key of the client fits");
        let reply = send(&issuer, path, &issuer.assertion("keyed", &same_kid)).await;
        assert_rejected(&reply, "the signature is wrong");
        let reply = send(&issuer, path, &issuer.assertion("hmac", &secret)).await;
        assert_rejected(&reply, "the signature is wrong");
        let reply = send(&issuer, path, &issuer.assertion("nobody", client_key())).await;
        assert_rejected(&reply, "client authentication failed");
    }
    let good = issuer.assertion("keyed", client_key());
    for at in [0, good.expose().len() / 2, good.expose().len() - 8] {
        let mut bytes = good.expose().clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let altered = Secret::from(String::from_utf8(bytes).expect("ASCII"));
        send(&issuer, "/token", &altered).await.assert_refused(401, "invalid_client");
    }
    assert_passed("/token", &send(&issuer, "/token", &good).await);
}

/// security.md 53: a key that is too weak, or not for signatures, makes no assertion, whatever has registered it.
#[tokio::test]
async fn an_unusable_key_is_no_key() {
    let issuer = TestIssuer::start().await;
    let good = serde_json::to_value(jwks(&[client_key()])).expect("JSON")["keys"][0].clone();
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("alg", json!("ES384")),
        ("alg", json!("ECDH-ES")),
        ("crv", json!("P-384")),
        ("x", good["y"].clone()),
        ("d", json!("AA")),
    ] {
        let mut jwk = good.clone();
        jwk[member] = value.clone();
        let set = serde_json::from_value(json!({"keys": [jwk]})).expect("a set");
        issuer.change_client("keyed", |client| client.jwks = Some(set)).await;
        let reply = send(&issuer, "/token", &issuer.assertion("keyed", client_key())).await;
        assert_rejected(&reply, "no key of the client fits");
    }
}

/// security.md 35: issuer alone; and RFC 7523 as it was for the client that says so.
#[tokio::test]
async fn the_audience_is_the_issuer_alone_unless_the_client_is_older() {
    let issuer = TestIssuer::start().await;
    let token = format!("{ISSUER}/token");
    let audiences: [(Audience, bool); 9] = [
        (ISSUER.into(), true),
        (token.as_str().into(), true),
        (format!("{ISSUER}/introspect").into(), true),
        (format!("{ISSUER}/device_authorization").into(), true),
        (vec![ISSUER.to_owned(), "https://other.example".to_owned()].into(), true),
        (vec![token.clone(), "https://other.example".to_owned()].into(), true),
        (format!("{ISSUER}/").into(), false),
        ("https://other.example".into(), false),
        (format!("{ISSUER}/authorize").into(), false),
    ];
    for legacy in [false, true] {
        let rule = if legacy { AssertionAudience::Legacy } else { AssertionAudience::Issuer };
        issuer.change_client("keyed", |client| client.client_assertion_audience = rule).await;
        for (aud, fits_legacy) in &audiences {
            let claims = AssertionClaims { aud: aud.clone(), ..claims(&issuer) };
            let reply = send(&issuer, "/token", &claims.sign(client_key()).expect("signed")).await;
            if (legacy && *fits_legacy) || *aud == ISSUER.into() {
                assert_passed("/token", &reply);
            } else {
                assert_rejected(&reply, "aud");
            }
        }
    }
    // an array of one is an array
    issuer
        .change_client("keyed", |client| client.client_assertion_audience = AssertionAudience::Issuer)
        .await;
    let now = issuer.now().unix();
    let claims = json!({"iss": "keyed", "sub": "keyed", "aud": [ISSUER], "exp": now + 60, "jti": "array"});
    let array = sign_claims(client_key(), None, &claims).expect("signed");
    assert_rejected(&send(&issuer, "/token", &Secret::from(array)).await, "aud must be one string");
}

/// security.md 35: times, with the difference that clocks have.
#[tokio::test]
async fn an_assertion_has_its_time() {
    let issuer = TestIssuer::start().await;
    let now = issuer.now();
    for (exp, iat, passes) in [
        (now + 60, Some(now + 8), true),
        (now + 60, None, true),
        (now - 9, Some(now - 60), true),
        (now + 3600, Some(now), true),
        (now - 10, Some(now - 60), false),
        (now - 300, Some(now - 360), false),
        (now + 60, Some(now + 60), false),
        (now + 3700, Some(now), false),
    ] {
        let claims = AssertionClaims { exp, iat, ..claims(&issuer) };
        let reply = send(&issuer, "/token", &claims.sign(client_key()).expect("signed")).await;
        if passes { assert_passed("/token", &reply) } else { assert_rejected(&reply, "client assertion") }
    }
}

/// security.md 35, 48: what is made for something else is no assertion.
#[tokio::test]
async fn other_tokens_are_no_assertions() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("keyed", &[]).await;
    for token in [&tokens.access_token, &tokens.id_token] {
        send(&issuer, "/token", &Secret::from(token.as_str())).await.assert_refused(401, "invalid_client");
    }
    for typ in ["oauth-authz-req+jwt", "dpop+jwt", "at+jwt"] {
        let token = sign_claims(client_key(), Some(typ), &claims(&issuer)).expect("signed");
        assert_rejected(&send(&issuer, "/token", &Secret::from(token)).await, "typ is");
    }
}

/// security.md 35: whoever the assertion is about has made it, and is who the form names.
#[tokio::test]
async fn an_assertion_is_about_its_client() {
    let issuer = TestIssuer::start().await;
    let other = AssertionClaims { iss: "web".to_owned(), ..claims(&issuer) };
    let reply = send(&issuer, "/token", &other.sign(client_key()).expect("signed")).await;
    assert_rejected(&reply, "iss is not the client_id");
    let other = AssertionClaims { sub: "hmac".to_owned(), ..claims(&issuer) };
    let reply = send(&issuer, "/token", &other.sign(client_key()).expect("signed")).await;
    assert_rejected(&reply, "client_secret_jwt");
    let form: Vec<_> = FORM.into_iter().chain([("client_id", "web")]).collect();
    let reply = issuer.post_with("/token", &issuer.assertion("keyed", client_key()), &form).await;
    assert_rejected(&reply, "client_id differs");
}

/// security.md 35: once, at whichever endpoint, until it is good no longer.
#[tokio::test]
async fn an_assertion_is_good_once() {
    let issuer = TestIssuer::start().await;
    let assertion = issuer.assertion("keyed", client_key());
    assert_passed("/token", &send(&issuer, "/token", &assertion).await);
    for path in EVERYWHERE {
        assert_rejected(&send(&issuer, path, &assertion).await, "has come before");
    }
    assert_rejected(&send(&issuer.another_node().await, "/token", &assertion).await, "has come before");
    // another assertion with the same jti is the same
    let again = claims(&issuer);
    assert_passed("/token", &send(&issuer, "/token", &again.sign(client_key()).expect("signed")).await);
    let later = AssertionClaims { exp: again.exp + 1, ..again.clone() };
    let reply = send(&issuer, "/token", &later.sign(client_key()).expect("signed")).await;
    assert_rejected(&reply, "has come before");
    // but a jti of another client is another
    let (iss, sub) = ("hmac".to_owned(), "hmac".to_owned());
    let of_another = AssertionClaims { iss, sub, ..again }.sign(&hmac(SigningAlg::Hs256, SECRET));
    assert_passed("/token", &send(&issuer, "/token", &of_another.expect("signed")).await);

    issuer.clock.advance(69);
    issuer.server.sweep().await.expect("swept");
    assert_rejected(&send(&issuer, "/token", &assertion).await, "has come before");
    issuer.clock.advance(1);
    assert_rejected(&send(&issuer, "/token", &assertion).await, "expired");
}

/// A refused assertion is not used up: its owner may have been somebody else's guess.
#[tokio::test]
async fn a_refused_assertion_uses_nothing_up() {
    let issuer = TestIssuer::start().await;
    let claims = claims(&issuer);
    let foreign = SigningKey::generate(SigningAlg::Es256).expect("a key").with_kid(client_key().kid());
    let forged = claims.sign(&foreign).expect("signed");
    assert_rejected(&send(&issuer, "/token", &forged).await, "the signature is wrong");
    assert_passed("/token", &send(&issuer, "/token", &claims.sign(client_key()).expect("signed")).await);
}

/// security.md 36: 50 at once, and one of them passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_uses_at_once_one_passes() {
    let issuer = TestIssuer::start().await;
    let assertion = issuer.assertion("keyed", client_key());
    let form: Vec<_> = FORM.to_vec();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (issuer, assertion, form) = (issuer.clone(), assertion.clone(), form.clone());
            tokio::spawn(async move { issuer.post_with("/token", &assertion, &form).await })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        let reply = task.await.expect("an answer");
        match reply.status.as_u16() {
            400 => passed += 1,
            _ => assert_rejected(&reply, "has come before"),
        }
    }
    assert_eq!(passed, 1);
}

/// security.md 37: what cannot be remembered is not accepted.
#[tokio::test]
async fn a_store_that_fails_accepts_nothing() {
    let (issuer, store) = FailingStore::issuer().await;
    for how in [Break::Down, Break::Busy, Break::Corrupt] {
        store.fail("use_once", how);
        for path in EVERYWHERE {
            let assertion = issuer.assertion("keyed", client_key());
            let reply = send(&issuer, path, &assertion).await;
            assert!(reply.status.is_server_error(), "{path} {how:?} {}", reply.status);
            store.heal();
            assert_passed(path, &send(&issuer, path, &assertion).await);
            store.fail("use_once", how);
        }
    }
}

/// security.md 32: one authentication, and the registered one.
#[tokio::test]
async fn an_assertion_comes_alone_and_from_a_client_that_has_registered_it() {
    let issuer = TestIssuer::start().await;
    for path in EVERYWHERE {
        let assertion = issuer.assertion("keyed", client_key());
        let both = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.expose())];
        let form: Vec<_> = FORM.into_iter().chain(both).collect();
        let reply = issuer.post(path, Some(&basic("keyed", SECRET)), &form).await;
        reply.assert_refused(400, "invalid_request");
        let form: Vec<_> = form.into_iter().chain([("client_secret", SECRET)]).collect();
        issuer.post(path, None, &form).await.assert_refused(400, "invalid_request");

        let reply = issuer.post(path, Some(&basic("hmac", SECRET)), &FORM).await;
        assert_rejected(&reply, "must authenticate by client_secret_jwt");
        let named: Vec<_> = FORM.into_iter().chain([("client_id", "keyed")]).collect();
        assert_rejected(&issuer.post(path, None, &named).await, "must authenticate by private_key_jwt");

        let by_secret = issuer.assertion("web", &hmac(SigningAlg::Hs256, SECRET));
        assert_rejected(&send(&issuer, path, &by_secret).await, "must authenticate by client_secret_basic");
        let form: Vec<_> = FORM
            .into_iter()
            .chain([("client_assertion_type", "urn:x"), ("client_assertion", assertion.expose())])
            .collect();
        assert_rejected(&issuer.post(path, None, &form).await, "client_assertion_type");
    }
}

#[tokio::test]
async fn a_disabled_client_has_no_assertions() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("keyed", |client| client.status = Status::Disabled).await;
    let reply = send(&issuer, "/token", &issuer.assertion("keyed", client_key())).await;
    assert_rejected(&reply, "client authentication failed");
}

/// The secret that is kept here opens for its own client alone.
#[tokio::test]
async fn a_sealed_secret_is_of_its_client() {
    let issuer = TestIssuer::start().await;
    let of_hmac = issuer.store.client("hmac").await.expect("works").expect("a client");
    let client = Client {
        client_id: "thief".to_owned(),
        token_endpoint_auth_method: AuthMethod::ClientSecretJwt,
        ..of_hmac
    };
    issuer.store.put_client(&client).await.expect("recorded");

    let reply = send(&issuer, "/token", &issuer.assertion("thief", &hmac(SigningAlg::Hs256, SECRET))).await;

    assert_rejected(&reply, "has registered no key");
    assert!(!format!("{client:?}").contains(SECRET));
}
