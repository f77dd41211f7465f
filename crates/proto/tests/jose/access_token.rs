//! security.md 48 and 49, the rows about claims: what a resource server refuses, and what it must not refuse.

use hallpass_proto::env::Time;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::jose::jwt::{Audience, JwtError, Part, sign_claims};
use hallpass_proto::jwt_access_token::{AccessTokenClaims, AccessTokenRules, CLIENT_ID, TypRule};
use serde_json::{Map, Value, json};

use crate::world::{ES256, NOW, issuer, pair, signed, with};

const API: &str = "https://api.example";

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "sub": "ada", "aud": API, "client_id": "web", "jti": "1",
        "iat": NOW, "exp": NOW + 300, "scope": "items:read items:write",
    })
}

fn check(typ: TypRule, token: &str, now: Time) -> Result<AccessTokenClaims, JwtError> {
    let (issuer, audiences) = (issuer(), [API.to_owned()]);
    let rules = AccessTokenRules {
        issuer: &issuer,
        audiences: &audiences,
        exp_leeway: 5,
        nbf_leeway: 60,
        typ,
        client_id_claim: CLIENT_ID,
    };
    rules.verify(&CompactJws::parse(token)?, &ES256.verifies, now)
}

fn accept(claims: &Value) -> Result<AccessTokenClaims, JwtError> {
    check(TypRule::Strict, &sign_claims(&ES256.signs, Some("at+jwt"), claims).expect("signs"), NOW)
}

fn refusal(name: &str, value: Value) -> JwtError {
    accept(&with(claims(), name, value)).expect_err("must be refused")
}

fn with_typ(rule: TypRule, typ: Option<&str>) -> Result<AccessTokenClaims, JwtError> {
    check(rule, &sign_claims(&ES256.signs, typ, &claims()).expect("signs"), NOW)
}

#[test]
fn a_good_token_is_accepted() {
    let read = accept(&claims()).expect("good");
    assert_eq!((read.sub.as_str(), read.client_id.as_str(), read.jti.as_str()), ("ada", "web", "1"));
    assert!(read.scope.expect("a scope").contains("items:write"));
    assert!(read.extra.is_empty());
}

#[test]
fn what_is_issued_is_read_back() {
    let Value::Object(extra) = json!({"tenant": {"id": 7}}) else { unreachable!() };
    let issued = AccessTokenClaims {
        iss: "https://login.example".to_owned(),
        sub: "ada".to_owned(),
        aud: Audience::from(vec![API.to_owned(), "https://login.example".to_owned()]),
        client_id: "web".to_owned(),
        exp: NOW + 300,
        iat: NOW,
        jti: "1".to_owned(),
        scope: Some("openid".parse().expect("a scope")),
        auth_time: Some(NOW - 10),
        acr: Some("1".to_owned()),
        amr: vec!["pwd".to_owned()],
        extra,
    };
    let token = sign_claims(&ES256.signs, Some("at+jwt"), &issued).expect("signs");
    let read = check(TypRule::Strict, &token, NOW).expect("good");
    assert_eq!(read, issued);
    let jws = CompactJws::parse(&token).expect("well-formed");
    let deserialized: AccessTokenClaims = serde_json::from_slice(jws.unverified_payload()).expect("reads");
    assert_eq!(deserialized, issued);
}

/// A further claim cannot stand beside the one of its name: the token would have it twice.
#[test]
fn further_claims_never_repeat_a_registered_one() {
    let mut issued = accept(&claims()).expect("good");
    issued.extra = Map::from_iter([("sub".to_owned(), json!("mallory")), ("x".to_owned(), json!(1))]);
    let read = accept(&serde_json::to_value(&issued).expect("prints")).expect("good");
    assert_eq!((read.sub.as_str(), &read.extra), ("ada", &Map::from_iter([("x".to_owned(), json!(1))])));
    let printed = serde_json::to_string(&issued).expect("prints");
    assert_eq!(printed.matches("\"sub\"").count(), 1, "{printed}");
}

#[test]
fn typ_must_be_at_jwt() {
    assert!(with_typ(TypRule::Strict, Some("application/at+jwt")).is_ok());
    for typ in [None, Some("JWT"), Some("logout+jwt"), Some("client-authentication+jwt"), Some("dpop+jwt")] {
        let found = typ.map(str::to_owned);
        assert_eq!(
            with_typ(TypRule::Strict, typ).err(),
            Some(JwtError::TypDiffers { found, expected: "at+jwt" })
        );
    }
}

