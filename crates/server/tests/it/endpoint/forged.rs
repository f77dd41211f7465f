//! Tokens that somebody else has made, or that our own keys signed for another purpose.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_server::entity::key::KeyPurpose;
use hallpass_server::keys::MasterKeys;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::fixture::signing_keys;

fn own_key(alg: SigningAlg) -> SigningKey {
    let record = signing_keys().iter().find(|key| key.purpose == KeyPurpose::Sign(alg)).expect("a key");
    let material = MasterKeys::none().open(record).expect("as it is");
    SigningKey::from_pkcs8(alg, material.expose()).expect("a key").with_kid(&record.kid)
}

/// Claims signed by the server's own key, with any `typ`.
pub(crate) fn signed_by_us(alg: SigningAlg, typ: Option<&str>, claims: &Value) -> String {
    own_key(alg).sign(typ, claims.to_string().as_bytes()).expect("signs")
}

/// A token with another header, and the signature as it was.
fn with_header(token: &str, header: &Value) -> String {
    let (_, rest) = token.split_once('.').expect("a token");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// Everything that must not pass for the access token `good`: by name, for the message of a failed test.
pub(crate) async fn not_access_tokens(issuer: &TestIssuer, good: &str) -> Vec<(&'static str, String)> {
    let claims = issuer.verified(good).await;
    let changed = |change: &[(&str, Value)]| {
        let mut claims = claims.clone();
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        claims
    };
    let es256 = |typ, change: &[(&str, Value)]| signed_by_us(SigningAlg::Es256, typ, &changed(change));
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let at = Some("at+jwt");
    let kid = own_key(SigningAlg::Es256).kid().to_owned();
    let stranger = SigningKey::generate(SigningAlg::Es256).expect("a key");
    let impostor = SigningKey::generate(SigningAlg::Es256).expect("a key").with_kid(&kid);
    let public = own_key(SigningAlg::Es256).public_jwk().map(|jwk| serde_json::to_vec(jwk).expect("JSON"));
    let hmac =
        SigningKey::hmac(SigningAlg::Hs256, &public.expect("a public key")).expect("a key").with_kid(&kid);
    let body = claims.to_string();
    let unsigned = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#));
    let now = issuer.now().unix();
    vec![
        ("nothing", " ".to_owned()),
        ("no token", "x".to_owned()),
        ("not ASCII", "\u{e9}\u{1f512}".to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{good}.x")),
        ("empty parts", "..".to_owned()),
        ("padding", format!("{good}=")),
        ("another signature", format!("{header}.{payload}.{}", signature.chars().rev().collect::<String>())),
        ("no signature", format!("{header}.{payload}.")),
        ("alg none", unsigned),
        ("alg HS256 with the public key", hmac.sign(at, body.as_bytes()).expect("signs")),
        ("alg RS256 for an EC key", with_header(good, &json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}))),
        ("no kid", with_header(good, &json!({"alg": "ES256", "typ": "at+jwt"}))),
        ("another kid", with_header(good, &json!({"alg": "ES256", "typ": "at+jwt", "kid": "../../x"}))),
        ("a stranger's key", stranger.sign(at, body.as_bytes()).expect("signs")),
        ("a stranger's key with our kid", impostor.sign(at, body.as_bytes()).expect("signs")),
        ("typ JWT", es256(Some("JWT"), &[])),
        ("no typ", es256(None, &[])),
        ("typ logout+jwt", es256(Some("logout+jwt"), &[])),
        ("another issuer", es256(at, &[("iss", json!("https://login.example/"))])),
        ("it ends now", es256(at, &[("exp", json!(now))])),
        ("exp is text", es256(at, &[("exp", json!("9999999999"))])),
        ("exp is missing", es256(at, &[("exp", Value::Null)])),
        ("no such client", es256(at, &[("client_id", json!("nobody"))])),
        ("no such grant", es256(at, &[("jti", json!("unknown.x"))])),
        ("jti is missing", es256(at, &[("jti", Value::Null)])),
        ("no claims", signed_by_us(SigningAlg::Es256, at, &json!({}))),
        ("too long", "a".repeat(60_000)),
    ]
}
