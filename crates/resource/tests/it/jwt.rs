//! Tokens that must not pass, one row of the list each, and the odd ones that must — RFC 9068 §4, RFC 8725.

use std::sync::atomic::Ordering;

use aws_lc_rs::hmac;
use hallpass_proto::error::ErrorCode;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_resource::{Reason, TypRule};
use serde_json::{Value, json};

use crate::world::{API, ISSUER, NOW, World, base64url, claims, claims_with, es256, signing_input};

/// The token is answered with 401 and `invalid_token`, and the client is not told which rule it broke.
async fn refused(world: &World, token: &str) {
    let refused = world.verify(token).await.expect_err("refused");
    let challenge = refused.challenge().expect("a challenge");
    assert_eq!(
        (refused.status().as_u16(), &challenge.error),
        (401, &Some(ErrorCode::InvalidToken)),
        "{refused}"
    );
    assert_eq!(world.protect.remembered(), 0);
}

async fn accepted(world: &World, token: &str) {
    let token = world.verify(token).await.expect("accepted");
    assert_eq!((token.sub.as_str(), token.client_id.as_str()), ("ada", "demo-web"));
}

macro_rules! rows {
    ($outcome:ident: $($name:ident = |$world:ident| $token:expr;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let $world = World::new();
            let token: String = $token;
            $outcome(&$world, &token).await;
        }
    )+};
}

/// A good payload under a header of which one member is changed or added; the signature is right.
fn with_header(world: &World, name: &str, value: Value) -> String {
    let mut header = world.header();
    header[name] = value;
    world.sign_texts(&header.to_string(), &claims().to_string())
}

/// A token signed by somebody else, whose key the header offers in some way.
fn of_stranger(header: impl FnOnce(&SigningKey) -> Value) -> String {
    let stranger = SigningKey::generate(SigningAlg::Es256).expect("a key");
    es256(&stranger, &header(&stranger).to_string(), &claims().to_string())
}

/// `HS256` with something public as the secret.
fn hs256(header: &Value, secret: &[u8]) -> String {
    let input = signing_input(&header.to_string(), &claims().to_string());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", base64url(tag.as_ref()))
}

fn with_claim(world: &World, name: &str, value: Value) -> String {
    world.sign(&claims_with(name, value))
}

/// A payload with one member written in by hand, for numbers and repetitions that `json!` does not make.
fn with_text(world: &World, name: &str, text: &str) -> String {
    let rest = claims_with(name, Value::Null).to_string();
    world.sign_texts(&world.header().to_string(), &rest.replacen('{', &format!("{{\"{name}\":{text},"), 1))
}

rows! { accepted:
    a_good_token_passes = |w| w.sign(&claims());
    what_these_tests_sign_themselves_passes = |w| w.sign_texts(&w.header().to_string(), &claims().to_string());
    the_media_type_in_full_is_the_same_typ = |w| with_header(&w, "typ", json!("application/at+jwt"));
    a_header_member_that_nobody_knows_is_passed_over = |w| with_header(&w, "x-kind", json!("new"));
    exp_may_have_a_fraction = |w| with_text(&w, "exp", "1800000600.5");
    aud_may_be_a_list_with_this_resource_in_it = |w| with_claim(&w, "aud", json!(["https://other.example", API]));
    a_token_without_scope_passes = |w| with_claim(&w, "scope", Value::Null);
}

