//! OpenID Connect Core §3.1.3.7: each check of an ID token, and the list of those that passed.

use hallpass_proto::id_token::{Checked, IdTokenClaims, IdTokenRules, Requirement, half_hash};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::jose::jwt::{Audience, JwtError, sign_claims};
use serde_json::{Value, json};

use crate::world::{ES256, NOW, RS256, issuer, pair, with};

const TOKEN: &str = "an access token";
const CODE: &str = "a code";

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "sub": "ada", "aud": "web", "iat": NOW, "exp": NOW + 300, "nonce": "n-1",
        "auth_time": NOW - 10, "at_hash": half_hash(SigningAlg::Es256, TOKEN), "c_hash": half_hash(SigningAlg::Es256, CODE),
        "email": "ada@example.com",
    })
}

fn rules(issuer: &Issuer) -> IdTokenRules<'_> {
    IdTokenRules {
        nonce: Some("n-1"),
        max_age: Some(60),
        access_token: Some(TOKEN),
        at_hash: Requirement::Required,
        code: Some(CODE),
        c_hash: Requirement::Required,
        leeway: 5,
        ..IdTokenRules::new(issuer, "web", SigningAlg::Es256)
    }
}

fn check_with(rules: IdTokenRules<'_>, typ: Option<&str>, claims: &Value) -> Result<Checked, JwtError> {
    let token = sign_claims(&ES256.signs, typ, claims).expect("signs");
    rules.verify(&CompactJws::parse(&token).expect("well-formed"), &ES256.verifies, NOW)
}

fn check(claims: &Value) -> Result<Checked, JwtError> {
    check_with(rules(&issuer()), Some("JWT"), claims)
}

fn refusal(name: &str, value: Value) -> JwtError {
    check(&with(claims(), name, value)).expect_err("must be refused")
}

#[test]
fn a_good_token_names_every_check() {
    let checked = check(&claims()).expect("good");
    let names: Vec<_> = checked.checks.iter().map(|check| check.name).collect();
    let all = [
        "signature",
        "alg",
        "typ",
        "iss",
        "aud",
        "azp",
        "sub",
        "exp",
        "iat",
        "nonce",
        "auth_time",
        "at_hash",
        "c_hash",
    ];
    assert_eq!(names, all);
    assert_eq!(checked.claims.sub, "ada");
    assert_eq!(checked.claims.extra["email"], "ada@example.com");
    assert_eq!(checked.claims.extra.len(), 1);
}

/// A check that had nothing to check is not shown as passed.
#[test]
fn a_check_that_was_not_made_is_not_listed() {
    let issuer = issuer();
    let bare = with(with(claims(), "at_hash", Value::Null), "c_hash", Value::Null);
    let rules =
        IdTokenRules { access_token: Some(TOKEN), ..IdTokenRules::new(&issuer, "web", SigningAlg::Es256) };
    let names: Vec<_> =
        check_with(rules, None, &bare).expect("good").checks.iter().map(|check| check.name).collect();
    assert_eq!(names, ["signature", "alg", "typ", "iss", "aud", "azp", "sub", "exp", "iat"]);
}

#[test]
fn what_is_issued_is_read_back() {
    let Value::Object(extra) = json!({"name": "Ada", "address": {"country": "UK"}}) else { unreachable!() };
    let issued = IdTokenClaims {
        iss: "https://login.example".to_owned(),
        sub: "ada".to_owned(),
        aud: Audience::from("web"),
        exp: NOW + 300,
        iat: NOW,
        auth_time: Some(NOW - 1),
        nonce: Some("n-1".to_owned()),
        acr: Some("1".to_owned()),
        amr: vec!["pwd".to_owned()],
        azp: Some("web".to_owned()),
        at_hash: Some(half_hash(SigningAlg::Es256, TOKEN)),
        c_hash: Some(half_hash(SigningAlg::Es256, CODE)),
        s_hash: Some("x".to_owned()),
        sid: Some("s".to_owned()),
        extra,
    };
    let json = serde_json::to_value(&issued).expect("prints");
    assert_eq!(json["aud"], "web");
    assert_eq!(check(&json).expect("good").claims, issued);
    assert_eq!(serde_json::from_value::<IdTokenClaims>(json).expect("reads"), issued);
}

#[test]
fn claims_about_the_person_never_repeat_a_registered_one() {
    let mut issued = check(&claims()).expect("good").claims;
    issued.extra.insert("sub".to_owned(), json!("mallory"));
    issued.extra.insert("nonce".to_owned(), json!("other"));
    let printed = serde_json::to_string(&issued).expect("prints");
    assert_eq!(
        (printed.matches("\"sub\"").count(), printed.matches("\"nonce\"").count()),
        (1, 1),
        "{printed}"
    );
}

/// security.md 48, 75: another kind of token is refused by its `typ`, whatever it says.
#[test]
fn another_kind_of_token() {
    for typ in ["at+jwt", "application/at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt"] {
        let refused = check_with(rules(&issuer()), Some(typ), &claims());
        assert!(matches!(refused, Err(JwtError::TypDiffers { .. })), "{typ}");
    }
    for typ in [None, Some("jwt"), Some("application/jwt")] {
        assert!(check_with(rules(&issuer()), typ, &claims()).is_ok(), "{typ:?}");
    }
}

