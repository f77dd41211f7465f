//! ID tokens in every form — OpenID Connect Core §2, §10, §16.14.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::id_token::half_hash;
use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use hallpass_proto::jose::jws::CompactJws;
use hallpass_server::client_secret;
use hallpass_server::entity::client::Client;
use hallpass_server::register::policy::RegistrationAccess;
use hallpass_testkit::browser::{VERIFIER, authorize_url, response_of};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{TestIssuer, Tokens};

use super::world::{
    LONG_SECRET, WEB, decrypted, encrypted, offered, offered_encryptions, register, signed_by, tokens,
};

const ECDH: Encryption =
    Encryption { alg: KeyManagementAlg::EcdhEs, enc: ContentEncryptionAlg::A128CbcHs256 };

/// security.md P15, 57: every algorithm that is offered signs, and the hashes in the token are its own (§3.1.3.6).
#[tokio::test]
async fn every_signature_that_is_offered_can_be_had() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let algs = offered(&issuer, "id_token_signing_alg_values_supported").await;
    assert_eq!(algs.len(), SigningAlg::ALL.len() + 1, "all, and none: {algs:?}");
    for alg in algs.iter().filter(|alg| *alg != "none") {
        let alg: SigningAlg = alg.parse().expect("known");
        register(&issuer, |web| web.id_token_signed_response_alg = alg.into()).await;

        let tokens = tokens(&issuer, &browser).await;

        let claims = signed_by(&issuer, &tokens.id_token, alg).await;
        assert_eq!(claims["aud"], "web");
        assert_eq!(claims["at_hash"], half_hash(alg, &tokens.access_token), "{alg}");
        let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh_token)];
        let again = Tokens::of(&issuer.post("/token", Some(&basic("web", LONG_SECRET)), &form).await);
        assert_eq!(signed_by(&issuer, &again.id_token, alg).await["sub"], claims["sub"], "{alg}");
    }
}

/// Every node signs with the same keys, and publishes them, whichever has made them.
#[tokio::test]
async fn a_key_that_is_made_on_need_is_every_nodes() {
    let issuer = TestIssuer::start().await;
    let node = issuer.another_node().await;
    register(&issuer, |web| web.id_token_signed_response_alg = SigningAlg::Es512.into()).await;
    let ours = tokens(&issuer, &issuer.browser()).await.id_token;
    issuer.clock.advance(1);

    let theirs = tokens(&node, &node.browser()).await.id_token;

    for token in [&ours, &theirs] {
        assert_eq!(
            signed_by(&issuer, token, SigningAlg::Es512).await,
            signed_by(&node, token, SigningAlg::Es512).await
        );
    }
    let kid = |token: &str| CompactJws::parse(token).expect("a token").header().kid.clone();
    assert_eq!(kid(&ours), kid(&theirs));
}

/// What clients are registered for when a server starts, it has keys for: no person waits for one to be made.
#[tokio::test]
async fn a_server_starts_with_the_keys_that_its_clients_need() {
    let issuer = TestIssuer::start().await;
    let published = async |issuer: &TestIssuer, alg: &str| {
        let keys = issuer.get("/jwks").await.json();
        keys["keys"].as_array().expect("keys").iter().any(|key| key["alg"] == alg)
    };
    register(&issuer, |web| {
        web.id_token_signed_response_alg = SigningAlg::EdDsa.into();
        web.userinfo_signed_response_alg = Some(SigningAlg::Es384);
    })
    .await;
    for alg in ["EdDSA", "ES384"] {
        assert!(!published(&issuer, alg).await, "{alg}");
    }

    let restarted = issuer.another_node().await;

    for alg in ["RS256", "EdDSA", "ES384"] {
        assert!(published(&restarted, alg).await, "{alg}");
    }
}