rows! { refused:
    alg_none = |w| {
        let header = json!({ "alg": "none", "kid": w.key.kid(), "typ": "at+jwt" });
        format!("{}.", signing_input(&header.to_string(), &claims().to_string()))
    };
    alg_none_in_other_letters = |w| {
        let header = json!({ "alg": "nOnE", "kid": w.key.kid(), "typ": "at+jwt" });
        format!("{}.", signing_input(&header.to_string(), &claims().to_string()))
    };
    alg_none_over_a_good_signature = |w| with_header(&w, "alg", json!("none"));
    alg_missing = |w| w.sign_texts(&json!({ "kid": w.key.kid(), "typ": "at+jwt" }).to_string(), &claims().to_string());
    alg_unknown = |w| with_header(&w, "alg", json!("ES256K"));
    alg_of_another_key_type = |w| with_header(&w, "alg", json!("RS256"));
    hs256_with_the_published_jwk_as_secret = |w| {
        let jwk = serde_json::to_vec(w.key.public_jwk().expect("a public key")).expect("prints");
        hs256(&json!({ "alg": "HS256", "kid": w.key.kid(), "typ": "at+jwt" }), &jwk)
    };
    hs256_with_the_kid_as_secret = |w| {
        hs256(&json!({ "alg": "HS256", "kid": w.key.kid(), "typ": "at+jwt" }), w.key.kid().as_bytes())
    };
    hs256_without_kid = |w| { let _ = &w; hs256(&json!({ "alg": "HS256", "typ": "at+jwt" }), b"") };

    another_kid = |w| with_header(&w, "kid", json!("another"));
    kid_that_is_a_path = |w| with_header(&w, "kid", json!("../../../../dev/null"));
    kid_that_is_sql = |w| with_header(&w, "kid", json!("x' UNION SELECT 'key' --"));
    kid_that_is_a_number = |w| with_header(&w, "kid", json!(1));
    kid_of_the_issuer_on_a_strangers_signature = |w| {
        let kid = w.key.kid().to_owned();
        of_stranger(|_| json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }))
    };
    no_kid_on_a_strangers_signature = |w| { let _ = &w; of_stranger(|_| json!({ "alg": "ES256", "typ": "at+jwt" })) };
    jwk_in_the_header = |w| {
        let _ = &w;
        of_stranger(|key| json!({ "alg": "ES256", "typ": "at+jwt", "jwk": key.public_jwk() }))
    };
    jwk_in_the_header_with_its_kid = |w| {
        let _ = &w;
        of_stranger(|key| json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.kid(), "jwk": key.public_jwk() }))
    };
    jku_in_the_header = |w| {
        let _ = &w;
        of_stranger(|key| json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.kid(), "jku": "https://evil.example/jwks" }))
    };
    x5u_in_the_header = |w| {
        let _ = &w;
        of_stranger(|key| json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.kid(), "x5u": "https://evil.example/c" }))
    };
    crit_unknown = |w| {
        let mut header = w.header();
        header["crit"] = json!(["exp"]);
        header["exp"] = json!(NOW + 600);
        w.sign_texts(&header.to_string(), &claims().to_string())
    };
    crit_empty = |w| with_header(&w, "crit", json!([]));
    b64_false = |w| {
        let mut header = w.header();
        header["crit"] = json!(["b64"]);
        header["b64"] = json!(false);
        w.sign_texts(&header.to_string(), &claims().to_string())
    };
    b64_false_without_crit = |w| with_header(&w, "b64", json!(false));
    header_member_twice = |w| {
        let header = w.header().to_string().replacen('{', r#"{"alg":"none","#, 1);
        w.sign_texts(&header, &claims().to_string())
    };
    claim_twice = |w| {
        let payload = claims().to_string().replacen('{', r#"{"sub":"mallory","#, 1);
        w.sign_texts(&w.header().to_string(), &payload)
    };
    claim_twice_inside_of_another = |w| {
        let payload = claims().to_string().replacen('{', r#"{"act":{"sub":"a","sub":"b"},"#, 1);
        w.sign_texts(&w.header().to_string(), &payload)
    };

    typ_of_an_id_token = |w| with_header(&w, "typ", json!("JWT"));
    typ_of_a_logout_token = |w| with_header(&w, "typ", json!("logout+jwt"));
    typ_missing = |w| {
        w.sign_texts(&json!({ "alg": "ES256", "kid": w.key.kid() }).to_string(), &claims().to_string())
    };
    // security.md 48: an ID token that is offered to a resource, even one that has this resource in `aud`.
    an_id_token = |w| {
        let claims = json!({ "iss": ISSUER, "sub": "ada", "aud": API, "exp": NOW + 600, "iat": NOW, "nonce": "n" });
        w.key.sign(None, claims.to_string().as_bytes()).expect("signs")
    };

    exp_missing = |w| with_claim(&w, "exp", Value::Null);
    exp_in_a_string = |w| with_claim(&w, "exp", json!((NOW + 600).to_string()));
    exp_true = |w| with_claim(&w, "exp", json!(true));
    exp_beyond_all_time = |w| with_text(&w, "exp", "1e308");
    exp_beyond_all_numbers = |w| with_text(&w, "exp", "1e999");
    exp_negative = |w| with_claim(&w, "exp", json!(-1));
    exp_zero = |w| with_claim(&w, "exp", json!(0));
    exp_past = |w| with_claim(&w, "exp", json!(NOW - 3600));
    nbf_in_a_string = |w| with_claim(&w, "nbf", json!(NOW.to_string()));
    nbf_to_come = |w| with_claim(&w, "nbf", json!(NOW + 300));
    iat_missing = |w| with_claim(&w, "iat", Value::Null);
    iat_in_a_string = |w| with_claim(&w, "iat", json!(NOW.to_string()));
    iat_to_come = |w| with_claim(&w, "iat", json!(NOW + 300));

    aud_of_another_resource = |w| with_claim(&w, "aud", json!("https://other.example"));
    aud_that_begins_like_ours = |w| with_claim(&w, "aud", json!("https://api.example/v2"));
    aud_with_a_slash_behind = |w| with_claim(&w, "aud", json!("https://api.example/"));
    aud_in_capitals = |w| with_claim(&w, "aud", json!("HTTPS://API.EXAMPLE"));
    aud_missing = |w| with_claim(&w, "aud", Value::Null);
    aud_empty = |w| with_claim(&w, "aud", json!(""));
    aud_an_empty_list = |w| with_claim(&w, "aud", json!([]));
    aud_a_list_without_ours = |w| with_claim(&w, "aud", json!(["https://other.example", ISSUER]));
    aud_a_number = |w| with_claim(&w, "aud", json!(7));
    aud_a_list_with_a_number = |w| with_claim(&w, "aud", json!([API, 7]));
    aud_an_object = |w| with_claim(&w, "aud", json!({ "0": API }));

    iss_missing = |w| with_claim(&w, "iss", Value::Null);
    iss_of_another = |w| with_claim(&w, "iss", json!("https://evil.example"));
    iss_that_ours_begins_with = |w| with_claim(&w, "iss", json!("https://login.exampl"));
    iss_that_begins_like_ours = |w| with_claim(&w, "iss", json!("https://login.example.evil.example"));
    iss_with_a_slash_behind = |w| with_claim(&w, "iss", json!("https://login.example/"));
    iss_in_a_list = |w| with_claim(&w, "iss", json!([ISSUER]));

    sub_missing = |w| with_claim(&w, "sub", Value::Null);
    client_id_missing = |w| with_claim(&w, "client_id", Value::Null);
    jti_missing = |w| with_claim(&w, "jti", Value::Null);
    scope_that_is_none = |w| with_claim(&w, "scope", json!("items:read \"x\""));
    scope_in_a_list = |w| with_claim(&w, "scope", json!(["items:read"]));

    not_a_jwt = |w| { let _ = &w; "mF_9.B5f-4.1JqM".to_owned() };
    opaque = |w| { let _ = &w; "SlAV32hkKG".to_owned() };
    two_parts = |w| w.sign(&claims()).rsplit_once('.').expect("parts").0.to_owned();
    four_parts = |w| format!("{}.x", w.sign(&claims()));
    no_signature = |w| format!("{}.", w.sign(&claims()).rsplit_once('.').expect("parts").0);
    padding_behind = |w| format!("{}=", w.sign(&claims()));
    a_payload_that_is_a_list = |w| w.sign_texts(&w.header().to_string(), "[]");
    a_payload_that_is_not_json = |w| w.sign_texts(&w.header().to_string(), "ada");
    a_payload_that_nests_without_end = |w| {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        with_text(&w, "deep", &deep)
    };
    a_token_past_every_size = |w| with_claim(&w, "blob", json!("x".repeat(100_000)));
}

/// Every byte of a token counts: changed in one place, it is another token.
#[tokio::test]
async fn a_changed_payload_or_signature() {
    let world = World::new();
    let token = world.sign(&claims());
    for at in (0..token.len()).step_by(7).filter(|at| token.as_bytes()[*at] != b'.') {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        refused(&world, &changed).await;
    }
}

/// The last character of a signature holds bits that mean nothing; set, they make a second spelling of one token.
#[tokio::test]
async fn a_second_spelling_of_the_same_signature() {
    let world = World::new();
    let token = world.sign(&claims());
    let last = token.as_bytes()[token.len() - 1];
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = ALPHABET.iter().position(|c| *c == last).expect("base64url");
    let other = char::from(ALPHABET[value | 1]);
    assert_ne!(other, char::from(last), "64 bytes leave four bits free, and they are zero");
    refused(&world, &format!("{}{other}", &token[..token.len() - 1])).await;
}

#[tokio::test]
async fn a_lenient_resource_takes_other_types_but_no_other_audience() {
    let world = World::with(|builder| builder.typ(TypRule::Lenient));
    accepted(&world, &with_header(&world, "typ", json!("JWT"))).await;
    let id_token =
        world.key.sign(None, claims_with("aud", json!("demo-web")).to_string().as_bytes()).expect("signs");
    assert!(world.verify(&id_token).await.is_err());
}

#[tokio::test]
async fn an_algorithm_can_be_left_out() {
    let world = World::with(|builder| builder.algs([SigningAlg::EdDsa]));
    let refused = world.verify(&world.sign(&claims())).await.expect_err("refused");
    assert_eq!(refused.reason(), &Reason::AlgRefused(SigningAlg::Es256));
}

/// The same resource accepts whatever asymmetric algorithm the published key is for.
#[tokio::test]
async fn every_asymmetric_algorithm() {
    use SigningAlg::{EdDsa, Es256, Es384, Es512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    for alg in [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512, Es256, Es384, Es512, EdDsa] {
        let world = World::new();
        let key = SigningKey::generate(alg).expect("a key");
        world.published.publish(&key);
        accepted(&world, &key.sign(Some("at+jwt"), claims().to_string().as_bytes()).expect("signs")).await;
    }
}

/// Two knobs: how long past its end a token is taken, and how far the issuer's clock may be ahead.
#[tokio::test]
async fn leeway_for_the_end_and_for_the_start() {
    let world = World::with(|builder| builder.exp_leeway(10).nbf_leeway(30).remember(0));
    for (name, offset, passes) in [
        ("exp", -9, true),
        ("exp", -10, false),
        ("exp", -11, false),
        ("nbf", 30, true),
        ("nbf", 31, false),
        ("iat", 30, true),
        ("iat", 31, false),
    ] {
        let token = with_claim(&world, name, json!(NOW + offset));
        assert_eq!(world.verify(&token).await.is_ok(), passes, "{name} {offset}");
    }
}

/// An expired token is named as such (RFC 6750 §3 has it in its example); nothing else about a token is told.
#[tokio::test]
async fn the_client_learns_that_a_token_expired() {
    let world = World::new();
    let token = world.sign(&claims());
    world.clock.turn(3600);
    let refused = world.verify(&token).await.expect_err("refused");
    let challenge = refused.challenge().expect("a challenge");
    assert_eq!(challenge.error_description.as_deref(), Some("The access token expired"));
}

/// What can be seen to be no access token of this kind costs nobody a look for its key.
#[tokio::test]
async fn keys_are_not_looked_for_in_vain() {
    let world = World::new();
    let typ = with_header(&world, "typ", json!("JWT"));
    let alg = hs256(&json!({ "alg": "HS256", "typ": "at+jwt" }), b"secret");
    for token in [typ.as_str(), &alg, "opaque", "a.b.c"] {
        refused(&world, token).await;
    }
    assert_eq!(world.published.looks.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn several_audiences() {
    let world = World::with(|builder| builder.audience("urn:api"));
    accepted(&world, &with_claim(&world, "aud", json!("urn:api"))).await;
    accepted(&world, &with_claim(&world, "aud", json!(API))).await;
}
