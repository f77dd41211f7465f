//! Claims: their JSON types, and what a payload must be (RFC 7519 §4, RFC 8725 §2.6).

use hallpass_proto::env::Time;
use hallpass_proto::jose::jws::{CompactJws, SignError};
use hallpass_proto::jose::jwt::{ClaimsObject, JwtError, Part, sign_claims};
use serde_json::json;

use crate::world::{ES256, NOW, issuer};

fn claims(json: &str) -> ClaimsObject {
    ClaimsObject::parse(json.as_bytes()).expect("an object")
}

#[test]
fn a_date_is_a_number_within_reach() {
    for (json, seconds) in [
        ("0", 0),
        ("1800000000", 1_800_000_000),
        ("1800000000.0", 1_800_000_000),
        ("1800000000.9", 1_800_000_000),
        ("1.8e9", 1_800_000_000),
        ("9007199254740991", 9_007_199_254_740_991),
    ] {
        let date = claims(&format!(r#"{{"exp":{json}}}"#)).date("exp");
        assert_eq!(date, Ok(Some(Time::from_unix(seconds))), "{json}");
    }
    for json in ["-1", "-0.5", "1e308", "9007199254740992", "18446744073709551615", "1e16"] {
        let date = claims(&format!(r#"{{"exp":{json}}}"#)).date("exp");
        assert!(matches!(date, Err(JwtError::ClaimType("exp", _))), "{json}");
    }
    assert_eq!(claims("{}").date("exp"), Ok(None));
    assert_eq!(claims("{}").required_date("exp"), Err(JwtError::ClaimMissing("exp")));
}

#[test]
fn a_date_of_another_type_is_refused() {
    for json in [r#""1800000000""#, "true", "null", "[1800000000]", r#"{"$date":1}"#] {
        let date = claims(&format!(r#"{{"exp":{json}}}"#)).date("exp");
        assert_eq!(date, Err(JwtError::ClaimType("exp", "a number")), "{json}");
    }
    for json in ["1e999", "NaN", "Infinity", "01", "+1", "0x1"] {
        let parsed = ClaimsObject::parse(format!(r#"{{"exp":{json}}}"#).as_bytes());
        assert_eq!(parsed, Err(JwtError::NotObject(Part::Payload)), "{json}");
    }
}

#[test]
fn strings_and_arrays_of_strings() {
    let claims = claims(r#"{"acr":"1","amr":["pwd","otp"],"n":1,"mixed":["a",1],"null":null}"#);
    assert_eq!(claims.string("acr"), Ok(Some("1")));
    assert_eq!(claims.string("absent"), Ok(None));
    assert_eq!(claims.string("n"), Err(JwtError::ClaimType("n", "a string")));
    assert_eq!(claims.string("null"), Err(JwtError::ClaimType("null", "a string")));
    assert_eq!(claims.strings("amr"), Ok(vec!["pwd".to_owned(), "otp".to_owned()]));
    assert_eq!(claims.strings("absent"), Ok(Vec::new()));
    assert_eq!(claims.strings("mixed"), Err(JwtError::ClaimType("mixed", "an array of strings")));
    assert_eq!(claims.strings("acr"), Err(JwtError::ClaimType("acr", "an array of strings")));
}

#[test]
fn duplicate_claims_at_any_depth() {
    for (json, twice) in [
        (r#"{"sub":"a","sub":"b"}"#, "sub"),
        (r#"{"sub":"a","s\u0075b":"b"}"#, "sub"),
        (r#"{"address":{"country":"x","country":"y"}}"#, "country"),
    ] {
        let parsed = ClaimsObject::parse(json.as_bytes());
        assert_eq!(parsed, Err(JwtError::Duplicate(Part::Payload, twice.to_owned())));
    }
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    let by = |iss: &str| claims(&json!({"iss": iss}).to_string()).issued_by(&issuer());
    assert_eq!(by("https://login.example").as_deref(), Ok("https://login.example"));
    for iss in [
        "https://login.example.evil",
        "https://login.exampl",
        "https://LOGIN.example",
        "http://login.example",
        "",
    ] {
        assert!(matches!(by(iss), Err(JwtError::IssuerDiffers(_))), "{iss}");
    }
    let Err(error) = by("https://login.example/") else { panic!("must be refused") };
    assert!(error.to_string().contains("differ only by the trailing `/`"), "{error}");
}

#[test]
fn leeway_moves_the_ends_and_no_further() {
    let claims = claims(&json!({"exp": NOW, "nbf": NOW, "iat": NOW}).to_string());
    assert_eq!(claims.not_expired(NOW - 1, 0), Ok(NOW));
    assert_eq!(claims.not_expired(NOW, 0), Err(JwtError::Expired { exp: NOW, now: NOW }));
    assert_eq!(claims.not_expired(NOW + 4, 5), Ok(NOW));
    assert_eq!(claims.not_expired(NOW + 5, 5), Err(JwtError::Expired { exp: NOW, now: NOW + 5 }));
    assert_eq!(claims.begun(NOW, 0), Ok(NOW));
    assert_eq!(claims.begun(NOW - 5, 5), Ok(NOW));
    assert_eq!(claims.begun(NOW - 6, 5), Err(JwtError::NotYetValid { nbf: NOW, now: NOW - 6 }));
}

#[test]
fn only_an_object_is_signed_as_claims() {
    for value in [json!([]), json!("x"), json!(null), json!(1)] {
        assert!(matches!(sign_claims(&ES256.signs, None, &value), Err(SignError::Claims(_))), "{value}");
    }
    let token = sign_claims(&ES256.signs, Some("JWT"), &json!({"a": "ü"})).expect("signs");
    let jws = CompactJws::parse(&token).expect("well-formed");
    assert_eq!(jws.unverified_payload(), r#"{"a":"ü"}"#.as_bytes());
    assert_eq!(jws.header().kid.as_deref(), Some(ES256.signs.kid()));
}