/// §2: `none` only where it is registered, and only from the token endpoint.
#[tokio::test]
async fn an_id_token_that_nobody_signs() {
    let issuer = TestIssuer::start().await;
    register(&issuer, |web| web.id_token_signed_response_alg = RegisteredAlg::None).await;
    let browser = issuer.browser();

    let tokens = tokens(&issuer, &browser).await;

    let parts: Vec<&str> = tokens.id_token.split('.').collect();
    let json = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    };
    assert_eq!((parts.len(), json(parts[0]), parts[2]), (3, json!({"alg": "none"}), ""));
    let claims = json(parts[1]);
    assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("user-ada"), &json!("the-nonce")));
    // §3.1.3.6: the hash is that of the `alg`, and there is none.
    assert_eq!(claims.get("at_hash"), None);
    // It could be anybody's, so it is no hint.
    let quiet = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", &tokens.id_token)]);
    browser.get(&quiet).await.assert_sent_back(WEB, "invalid_request");
}

/// OpenID Connect Registration §2: through the browser comes nothing that is not signed, however it is registered.
#[tokio::test]
async fn what_nobody_signs_never_comes_through_the_browser() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("spa", |spa| spa.id_token_signed_response_alg = RegisteredAlg::None).await;
    let cb = "https://spa.example/cb";
    for response_type in ["id_token", "id_token token"] {
        let extra = [("response_type", response_type), ("code_challenge", ""), ("code_challenge_method", "")];
        let reply = issuer.browser().get(&authorize_url("spa", cb, &extra)).await;
        reply.assert_sent_back(cb, "unauthorized_client");
    }
}

/// security.md P15: every encryption that is offered can be had, and what is inside is the signed token.
#[tokio::test]
async fn every_encryption_that_is_offered_can_be_had() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let encryptions = offered_encryptions(&issuer, "id_token").await;
    assert_eq!(encryptions.len(), KeyManagementAlg::ALL.len() * ContentEncryptionAlg::ALL.len());
    for encryption in encryptions {
        register(&issuer, |web| web.id_token_encrypted_response = Some(encryption)).await;

        let tokens = tokens(&issuer, &browser).await;

        let (inside, cty) = decrypted(&tokens.id_token, encryption);
        assert_eq!(cty.as_deref(), Some("JWT"), "{encryption:?}");
        let claims = signed_by(&issuer, &inside, SigningAlg::Rs256).await;
        assert_eq!(claims["at_hash"], half_hash(SigningAlg::Rs256, &tokens.access_token));
        assert!(!tokens.id_token.contains(inside.split('.').nth(1).expect("a payload")));
    }
}

/// Through the browser too, where the person could read it on the way.
#[tokio::test]
async fn an_id_token_in_the_fragment_is_encrypted_as_well() {
    let issuer = TestIssuer::start().await;
    register(&issuer, |_| {}).await;
    let jwks = issuer.store.client("web").await.expect("the store works").expect("a client").jwks;
    issuer
        .change_client("spa", |spa| {
            spa.jwks = jwks;
            spa.id_token_encrypted_response = Some(ECDH);
        })
        .await;
    let cb = "https://spa.example/cb";
    let extra = [("response_type", "id_token token"), ("code_challenge", ""), ("code_challenge_method", "")];

    let reply = issuer.browser().complete(&authorize_url("spa", cb, &extra)).await;

    let id_token = response_of(&reply).id_token.expect("an ID token");
    let (inside, _) = decrypted(id_token.expose(), ECDH);
    assert_eq!(issuer.verified(&inside).await["nonce"], "the-nonce");
}