/// security.md 75: the algorithm is the registered one, not the token's.
#[test]
fn another_alg_than_registered() {
    let issuer = issuer();
    for other in [&RS256.signs, &pair(SigningAlg::Hs256).signs] {
        let token = sign_claims(other, None, &claims()).expect("signs");
        let jws = CompactJws::parse(&token).expect("well-formed");
        let refused = rules(&issuer).check(jws.header(), jws.unverified_payload(), NOW);
        let expected = JwtError::AlgNotAgreed { found: other.alg(), expected: SigningAlg::Es256 };
        assert_eq!(refused, Err(expected));
    }
}

#[test]
fn a_wrong_signature_comes_before_everything() {
    let token = sign_claims(&pair(SigningAlg::Es256).signs, None, &claims()).expect("signs");
    let refused =
        rules(&issuer()).verify(&CompactJws::parse(&token).expect("well-formed"), &ES256.verifies, NOW);
    assert_eq!(refused, Err(JwtError::Signature));
}

#[test]
fn another_issuer() {
    for iss in ["https://evil.example", "https://login.example/", "https://login.example.evil"] {
        assert!(matches!(refusal("iss", json!(iss)), JwtError::IssuerDiffers(_)), "{iss}");
    }
}

#[test]
fn another_audience() {
    for aud in [json!("spa"), json!(["spa"]), json!("WEB"), json!("web ")] {
        assert!(matches!(refusal("aud", aud.clone()), JwtError::AudienceDiffers { .. }), "{aud}");
    }
    assert!(matches!(refusal("aud", json!([])), JwtError::ClaimType("aud", _)));
}

#[test]
fn several_audiences_need_an_azp() {
    assert_eq!(refusal("aud", json!(["web", "spa"])), JwtError::ClaimMissing("azp"));
    let several = with(claims(), "aud", json!(["web", "spa"]));
    assert!(check(&with(several.clone(), "azp", json!("web"))).is_ok());
    assert_eq!(
        check(&with(several, "azp", json!("spa"))).err(),
        Some(JwtError::AzpDiffers("spa".to_owned()))
    );
}

#[test]
fn an_azp_must_be_this_client() {
    assert_eq!(refusal("azp", json!("spa")), JwtError::AzpDiffers("spa".to_owned()));
    assert!(matches!(refusal("azp", json!(1)), JwtError::ClaimType("azp", _)));
}

#[test]
fn every_required_claim_must_be_there() {
    for name in ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "at_hash", "c_hash"] {
        assert_eq!(refusal(name, Value::Null), JwtError::ClaimMissing(name));
    }
}

#[test]
fn expired_or_issued_in_the_future() {
    assert!(check(&with(claims(), "exp", json!(NOW - 4))).is_ok());
    assert_eq!(refusal("exp", json!(NOW - 5)), JwtError::Expired { exp: NOW - 5, now: NOW });
    assert!(check(&with(claims(), "iat", json!(NOW + 5))).is_ok());
    assert_eq!(refusal("iat", json!(NOW + 6)), JwtError::IssuedInFuture { iat: NOW + 6, now: NOW });
    assert_eq!(refusal("nbf", json!(NOW + 6)), JwtError::NotYetValid { nbf: NOW + 6, now: NOW });
}

#[test]
fn another_nonce() {
    for nonce in ["n-2", "n-1 ", "N-1", "n-", ""] {
        assert_eq!(refusal("nonce", json!(nonce)), JwtError::NonceDiffers, "{nonce}");
    }
}

/// security.md 75: that no nonce is needed is never read from the token.
#[test]
fn a_token_cannot_excuse_its_nonce() {
    let excused = with(with(claims(), "nonce", Value::Null), "nonce_supported", json!(false));
    assert_eq!(check(&excused).err(), Some(JwtError::ClaimMissing("nonce")));
}

#[test]
fn signed_in_too_long_ago() {
    assert!(check(&with(claims(), "auth_time", json!(NOW - 65))).is_ok());
    let too_old = JwtError::AuthTimeTooOld { auth_time: NOW - 66, max_age: 60 };
    assert_eq!(refusal("auth_time", json!(NOW - 66)), too_old);
}

#[test]
fn the_hash_of_another_token_or_code() {
    for name in ["at_hash", "c_hash"] {
        let full = half_hash(SigningAlg::Es512, if name == "at_hash" { TOKEN } else { CODE });
        for value in [json!(half_hash(SigningAlg::Es256, "another")), json!(full), json!("")] {
            assert_eq!(refusal(name, value), JwtError::HashDiffers(name));
        }
    }
}

/// An optional hash is still held against the token when it is there.
#[test]
fn an_optional_hash_must_be_right() {
    let issuer = issuer();
    let rules =
        IdTokenRules { at_hash: Requirement::IfPresent, c_hash: Requirement::IfPresent, ..rules(&issuer) };
    assert!(check_with(rules, None, &with(claims(), "at_hash", Value::Null)).is_ok());
    let wrong = with(claims(), "at_hash", json!("AAAA"));
    assert_eq!(check_with(rules, None, &wrong).err(), Some(JwtError::HashDiffers("at_hash")));
}

#[test]
fn a_subject_out_of_form() {
    for sub in ["", "ädä", &"a".repeat(256)] {
        assert_eq!(refusal("sub", json!(sub)), JwtError::SubjectForm);
    }
    assert!(check(&with(claims(), "sub", json!("a".repeat(255)))).is_ok());
    assert!(matches!(refusal("sub", json!(1)), JwtError::ClaimType("sub", _)));
}
