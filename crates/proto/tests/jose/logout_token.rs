//! security.md 63 at a client: which logout tokens are refused, and which must not be.

use hallpass_proto::id_token::IdTokenRules;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::jose::jwt::{Audience, JwtError, sign_claims};
use hallpass_proto::logout_token::{EVENT, LogoutTokenClaims, LogoutTokenRules};
use serde_json::{Value, json};

use crate::world::{ES256, NOW, b64, issuer, pair, signed, with};

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "aud": "web", "iat": NOW, "exp": NOW + 120, "jti": "1",
        "events": { EVENT: {} }, "sub": "ada", "sid": "the-session",
    })
}

fn check(token: &str) -> Result<LogoutTokenClaims, JwtError> {
    let issuer = issuer();
    let rules = LogoutTokenRules { issuer: &issuer, client_id: "web", alg: SigningAlg::Es256, leeway: 60 };
    rules.verify(&CompactJws::parse(token)?, &ES256.verifies, NOW)
}

fn accept(claims: &Value) -> Result<LogoutTokenClaims, JwtError> {
    check(&sign_claims(&ES256.signs, Some("logout+jwt"), claims).expect("signs"))
}

fn refusal(name: &str, value: Value) -> JwtError {
    accept(&with(claims(), name, value)).expect_err("must be refused")
}

#[test]
fn what_is_issued_is_read_back() {
    let issued = LogoutTokenClaims {
        iss: "https://login.example".to_owned(),
        sub: Some("ada".to_owned()),
        aud: Audience::from(vec!["web".to_owned()]),
        iat: NOW,
        exp: NOW + 120,
        jti: "1".to_owned(),
        events: LogoutTokenClaims::events(),
        sid: Some("the-session".to_owned()),
    };

    assert_eq!(accept(&serde_json::to_value(&issued).expect("prints")), Ok(issued));
}

#[test]
fn the_session_or_the_person_is_enough() {
    assert_eq!(accept(&with(claims(), "sub", Value::Null)).expect("good").sub, None);
    assert_eq!(accept(&with(claims(), "sid", Value::Null)).expect("good").sid, None);
    let neither = with(with(claims(), "sub", Value::Null), "sid", Value::Null);
    assert_eq!(accept(&neither), Err(JwtError::ClaimMissing("sub or sid")));
}

/// Issuers that are older than the recommendation.
#[test]
fn the_type_may_be_left_out_and_never_be_another() {
    let with_typ = |typ| check(&sign_claims(&ES256.signs, typ, &claims()).expect("signs"));

    for typ in [None, Some("JWT"), Some("logout+jwt"), Some("application/logout+jwt"), Some("LOGOUT+JWT")] {
        assert!(with_typ(typ).is_ok(), "{typ:?}");
    }
    for typ in ["at+jwt", "secevent+jwt", ""] {
        assert!(matches!(with_typ(Some(typ)), Err(JwtError::TypDiffers { .. })), "{typ}");
    }
}

#[test]
fn every_claim_that_must_be_there_is_missed() {
    for name in ["iss", "aud", "iat", "exp", "jti", "events"] {
        assert_eq!(refusal(name, Value::Null), JwtError::ClaimMissing(name));
    }
}

#[test]
fn a_nonce_makes_it_an_id_token() {
    for nonce in [json!("n"), json!(""), json!(1)] {
        assert_eq!(refusal("nonce", nonce), JwtError::ClaimUnexpected("nonce"));
    }
}

#[test]
fn only_the_event_of_a_logout_is_one() {
    for events in [
        json!({}),
        json!([EVENT]),
        json!(EVENT),
        json!({ EVENT: null }),
        json!({ EVENT: true }),
        json!({ EVENT: [] }),
        json!({ "http://schemas.openid.net/event/other": {} }),
    ] {
        assert!(matches!(refusal("events", events), JwtError::ClaimType("events", _)));
    }
    let beside = json!({ EVENT: { "reason": "x" }, "https://other.example": {} });
    assert!(accept(&with(claims(), "events", beside)).is_ok());
}

#[test]
fn it_is_of_this_issuer_for_this_client_and_for_now() {
    assert!(matches!(refusal("iss", json!("https://login.example/")), JwtError::IssuerDiffers(_)));
    for aud in [json!("other"), json!(["other", "web2"])] {
        assert!(matches!(refusal("aud", aud), JwtError::AudienceDiffers { .. }));
    }
    assert!(accept(&with(claims(), "aud", json!(["other", "web"]))).is_ok());
    assert!(matches!(refusal("exp", json!(NOW - 60)), JwtError::Expired { .. }));
    assert!(accept(&with(claims(), "exp", json!(NOW - 59))).is_ok(), "clocks differ");
    assert!(matches!(refusal("iat", json!(NOW + 61)), JwtError::IssuedInFuture { .. }));
    for (name, value) in
        [("sid", json!(1)), ("jti", json!({})), ("sub", json!(["ada"])), ("iat", json!("now"))]
    {
        assert!(matches!(refusal(name, value), JwtError::ClaimType(..)), "{name}");
    }
}

#[test]
fn nobody_else_has_signed_it() {
    let header = |alg: &str| json!({ "alg": alg, "typ": "logout+jwt" }).to_string();
    let none = format!("{}.{}.", b64(header("none")), b64(claims().to_string()));
    assert_eq!(check(&none), Err(JwtError::AlgNone));
    let other = pair(SigningAlg::Es256);
    let forged = sign_claims(&other.signs, Some("logout+jwt"), &claims()).expect("signs");
    assert_eq!(check(&forged), Err(JwtError::Signature));
    let hmac = sign_claims(&pair(SigningAlg::Hs256).signs, Some("logout+jwt"), &claims()).expect("signs");
    assert_eq!(check(&hmac), Err(JwtError::AlgDiffers(SigningAlg::Hs256)));
    let twice = claims().to_string().replacen('{', r#"{"sid":"another","#, 1);
    assert!(matches!(check(&signed(&header("ES256"), &twice)), Err(JwtError::Duplicate(..))));
}

/// security.md 48: it opens no door that an ID token opens, whatever else is put into it.
#[test]
fn it_is_no_id_token() {
    let issuer = issuer();
    let rules = IdTokenRules::new(&issuer, "web", SigningAlg::Es256);
    let token = sign_claims(&ES256.signs, Some("logout+jwt"), &claims()).expect("signs");
    let jws = CompactJws::parse(&token).expect("well-formed");

    let refused = rules.verify(&jws, &ES256.verifies, NOW);

    assert!(matches!(refused, Err(JwtError::TypDiffers { .. })), "{refused:?}");
}

/// And an ID token signs nobody out.
#[test]
fn an_id_token_is_none() {
    let id_token = json!({
        "iss": "https://login.example", "aud": "web", "sub": "ada", "iat": NOW, "exp": NOW + 120,
        "nonce": "n", "sid": "the-session", "jti": "1",
    });
    let token = sign_claims(&ES256.signs, Some("JWT"), &id_token).expect("signs");

    assert!(check(&token).is_err());
}
