//! security.md §3: P7, P8, P9, and parsers that take anything.

use hallpass_proto::env::Time;
use hallpass_proto::jose::jwk::{Jwk, JwkSet};
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_proto::jose::jwt::{ClaimsObject, JwtError, sign_claims};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{ALL, ES256, NOW, b64};

/// JSON of any shape, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// P7: whatever is signed is verified, by every algorithm.
    #[test]
    fn what_is_signed_is_verified(payload in proptest::collection::vec(any::<u8>(), 0..300), typ in proptest::option::of("[a-z+]{1,12}"), at in 0..13usize) {
        let pair = &ALL[at];
        let token = pair.signs.sign(typ.as_deref(), &payload).expect("signs");
        let jws = CompactJws::parse(&token).expect("well-formed");
        prop_assert_eq!(jws.verify(&pair.verifies), Ok(&payload[..]));
        prop_assert_eq!(&jws.header().typ, &typ);
    }

    /// P7: a token with any byte changed is refused.
    #[test]
    fn a_changed_byte_is_refused(at in 0..13usize, position in any::<proptest::sample::Index>(), byte in 0x20..0x7fu8) {
        let pair = &ALL[at];
        let token = sign_claims(&pair.signs, Some("at+jwt"), &json!({"sub": "ada", "n": 1})).expect("signs");
        let mut bytes = token.into_bytes();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        let changed = String::from_utf8(bytes).expect("ASCII");
        let accepted = CompactJws::parse(&changed).and_then(|jws| jws.verify(&pair.verifies).map(<[u8]>::to_vec));
        prop_assert!(accepted.is_err(), "{}", changed);
    }
}

/// P7 without chance: every bit of every signature counts.
#[test]
fn every_bit_of_a_signature_counts() {
    let token = ES256.signs.sign(None, b"{}").expect("signs");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let signature = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature)
        .expect("base64url");
    for bit in 0..signature.len() * 8 {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let changed = format!("{signed}.{}", b64(changed));
        let jws = CompactJws::parse(&changed).expect("well-formed");
        assert_eq!(jws.verify(&ES256.verifies), Err(JwtError::Signature), "bit {bit}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_token_or_not(text in ".{0,120}") {
        let _ = CompactJws::parse(&text);
    }

    /// With a header that is read, so that what is behind it is looked at too.
    #[test]
    fn any_payload_and_signature_are_refused(payload in "[A-Za-z0-9_.=-]{0,60}", signature in "[A-Za-z0-9_-]{0,90}") {
        let token = format!("{}.{payload}.{signature}", b64(r#"{"alg":"ES256"}"#));
        let accepted = CompactJws::parse(&token).and_then(|jws| jws.verify(&ES256.verifies).map(<[u8]>::to_vec));
        prop_assert!(accepted.is_err());
    }

    #[test]
    fn any_header_is_read_or_refused(header in any_json()) {
        let _ = CompactJws::parse(&format!("{}.e30.AA", b64(header.to_string())));
    }

    #[test]
    fn any_bytes_are_a_key_set_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = JwkSet::parse(&bytes);
    }

    /// A key with any member changed is read, refused, or another key; it never panics, and never has a private member.
    #[test]
    fn any_key_is_read_or_refused(name in "kty|crv|x|y|n|e|d|k|kid|alg|use|key_ops", value in any_json()) {
        let mut jwk = serde_json::to_value(ES256.signs.public_jwk()).expect("prints");
        jwk[&name] = value;
        if let Ok(key) = serde_json::from_value::<Jwk>(jwk) {
            prop_assert!(name != "d" && name != "k");
            let _ = VerifyingKey::from_jwk(&key);
        }
    }

    #[test]
    fn any_rsa_key_is_read_or_refused(n in proptest::collection::vec(any::<u8>(), 0..300), e in proptest::collection::vec(any::<u8>(), 0..6)) {
        if let Ok(key) = serde_json::from_value::<Jwk>(json!({"kty": "RSA", "n": b64(n), "e": b64(e)})) {
            let _ = VerifyingKey::from_jwk(&key);
        }
    }

    /// P8: a date that is no number is refused, whatever it is.
    #[test]
    fn a_date_is_a_number_or_refused(value in any_json()) {
        let number = value.as_f64();
        let claims = ClaimsObject::parse(json!({"exp": value}).to_string().as_bytes()).expect("an object");
        match claims.required_date("exp") {
            Ok(date) => prop_assert!(number.is_some_and(|n| n >= 0.0 && (n - date.unix() as f64).abs() < 1.0)),
            Err(_) => prop_assert!(number.is_none_or(|n| !(0.0..9_007_199_254_740_992.0).contains(&n))),
        }
    }

    /// P9: what has expired stays expired when time goes on.
    #[test]
    fn time_never_renews_a_token(exp in 0..4_000_000_000i64, now in 0..4_000_000_000i64, later in 0..4_000_000_000i64, leeway in 0..600i64) {
        let claims = ClaimsObject::parse(json!({"exp": exp}).to_string().as_bytes()).expect("an object");
        let now = Time::from_unix(now);
        if claims.not_expired(now, leeway).is_err() {
            prop_assert!(claims.not_expired(now + later, leeway).is_err());
        }
    }

    /// What a token says is what was signed, and what any reader of JSON reads.
    #[test]
    fn claims_come_back_as_they_went(value in any_json()) {
        let claims = json!({"iat": NOW, "x": value});
        let token = sign_claims(&ES256.signs, None, &claims).expect("signs");
        let jws = CompactJws::parse(&token).expect("well-formed");
        let payload = jws.verify(&ES256.verifies).expect("good");
        let printed = claims.to_string();
        prop_assert_eq!(payload, printed.as_bytes());
        let read = ClaimsObject::parse(payload).expect("an object");
        prop_assert_eq!(Value::Object(read.into_map()), serde_json::from_slice::<Value>(payload).expect("JSON"));
    }
}