/// Before any key is looked up, so that a token of another kind causes no fetch.
#[test]
fn the_header_alone_refuses_another_kind_of_token() {
    let (issuer, audiences) = (issuer(), [API.to_owned()]);
    let rules = AccessTokenRules {
        issuer: &issuer,
        audiences: &audiences,
        exp_leeway: 0,
        nbf_leeway: 0,
        typ: TypRule::Strict,
        client_id_claim: CLIENT_ID,
    };
    let header =
        |header: &str| CompactJws::parse(&signed(header, "{}")).expect("well-formed").header().clone();
    assert_eq!(rules.check_header(&header(r#"{"alg":"ES256","typ":"at+jwt"}"#)), Ok(()));
    let found = Some("JWT".to_owned());
    let refused = rules.check_header(&header(r#"{"alg":"ES256","typ":"JWT"}"#));
    assert_eq!(refused, Err(JwtError::TypDiffers { found, expected: "at+jwt" }));
    let refused = rules.check_header(&header(r#"{"alg":"HS256","typ":"at+jwt"}"#));
    assert_eq!(refused, Err(JwtError::AlgSymmetric(SigningAlg::Hs256)));
}

#[test]
fn the_lenient_rule_takes_jwt_and_none_and_nothing_else() {
    for typ in [None, Some("JWT"), Some("jwt"), Some("application/jwt"), Some("at+jwt")] {
        assert!(with_typ(TypRule::Lenient, typ).is_ok(), "{typ:?}");
    }
    for typ in [Some("logout+jwt"), Some("client-authentication+jwt"), Some("dpop+jwt"), Some("")] {
        assert!(with_typ(TypRule::Lenient, typ).is_err(), "{typ:?}");
    }
}

#[test]
fn an_id_token_is_refused_even_by_the_lenient_rule() {
    let id_token = json!({"iss": "https://login.example", "sub": "ada", "aud": API, "iat": NOW, "exp": NOW + 300, "nonce": "n"});
    let token = sign_claims(&ES256.signs, Some("JWT"), &id_token).expect("signs");
    assert!(matches!(check(TypRule::Strict, &token, NOW), Err(JwtError::TypDiffers { .. })));
    assert_eq!(check(TypRule::Lenient, &token, NOW), Err(JwtError::ClaimMissing("client_id")));
}

#[test]
fn a_shared_secret_is_refused() {
    let pair = pair(SigningAlg::Hs256);
    let token = sign_claims(&pair.signs, Some("at+jwt"), &claims()).expect("signs");
    let (issuer, audiences) = (issuer(), [API.to_owned()]);
    let rules = AccessTokenRules {
        issuer: &issuer,
        audiences: &audiences,
        exp_leeway: 0,
        nbf_leeway: 0,
        typ: TypRule::Strict,
        client_id_claim: CLIENT_ID,
    };
    let jws = CompactJws::parse(&token).expect("well-formed");
    assert_eq!(rules.verify(&jws, &pair.verifies, NOW), Err(JwtError::AlgSymmetric(SigningAlg::Hs256)));
}

#[test]
fn every_required_claim_must_be_there() {
    for name in ["iss", "sub", "aud", "client_id", "exp", "iat", "jti"] {
        assert_eq!(accept(&with(claims(), name, Value::Null)).err(), Some(JwtError::ClaimMissing(name)));
    }
}

#[test]
fn issuer_prefix_or_trailing_slash() {
    for iss in
        ["https://login.example/", "https://login.example.evil", "https://login", "https://login.example/x"]
    {
        assert!(matches!(refusal("iss", json!(iss)), JwtError::IssuerDiffers(_)), "{iss}");
    }
    for iss in [json!(1), json!(["https://login.example"]), json!({})] {
        assert_eq!(refusal("iss", iss), JwtError::ClaimType("iss", "a string"));
    }
}

/// Also the other way round: the issuer has the slash, and the token has not.
#[test]
fn an_issuer_with_a_slash_wants_it() {
    let issuer = Issuer::parse("https://login.example/").expect("an issuer");
    let audiences = [API.to_owned()];
    let rules = AccessTokenRules {
        issuer: &issuer,
        audiences: &audiences,
        exp_leeway: 0,
        nbf_leeway: 0,
        typ: TypRule::Strict,
        client_id_claim: CLIENT_ID,
    };
    let token = sign_claims(&ES256.signs, Some("at+jwt"), &claims()).expect("signs");
    let refused = rules.verify(&CompactJws::parse(&token).expect("well-formed"), &ES256.verifies, NOW);
    assert!(refused.expect_err("must be refused").to_string().contains("trailing `/`"));
}

#[test]
fn audience_wrong() {
    for aud in [json!("https://other.example"), json!("https://api.example/"), json!(["x", "y"]), json!("")] {
        assert!(matches!(refusal("aud", aud.clone()), JwtError::AudienceDiffers { .. }), "{aud}");
    }
}

#[test]
fn audience_empty_or_a_number() {
    for aud in [json!([]), json!(1), json!([1]), json!([API, 1]), json!({}), json!(true)] {
        assert!(matches!(refusal("aud", aud.clone()), JwtError::ClaimType("aud", _)), "{aud}");
    }
}

/// Legal, and accepted.
#[test]
fn an_audience_array_that_holds_us() {
    let read = accept(&with(claims(), "aud", json!(["https://other.example", API]))).expect("good");
    assert!(read.aud.contains("https://other.example"));
}

#[test]
fn exp_and_nbf_and_iat_as_strings() {
    for name in ["exp", "nbf", "iat", "auth_time"] {
        for value in [json!(NOW.to_string()), json!(true), json!([NOW]), json!({})] {
            assert!(matches!(refusal(name, value), JwtError::ClaimType(found, _) if found == name));
        }
    }
}

#[test]
fn exp_out_of_reach() {
    for exp in [json!(1e308), json!(-1), json!(u64::MAX)] {
        assert!(matches!(refusal("exp", exp), JwtError::ClaimType("exp", _)));
    }
    assert_eq!(refusal("exp", json!(0)), JwtError::Expired { exp: Time::from_unix(0), now: NOW });
}

/// Legal, and accepted.
#[test]
fn exp_as_a_float() {
    assert_eq!(accept(&with(claims(), "exp", json!(1_800_000_300.75))).expect("good").exp, NOW + 300);
}

#[test]
fn expired_by_leeway_and_no_more() {
    assert!(accept(&with(claims(), "exp", json!(NOW - 4))).is_ok());
    assert_eq!(refusal("exp", json!(NOW - 5)), JwtError::Expired { exp: NOW - 5, now: NOW });
}

#[test]
fn not_before_and_issued_in_the_future() {
    assert!(accept(&with(claims(), "nbf", json!(NOW + 60))).is_ok());
    assert_eq!(refusal("nbf", json!(NOW + 61)), JwtError::NotYetValid { nbf: NOW + 61, now: NOW });
    assert_eq!(refusal("iat", json!(NOW + 61)), JwtError::IssuedInFuture { iat: NOW + 61, now: NOW });
}

#[test]
fn duplicate_claims() {
    let payload = claims().to_string().replacen('{', r#"{"sub":"mallory","#, 1);
    let token = signed(r#"{"alg":"ES256","typ":"at+jwt"}"#, &payload);
    let refused = check(TypRule::Strict, &token, NOW);
    assert_eq!(refused, Err(JwtError::Duplicate(Part::Payload, "sub".to_owned())));
}

#[test]
fn a_payload_that_is_no_object() {
    for payload in ["", "[]", "null", "\"{}\"", "{", "{}{}"] {
        let token = signed(r#"{"alg":"ES256","typ":"at+jwt"}"#, payload);
        assert_eq!(
            check(TypRule::Strict, &token, NOW),
            Err(JwtError::NotObject(Part::Payload)),
            "{payload:?}"
        );
    }
}

#[test]
fn a_subject_or_scope_out_of_form() {
    for sub in ["", "ädä", &"a".repeat(256)] {
        assert_eq!(refusal("sub", json!(sub)), JwtError::SubjectForm);
    }
    for scope in [json!("a\"b"), json!(["items:read"]), json!(1)] {
        assert!(matches!(refusal("scope", scope), JwtError::ClaimType("scope", _)));
    }
}