/// A client whose keys cannot be had is told so before its code is spent: when it has mended that, the code is good.
#[tokio::test]
async fn a_client_without_a_key_to_encrypt_to_is_told_before_anything_is_spent() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let code = browser.code("web", WEB, &[]).await;
    for keys in [
        None,
        Some(r#"{"keys":[]}"#),
        Some(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#),
    ] {
        issuer
            .change_client("web", |web| {
                web.jwks = keys.map(|keys| serde_json::from_str(keys).expect("a key set"));
                web.id_token_encrypted_response = Some(ECDH);
            })
            .await;
        let reply = issuer.redeem("web", &code).await;
        reply.assert_refused(400, "invalid_client_metadata");
        assert!(reply.body.contains("ECDH-ES"), "{}", reply.body);
    }
    issuer.change_client("web", |web| web.id_token_encrypted_response = None).await;
    assert_eq!(issuer.redeem("web", &code).await.status, 200);

    issuer.change_client("spa", |spa| spa.id_token_encrypted_response = Some(ECDH)).await;
    let cb = "https://spa.example/cb";
    let extra = [("response_type", "id_token"), ("code_challenge", ""), ("code_challenge_method", "")];
    let reply = issuer.browser().complete(&authorize_url("spa", cb, &extra)).await;
    reply.assert_sent_back(cb, "invalid_client_metadata");
}

/// Keys by reference are as good, as long as they can be had; and the code waits for that.
#[tokio::test]
async fn a_client_publishes_the_key_that_it_wants_its_tokens_encrypted_to() {
    const URI: &str = "https://web.example/jwks.json";
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    register(&issuer, |web| web.id_token_encrypted_response = Some(ECDH)).await;
    let jwks = issuer.store.client("web").await.expect("the store works").expect("a client").jwks;
    issuer
        .change_client("web", |web| {
            web.jwks = None;
            web.jwks_uri = Some(URI.to_owned());
        })
        .await;
    let code = browser.code("web", WEB, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", WEB),
        ("code_verifier", VERIFIER),
    ];
    let redeem = async || issuer.post("/token", Some(&basic("web", LONG_SECRET)), &form).await;

    issuer.web.down(URI);
    let reply = redeem().await;
    reply.assert_refused(503, "temporarily_unavailable");
    assert!(reply.headers.contains_key("retry-after"));
    issuer.change_client("web", |web| web.grant_types.push("client_credentials".to_owned())).await;
    let own = [("grant_type", "client_credentials")];
    let reply = issuer.post("/token", Some(&basic("web", LONG_SECRET)), &own).await;
    assert_eq!(reply.status, 200, "no ID token, no key: {}", reply.body);
    issuer.web.json(URI, &json!(jwks));
    issuer.clock.advance(5);

    let (inside, _) = decrypted(&Tokens::of(&redeem().await).id_token, ECDH);
    assert_eq!(issuer.verified(&inside).await["sub"], "user-ada");
}

/// A client that registers itself for an algorithm finds the key in place.
#[tokio::test]
async fn a_key_is_there_when_a_client_has_registered_for_it() {
    let issuer =
        TestIssuer::with(ISSUER, |config| config.registration.access = RegistrationAccess::Open).await;
    let metadata = json!({
        "redirect_uris": ["https://new.example/cb"], "id_token_signed_response_alg": "ES512",
        "userinfo_signed_response_alg": "EdDSA",
    });
    let request = Request::post("/register").header("content-type", "application/json");
    let reply = issuer.send(request.body(Body::from(metadata.to_string())).expect("a request")).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let keys = issuer.get("/jwks").await.json();
    for alg in ["ES512", "EdDSA"] {
        assert!(keys["keys"].as_array().expect("keys").iter().any(|key| key["alg"] == alg), "{alg}");
    }
}

/// RFC 7518 §3.2: a secret that is too short for its algorithm is found when it is given, and not by the first person.
#[tokio::test]
async fn a_secret_too_short_for_its_algorithm_is_not_taken() {
    let issuer = TestIssuer::start().await;
    let web = issuer.store.client("web").await.expect("the store works").expect("a client");
    for (alg, needed) in [(SigningAlg::Hs256, 32), (SigningAlg::Hs384, 48), (SigningAlg::Hs512, 64)] {
        for change in [
            (|web, alg| web.id_token_signed_response_alg = RegisteredAlg::Signed(alg))
                as fn(&mut Client, SigningAlg),
            |web, alg| web.userinfo_signed_response_alg = Some(alg),
            |web, alg| {
                web.token_endpoint_auth_method = AuthMethod::ClientSecretJwt;
                web.token_endpoint_auth_signing_alg = Some(alg);
            },
        ] {
            let mut client = web.clone();
            change(&mut client, alg);
            let give = async |length: usize, client: &mut Client| {
                client_secret::give(&issuer.server.keys(), client, &"x".repeat(length).into()).await
            };
            assert!(give(needed - 1, &mut client).await.is_err(), "{alg}");
            give(needed, &mut client).await.expect("long enough");
            assert!(client_secret::make(&client, &issuer.env).expose().len() >= needed);
        }
    }
}

/// A client that acts for itself has no ID token, and needs no key for one.
#[tokio::test]
async fn who_gets_no_id_token_needs_no_key() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("service", |service| service.id_token_encrypted_response = Some(ECDH)).await;
    assert_eq!(issuer.token("service", &[("grant_type", "client_credentials")]).await.status, 200);
}

