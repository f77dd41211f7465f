//! Request objects by value and by reference — OpenID Connect Core §6, RFC 9101.

use axum::http::StatusCode;
use serde_json::{Value, json};

use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::Encryption;
use hallpass_proto::jose::jwe::{Content, EncryptingKey};
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::sign_claims;
use hallpass_proto::jose::unsigned::UnsignedJwt;
use hallpass_proto::param::Form;
use hallpass_proto::request_object::{TYP, sign};
use hallpass_proto::secret::Secret;
use hallpass_server::client_secret;
use hallpass_server::entity::client::Client;
use hallpass_testkit::browser::{CHALLENGE, authorize_url, response_of};
use hallpass_testkit::fixture::{self, SECRET, client_key};
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer};

const KEYED: &str = "https://keyed.example/cb";
const URI: &str = "https://keyed.example/request.jwt";

/// A request object with nothing beside it that it could take.
fn alone(object: &str) -> String {
    let form: Form<'_> = [("client_id", "keyed"), ("request", object)].into_iter().collect();
    format!("/authorize?{}", form.encode())
}

/// A whole request as an object; `changed` claims replace the usual ones, and null takes one out.
fn object(issuer: &TestIssuer, changed: &Value) -> Value {
    let now = issuer.now().unix();
    let mut claims = json!({
        "iss": "keyed", "aud": ISSUER, "iat": now, "nbf": now, "exp": now + 60,
        "client_id": "keyed", "redirect_uri": KEYED, "response_type": "code", "scope": "openid profile",
        "state": "inside", "nonce": "inside", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    });
    for (name, value) in changed.as_object().expect("claims") {
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn signed(claims: &Value) -> String {
    sign_claims(client_key(), Some(TYP), claims).expect("signed")
}

fn unsigned(claims: &Value) -> String {
    UnsignedJwt::write(None, claims.to_string().as_bytes())
}

async fn get(issuer: &TestIssuer, url: &str) -> Reply {
    issuer.browser_of_ada().await.complete(url).await
}

/// Refused, and told at the client's redirect URI, which stands beside the object too.
async fn refused(issuer: &TestIssuer, object: &str) -> Reply {
    issuer.get(&authorize_url("keyed", KEYED, &[("request", object)])).await
}

#[tokio::test]
async fn a_signed_request_object_is_a_request() {
    let issuer = TestIssuer::start().await;
    let parameters = Form::from_iter([
        ("response_type", "code"),
        ("redirect_uri", KEYED),
        ("scope", "openid email"),
        ("state", "a state"),
        ("nonce", "a nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let object = sign(&parameters, "keyed", ISSUER, client_key(), (issuer.now(), 60)).expect("signed");

    let response = response_of(&get(&issuer, &alone(object.expose())).await);

    assert_eq!(response.state.as_deref(), Some("a state"));
    let tokens = issuer.redeem("keyed", response.code.expect("a code").expose()).await.json();
    assert_eq!(tokens["scope"], "openid email");
    assert_eq!(issuer.verified(tokens["id_token"].as_str().expect("an ID token")).await["nonce"], "a nonce");
}

/// RFC 9101 §6.3: what stands beside it does not count, and what is not in it is not there.
#[tokio::test]
async fn an_object_that_says_what_it_is_stands_alone() {
    let issuer = TestIssuer::start().await;
    let claims = object(&issuer, &json!({"state": null, "scope": "openid"}));
    let url = authorize_url("keyed", KEYED, &[("request", &signed(&claims)), ("scope", "openid email")]);

    let response = response_of(&get(&issuer, &url).await);

    assert_eq!(response.state, None, "the state outside is not used");
    let tokens = issuer.redeem("keyed", response.code.expect("a code").expose()).await.json();
    assert_eq!(tokens["scope"], "openid");
}

/// `oidcc-ensure-request-object-with-redirect-uri`: OpenID Connect Core §6.1, what is in the object supersedes.
#[tokio::test]
async fn an_object_of_openid_connect_supersedes_what_stands_beside_it() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("keyed", |client| client.redirect_uris.extend(fixture::other().redirect_uris)).await;
    let other = "https://other.example/cb";
    let claims = json!({"redirect_uri": other, "nonce": "inside", "max_age": 100});
    for object in [unsigned(&claims), sign_claims(client_key(), None, &claims).expect("signed")] {
        let reply = get(&issuer, &authorize_url("keyed", KEYED, &[("request", &object)])).await;

        assert!(reply.location().starts_with(other), "{}", reply.location());
        let response = response_of(&reply);
        assert_eq!(response.state.as_deref(), Some("the-state"), "from beside it");
        let code = response.code.expect("a code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose().as_str()),
            ("redirect_uri", other),
            ("code_verifier", hallpass_testkit::browser::VERIFIER),
        ];
        let tokens = issuer.post_as("keyed", "/token", &form).await.json();
        let id_token = issuer.verified(tokens["id_token"].as_str().expect("an ID token")).await;
        assert_eq!(id_token["nonce"], "inside");
    }
    let foreign = unsigned(&json!({"redirect_uri": "https://evil.example/cb"}));
    issuer
        .get(&authorize_url("keyed", KEYED, &[("request", &foreign)]))
        .await
        .assert_page(400, "invalid_request");
}

/// `oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported`
#[tokio::test]
async fn an_unsigned_object_is_read_unless_the_client_signs() {
    let issuer = TestIssuer::start().await;
    let claims = object(&issuer, &json!({}));
    let url = alone(&unsigned(&claims));
    assert_eq!(response_of(&get(&issuer, &url).await).state.as_deref(), Some("inside"));
    for (registered, passes) in [(RegisteredAlg::None, true), (SigningAlg::Es256.into(), false)] {
        issuer.change_client("keyed", |client| client.request_object_signing_alg = Some(registered)).await;
        let of_unsigned = refused(&issuer, &unsigned(&claims)).await;
        let of_signed = refused(&issuer, &signed(&claims)).await;
        let (good, bad) = if passes { (of_unsigned, of_signed) } else { (of_signed, of_unsigned) };
        bad.assert_sent_back(KEYED, "invalid_request_object");
        assert_eq!(good.status, 303, "on to the sign-in: {}", good.body);
        assert!(good.location().contains("/sign-in"), "{}", good.location());
    }
}

/// P15: every algorithm of the metadata works, and `oidcc-request-uri-signed-rs256`, `oidcc-request-uri-unsigned` and
/// `oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported` by reference.
#[tokio::test]
async fn every_advertised_algorithm_works_by_value_and_by_reference() {
    let issuer = TestIssuer::start().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    for member in
        ["request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"]
    {
        assert_eq!(metadata[member], true, "{member}");
    }
    let rsa = SigningKey::generate(SigningAlg::Rs256).expect("a key").to_pkcs8().expect("PKCS#8");
    let secret = SECRET.repeat(2);
    let algs = metadata["request_object_signing_alg_values_supported"].as_array().expect("a list");
    assert_eq!(algs.len(), 14);
    for name in algs.iter().map(|alg| alg.as_str().expect("a word")) {
        let registered: RegisteredAlg = name.parse().expect("known");
        let mut client = Client {
            request_object_signing_alg: Some(registered),
            request_uris: vec![URI.to_owned()],
            ..fixture::keyed()
        };
        let key = registered.signed().map(|alg| match name {
            "HS256" | "HS384" | "HS512" => SigningKey::hmac(alg, secret.as_bytes()).expect("a key"),
            "ES256" | "ES384" | "ES512" | "EdDSA" => SigningKey::generate(alg).expect("a key"),
            _ => SigningKey::from_pkcs8(alg, rsa.expose()).expect("a key"),
        });
        let public = key.as_ref().and_then(SigningKey::public_jwk).cloned();
        client.jwks = Some(JwkSet { keys: public.into_iter().collect() });
        let text = Secret::from(secret.as_str());
        client_secret::give(&issuer.server.keys(), &mut client, &text).await.expect("sealed");
        issuer.store.put_client(&client).await.expect("recorded");
        issuer.clock.advance(5);
        let claims = object(&issuer, &json!({}));
        let object = match &key {
            Some(key) => sign_claims(key, Some(TYP), &claims).expect("signed"),
            None => unsigned(&claims),
        };
        issuer.web.answer(URI, StatusCode::OK, "application/oauth-authz-req+jwt", format!("{object}\n"));
        let form: Form<'_> = [("client_id", "keyed"), ("request_uri", URI)].into_iter().collect();
        for url in [alone(&object), format!("/authorize?{}", form.encode())] {
            let response = response_of(&get(&issuer, &url).await);
            assert_eq!(response.state.as_deref(), Some("inside"), "{name}");
            assert!(response.code.is_some(), "{name}");
        }
    }
}

/// P15: every algorithm of the metadata works, for a client that has registered it and for the content of its own secret.
#[tokio::test]
async fn an_object_may_be_encrypted_with_the_clients_secret() {
    let issuer = TestIssuer::start().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    let words = |member: &str| -> Vec<String> {
        serde_json::from_value(metadata[member].clone()).unwrap_or_else(|_| panic!("{member}"))
    };
    let secret = Secret::from(SECRET);
    let object = signed(&object(&issuer, &json!({})));
    let seal = |encryption: Encryption, secret: &Secret| {
        let key = EncryptingKey::from_client_secret(encryption, secret).expect("a key");
        let content = Content { typ: None, cty: Some("JWT"), plaintext: object.as_bytes() };
        key.encrypt(&content, &issuer.env).expect("encrypted")
    };
    let mut last = None;
    for alg in words("request_object_encryption_alg_values_supported") {
        for enc in words("request_object_encryption_enc_values_supported") {
            let encryption =
                Encryption { alg: alg.parse().expect("known"), enc: enc.parse().expect("known") };
            let mut client = Client { request_object_encryption: Some(encryption), ..fixture::keyed() };
            client_secret::give(&issuer.server.keys(), &mut client, &secret).await.expect("sealed");
            issuer.store.put_client(&client).await.expect("recorded");
            issuer.clock.advance(1);

            let reply = issuer.get(&alone(&seal(encryption, &secret))).await;
            assert!(reply.location().contains("/sign-in"), "{alg} {enc} {}", reply.body);
            let other = seal(encryption, &Secret::from("another-secret-of-forty-three-characters-01234"));
            refused(&issuer, &other).await.assert_sent_back(KEYED, "invalid_request_object");
            if let Some(last) = last.replace(encryption) {
                refused(&issuer, &seal(last, &secret))
                    .await
                    .assert_sent_back(KEYED, "invalid_request_object");
            }
        }
    }
    let encryption = last.expect("some");
    issuer.store.put_client(&fixture::keyed()).await.expect("recorded");
    issuer.clock.advance(1);
    refused(&issuer, &seal(encryption, &secret)).await.assert_sent_back(KEYED, "invalid_request_object");
}

/// security.md 29: each with its refusal, at the client, whose redirect URI stands beside the object.
#[tokio::test]
async fn an_object_that_breaks_a_rule_is_refused() {
    let issuer = TestIssuer::start().await;
    let now = issuer.now().unix();
    for changed in [
        json!({"client_id": "web"}),
        json!({"client_id": null}),
        json!({"iss": "web"}),
        json!({"aud": "https://other.example"}),
        json!({"aud": ["https://login.example/"]}),
        json!({"exp": now - 10}),
        json!({"exp": "x"}),
        json!({"nbf": now + 60}),
        json!({"iat": now + 60}),
        json!({"sub": "keyed"}),
        json!({"request": "x"}),
        json!({"request_uri": URI}),
        json!({"state": "a\u{0}b"}),
    ] {
        let reply = refused(&issuer, &signed(&object(&issuer, &changed))).await;
        reply.assert_sent_back(KEYED, "invalid_request_object");
        assert_eq!(response_of(&reply).state.as_deref(), Some("the-state"), "{changed}");
    }
    let claims = object(&issuer, &json!({}));
    let foreign = SigningKey::generate(SigningAlg::Es256).expect("a key");
    let same_kid = SigningKey::generate(SigningAlg::Es256).expect("a key").with_kid(client_key().kid());
    let jwk = serde_json::to_string(client_key().public_jwk().expect("public")).expect("JSON");
    let hmac = SigningKey::hmac(SigningAlg::Hs256, jwk.as_bytes()).expect("a key");
    let good = signed(&claims);
    let altered = format!("{}.{}.{}", good.split('.').next().expect("a header"), "e30", "AAAA");
    for object in [
        sign_claims(&foreign, Some(TYP), &claims).expect("signed"),
        sign_claims(&same_kid, Some(TYP), &claims).expect("signed"),
        sign_claims(&hmac, Some(TYP), &claims).expect("signed"),
        sign_claims(client_key(), Some("at+jwt"), &claims).expect("signed"),
        altered,
        "x".to_owned(),
        "e30.e30.".to_owned(),
        "a.b.c.d.e".to_owned(),
        good.trim_end_matches(|c| c != '.').to_owned(),
    ] {
        refused(&issuer, &object).await.assert_sent_back(KEYED, "invalid_request_object");
    }
    // nowhere to go back to
    let broken = signed(&object(&issuer, &json!({"exp": now - 10})));
    issuer.get(&alone(&broken)).await.assert_page(400, "invalid_request_object");
    let elsewhere = authorize_url("keyed", "https://evil.example/cb", &[("request", &broken)]);
    issuer.get(&elsewhere).await.assert_page(400, "invalid_request_object");
}

/// OpenID Connect Core §6.1: the same type in both places.
#[tokio::test]
async fn the_response_type_beside_the_object_is_the_same() {
    let issuer = TestIssuer::start().await;
    let differs = unsigned(&json!({"response_type": "id_token"}));
    refused(&issuer, &differs).await.assert_sent_back(KEYED, "invalid_request_object");
}

/// security.md 29, 48: what authenticates a client is no request, and a request authenticates no client.
#[tokio::test]
async fn an_assertion_is_no_request_and_a_request_no_assertion() {
    let issuer = TestIssuer::start().await;
    let assertion = issuer.assertion("keyed", client_key());
    refused(&issuer, assertion.expose()).await.assert_sent_back(KEYED, "invalid_request_object");
    let now = issuer.now().unix();
    let untyped = json!({"iss": "keyed", "sub": "keyed", "aud": ISSUER, "exp": now + 60, "jti": "1"});
    let untyped = sign_claims(client_key(), None, &untyped).expect("signed");
    refused(&issuer, &untyped).await.assert_sent_back(KEYED, "invalid_request_object");

    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    for typ in [Some(TYP), None] {
        let claims = object(&issuer, &json!({"jti": "2"}));
        let request = sign_claims(client_key(), typ, &claims).expect("signed");
        let reply = issuer.post_with("/token", &Secret::from(request), &form).await;
        reply.assert_refused(401, "invalid_client");
    }
}

/// security.md 30: only what the client has registered is fetched, and why it cannot be had is not told.
#[tokio::test]
async fn only_a_registered_request_uri_is_fetched() {
    let issuer = TestIssuer::start().await;
    let claims = object(&issuer, &json!({}));
    issuer.web.answer(URI, StatusCode::OK, "application/jwt", signed(&claims));
    let by = |uri: &str| authorize_url("keyed", KEYED, &[("request_uri", uri)]);
    issuer.get(&by(URI)).await.assert_sent_back(KEYED, "invalid_request_uri");
    issuer
        .change_client("keyed", |client| {
            client.request_uris = vec![format!("{URI}#hash"), "https://keyed.example/down".to_owned()];
        })
        .await;

    for uri in [
        "https://keyed.example/request.jw",
        "https://keyed.example/request.jwt/",
        "https://keyed.example/request.jwt?x",
        "https://keyed.example/REQUEST.jwt",
        "http://keyed.example/request.jwt",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "urn:ietf:params:oauth:request_uri:x",
        &format!("{URI}#{}", "x".repeat(512)),
    ] {
        let reply = issuer.get(&by(uri)).await;
        reply.assert_sent_back(KEYED, "invalid_request_uri");
    }
    assert!(issuer.web.requests(URI).is_empty());
    for uri in [URI.to_owned(), format!("{URI}#another-hash")] {
        assert!(response_of(&get(&issuer, &by(&uri)).await).code.is_some(), "{uri}");
        issuer.clock.advance(5);
    }
    assert_eq!(issuer.web.requests(URI).len(), 2, "it may have changed");
    let both = authorize_url("keyed", KEYED, &[("request_uri", URI), ("request", &signed(&claims))]);
    issuer.get(&both).await.assert_sent_back(KEYED, "invalid_request");

    let descriptions =
        [StatusCode::NOT_FOUND, StatusCode::FOUND, StatusCode::INTERNAL_SERVER_ERROR].map(|status| {
            issuer.web.answer(URI, status, "application/jwt", signed(&claims));
            by(URI)
        });
    let mut told = Vec::new();
    issuer.clock.advance(5);
    for url in descriptions.iter().chain([&by("https://keyed.example/down")]) {
        let reply = issuer.get(url).await;
        reply.assert_sent_back(KEYED, "invalid_request_uri");
        told.push(response_of(&reply).error.expect("an error").error_description);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    issuer.clock.advance(5);
    issuer.web.answer(URI, StatusCode::OK, "application/jwt", "no object");
    issuer.get(&by(URI)).await.assert_sent_back(KEYED, "invalid_request_object");
}

/// A parameter that comes twice beside the object is refused, although the object has it.
#[tokio::test]
async fn duplicates_beside_the_object_are_refused() {
    let issuer = TestIssuer::start().await;
    let object = unsigned(&json!({"nonce": "inside"}));
    let url = authorize_url("keyed", KEYED, &[("request", &object)]);
    for extra in ["&nonce=1", "&request=x", "&state=2"] {
        let reply = issuer.get(&format!("{url}{extra}")).await;
        reply.assert_sent_back(KEYED, "invalid_request");
    }
}

/// By POST too, and with an object that is longer than any URL.
#[tokio::test]
async fn a_request_object_may_be_posted() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let claims = object(&issuer, &json!({"unknown": "x".repeat(20_000)}));
    let fields = [("client_id", "keyed"), ("request", &signed(&claims))];
    let reply = browser.post_with("/authorize", &[], &fields).await;
    assert!(reply.location().contains("/consent"), "{}", reply.location());
}

/// security.md 30: whoever can make a link has nothing fetched more than once in 5 seconds, and nothing twice at once.
#[tokio::test]
async fn a_flood_of_requests_is_not_passed_on_to_the_request_uri() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("keyed", |client| client.request_uris = vec![URI.to_owned()]).await;
    let by = |fragment: usize| {
        authorize_url("keyed", KEYED, &[("request_uri", format!("{URI}#{fragment}").as_str())])
    };
    issuer.web.silent(URI);
    let waiting: Vec<_> = (0..50)
        .map(|n| {
            let (issuer, url) = (issuer.clone(), by(n));
            tokio::spawn(async move { issuer.get(&url).await })
        })
        .collect();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(issuer.web.requests(URI).len(), 1, "they wait for one");
    assert!(waiting.iter().all(|task| !task.is_finished()));

    let issuer = TestIssuer::start().await;
    issuer.change_client("keyed", |client| client.request_uris = vec![URI.to_owned()]).await;
    for round in 1..=3 {
        // Also of one that failed.
        match round {
            2 => issuer.web.down(URI),
            _ => issuer.web.answer(
                URI,
                StatusCode::OK,
                "application/jwt",
                signed(&object(&issuer, &json!({}))),
            ),
        }
        for n in 0..10 {
            let reply = issuer.get(&by(n)).await;
            match round {
                2 => reply.assert_sent_back(KEYED, "invalid_request_uri"),
                _ => assert!(reply.location().contains("/sign-in"), "{}", reply.location()),
            }
        }
        assert_eq!(issuer.web.requests(URI).len(), round);
        issuer.clock.advance(5);
    }
}

/// Many slow addresses do not take what other requests of the server need: half of its places at most.
#[tokio::test]
async fn request_objects_leave_places_for_other_requests() {
    let issuer = TestIssuer::start().await;
    let uris: Vec<_> = (0..40).map(|n| format!("https://{n}.keyed.example/request.jwt")).collect();
    issuer.change_client("keyed", |client| client.request_uris = uris.clone()).await;
    for uri in &uris {
        issuer.web.silent(uri);
    }
    for uri in &uris {
        let (issuer, url) = (issuer.clone(), authorize_url("keyed", KEYED, &[("request_uri", uri)]));
        tokio::spawn(async move { issuer.get(&url).await });
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(uris.iter().filter(|uri| !issuer.web.requests(uri).is_empty()).count(), 32);
}