/// §3.1.2.1: a hint that is signed with the client's secret counts, but not one of another secret, of another algorithm
/// than the registered one, or of a client that has none.
#[tokio::test]
async fn a_hint_signed_with_the_secret_counts() {
    let issuer = TestIssuer::start().await;
    register(&issuer, |web| web.id_token_signed_response_alg = SigningAlg::Hs256.into()).await;
    let browser = issuer.browser();
    let id_token = tokens(&issuer, &browser).await.id_token;
    let quiet = async |hint: &str| {
        let url = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", hint)]);
        browser.get(&url).await
    };
    assert!(response_of(&quiet(&id_token).await).code.is_some());

    let (_, rest) = id_token.split_once('.').expect("a header");
    let (payload, _) = rest.split_once('.').expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let with = |alg, secret: &str| {
        let key = hallpass_proto::jose::jws::SigningKey::hmac(alg, secret.as_bytes()).expect("a key");
        key.sign(Some("JWT"), &payload).expect("signs")
    };
    let long = LONG_SECRET.to_uppercase();
    for forged in [with(SigningAlg::Hs256, &long), with(SigningAlg::Hs512, LONG_SECRET)] {
        quiet(&forged).await.assert_sent_back(WEB, "invalid_request");
    }
    // The public key of an RS256 client is no secret.
    register(&issuer, |web| web.id_token_signed_response_alg = SigningAlg::Rs256.into()).await;
    quiet(&id_token).await.assert_sent_back(WEB, "invalid_request");
}

/// RP-Initiated Logout §2: of an encrypted ID token what is inside is the hint. The outside, which anybody can make, is none.
#[tokio::test]
async fn an_encrypted_id_token_is_no_hint_and_what_is_inside_is() {
    let issuer = TestIssuer::start().await;
    register(&issuer, |web| web.id_token_encrypted_response = Some(ECDH)).await;
    let browser = issuer.browser();
    let outside = tokens(&issuer, &browser).await.id_token;
    let (inside, _) = decrypted(&outside, ECDH);
    for hint in [&outside, &encrypted(&inside, ECDH)] {
        let url = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", hint)]);
        browser.get(&url).await.assert_sent_back(WEB, "invalid_request");
    }
    let url = authorize_url("web", WEB, &[("prompt", "none"), ("id_token_hint", &inside)]);
    assert!(response_of(&browser.get(&url).await).code.is_some());
}

/// A secret that is not kept, since its client was not registered for this then, is an error of ours, told to the log.
#[tokio::test]
async fn a_secret_that_is_not_kept_signs_nothing() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |web| web.id_token_signed_response_alg = SigningAlg::Hs256.into()).await;
    let code = issuer.code("web", &[]).await;
    issuer.redeem("web", &code).await.assert_refused(500, "server_error");
}
