//! security.md 49, the rows about header and signature. Every token here is well signed unless the test says otherwise.

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::jose::jwt::{JwtError, Part};
use serde_json::json;

use crate::world::{ALL, ES256, RS256, b64, pair, signed};

fn verify(token: &str) -> Result<Vec<u8>, JwtError> {
    CompactJws::parse(token)?.verify(&ES256.verifies).map(<[u8]>::to_vec)
}

fn with_header(header: &str) -> Result<Vec<u8>, JwtError> {
    verify(&signed(header, "{}"))
}

#[test]
fn the_forger_signs_well() {
    assert_eq!(with_header(r#"{"alg":"ES256"}"#), Ok(b"{}".to_vec()));
}

#[test]
fn alg_none_in_any_case() {
    for none in ["none", "None", "NONE", "nOnE"] {
        assert_eq!(with_header(&format!(r#"{{"alg":"{none}"}}"#)), Err(JwtError::AlgNone));
        let unsigned = format!("{}.{}.", b64(format!(r#"{{"alg":"{none}"}}"#)), b64("{}"));
        assert_eq!(verify(&unsigned), Err(JwtError::AlgNone));
    }
}

#[test]
fn alg_missing_unknown_or_not_a_string() {
    assert_eq!(with_header("{}"), Err(JwtError::AlgMissing));
    for alg in ["es256", "ES256 ", "", "RSA1_5", "ES256K"] {
        assert!(
            matches!(with_header(&json!({"alg": alg}).to_string()), Err(JwtError::AlgUnknown(_))),
            "{alg}"
        );
    }
    for alg in ["null", "1", r#"["ES256"]"#, "{}"] {
        assert_eq!(with_header(&format!(r#"{{"alg":{alg}}}"#)), Err(JwtError::HeaderType("alg")));
    }
}

#[test]
fn alg_of_another_key() {
    for other in SigningAlg::ALL.into_iter().filter(|alg| *alg != SigningAlg::Es256) {
        assert_eq!(with_header(&json!({"alg": other}).to_string()), Err(JwtError::AlgDiffers(other)));
    }
}

#[test]
fn a_signature_of_another_key() {
    let token = pair(SigningAlg::Es256).signs.sign(None, b"{}").expect("signs");
    assert_eq!(verify(&token), Err(JwtError::Signature));
}

#[test]
fn no_signature() {
    let token = signed(r#"{"alg":"ES256"}"#, "{}");
    let (signed, _) = token.rsplit_once('.').expect("three parts");
    assert_eq!(verify(&format!("{signed}.")), Err(JwtError::Signature));
    assert_eq!(verify(signed), Err(JwtError::NotThreeParts));
}

/// A signature of zeros fits no key (CVE-2022-21449).
#[test]
fn a_signature_of_zeros() {
    let token = signed(r#"{"alg":"ES256"}"#, "{}");
    let (signed, _) = token.rsplit_once('.').expect("three parts");
    assert_eq!(verify(&format!("{signed}.{}", b64([0; 64]))), Err(JwtError::Signature));
}

/// RFC 7518 §3.4: R and S side by side, not DER.
#[test]
fn a_signature_in_der() {
    let token = signed(r#"{"alg":"ES256"}"#, "{}");
    let (signed, _) = token.rsplit_once('.').expect("three parts");
    let der = [&[0x30, 0x44, 0x02, 0x20][..], &[1; 32], &[0x02, 0x20], &[1; 32]].concat();
    assert_eq!(verify(&format!("{signed}.{}", b64(der))), Err(JwtError::Signature));
}

/// What the token says about where its key is, is not read: the forger's own key stays a stranger's key.
#[test]
fn an_embedded_jwk_is_not_a_key() {
    let forger = pair(SigningAlg::Es256).signs;
    let header = json!({"alg": "ES256", "jwk": forger.public_jwk(), "kid": forger.kid()}).to_string();
    let genuine = signed(&header, "{}");
    assert_eq!(verify(&genuine), Ok(b"{}".to_vec()));
    let foreign = forger.sign(None, b"{}").expect("signs");
    let signature = foreign.rsplit_once('.').expect("three parts").1;
    let (signed, _) = genuine.rsplit_once('.').expect("three parts");
    assert_eq!(verify(&format!("{signed}.{signature}")), Err(JwtError::Signature));
}

#[test]
fn jku_x5u_and_x5c_are_not_read() {
    for member in ["jku", "x5u", "x5c", "x5t", "x5t#S256"] {
        let token = signed(&json!({"alg": "ES256", member: "https://evil.example"}).to_string(), "{}");
        let jws = CompactJws::parse(&token).expect("well-formed");
        assert!(!format!("{:?}", jws.header()).contains("evil"));
        assert!(jws.verify(&ES256.verifies).is_ok(), "{member}");
        assert_eq!(jws.verify(&pair(SigningAlg::Es256).verifies), Err(JwtError::Signature), "{member}");
    }
}

/// A `kid` is a name to look up, whatever is in it.
#[test]
fn a_kid_is_only_a_name() {
    for kid in ["../../../dev/null", "' OR 1=1 --", "https://evil.example/k", "\u{0}", ""] {
        let token = signed(&json!({"alg": "ES256", "kid": kid}).to_string(), "{}");
        assert_eq!(CompactJws::parse(&token).expect("well-formed").header().kid.as_deref(), Some(kid));
    }
}

#[test]
fn crit_with_anything_in_it() {
    for crit in [r#"["exp"]"#, r#"["b64"]"#, "[]", "null", r#""x""#] {
        assert_eq!(with_header(&format!(r#"{{"alg":"ES256","crit":{crit},"exp":1}}"#)), Err(JwtError::Crit));
    }
}

#[test]
fn b64_true_or_false() {
    assert_eq!(with_header(r#"{"alg":"ES256","b64":false}"#), Err(JwtError::B64));
    assert_eq!(with_header(r#"{"alg":"ES256","b64":true}"#), Err(JwtError::B64));
    assert_eq!(with_header(r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#), Err(JwtError::Crit));
}

#[test]
fn duplicate_header_members() {
    for (header, twice) in [
        (r#"{"alg":"none","alg":"ES256"}"#, "alg"),
        (r#"{"alg":"ES256","alg":"none"}"#, "alg"),
        (r#"{"alg":"ES256","\u0061lg":"ES256"}"#, "alg"),
        (r#"{"alg":"ES256","x":{"y":1,"y":1}}"#, "y"),
    ] {
        assert_eq!(with_header(header), Err(JwtError::Duplicate(Part::Header, twice.to_owned())), "{header}");
    }
}

#[test]
fn header_members_of_another_type() {
    for member in ["kid", "typ", "cty"] {
        for value in ["1", "null", "[]", "{}"] {
            let header = format!(r#"{{"alg":"ES256","{member}":{value}}}"#);
            assert_eq!(with_header(&header), Err(JwtError::HeaderType(member)), "{header}");
        }
    }
}

#[test]
fn a_header_that_is_no_object() {
    for header in ["", "null", "[]", "\"alg\"", "{", r#"{"alg":"ES256"} {}"#, "\u{feff}{\"alg\":\"ES256\"}"] {
        assert_eq!(with_header(header), Err(JwtError::NotObject(Part::Header)), "{header:?}");
    }
    let deep = format!(r#"{{"alg":"ES256","x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    assert_eq!(with_header(&deep), Err(JwtError::TooDeep(Part::Header)));
}

#[test]
fn other_than_three_parts() {
    for token in ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "...", "...."] {
        assert_eq!(verify(token), Err(JwtError::NotThreeParts), "{token:?}");
    }
}

/// One token has one spelling: no padding, no other alphabet, no space, and no bits left over.
#[test]
fn base64url_in_another_spelling() {
    let token = signed(r#"{"alg":"ES256"}"#, "{}");
    let parts: Vec<&str> = token.split('.').collect();
    for (at, part) in [Part::Header, Part::Payload, Part::Signature].into_iter().enumerate() {
        for spelling in [
            format!("{}=", parts[at]),
            format!("{}==", parts[at]),
            format!(" {}", parts[at]),
            format!("{}\n", parts[at]),
            format!("+{}", parts[at]),
            format!("/{}", parts[at]),
        ] {
            let mut respelled = parts.clone();
            respelled[at] = &spelling;
            assert_eq!(verify(&respelled.join(".")), Err(JwtError::Encoding(part)), "{spelling:?}");
        }
    }
    // "e30" is {}; the last character of "e31" has a bit that means nothing.
    let respelled = token.replacen(".e30.", ".e31.", 1);
    assert_ne!(respelled, token);
    assert_eq!(verify(&respelled), Err(JwtError::Encoding(Part::Payload)));
}

#[test]
fn a_token_beyond_64_kb() {
    let token = signed(r#"{"alg":"ES256"}"#, &" ".repeat(64 * 1024));
    assert_eq!(verify(&token), Err(JwtError::TooLong));
    assert!(verify(&signed(r#"{"alg":"ES256"}"#, &" ".repeat(40 * 1024))).is_ok());
}

#[test]
fn typ_is_read_in_any_case_and_with_its_prefix() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        let token = signed(&json!({"alg": "ES256", "typ": typ}).to_string(), "{}");
        assert!(CompactJws::parse(&token).expect("well-formed").header().typ_is("at+jwt"), "{typ}");
    }
    for typ in ["jwt", "at+jwt ", "application/application/at+jwt", "x/at+jwt", "application/", ""] {
        let token = signed(&json!({"alg": "ES256", "typ": typ}).to_string(), "{}");
        assert!(!CompactJws::parse(&token).expect("well-formed").header().typ_is("at+jwt"), "{typ}");
    }
}

#[test]
fn every_alg_signs_what_it_verifies_and_nothing_else() {
    for signer in ALL.iter() {
        let token = signer.signs.sign(Some("JWT"), b"payload").expect("signs");
        let jws = CompactJws::parse(&token).expect("well-formed");
        assert_eq!(jws.header().alg, signer.signs.alg());
        for verifier in ALL.iter() {
            let same = verifier.signs.alg() == signer.signs.alg();
            let expected =
                if same { Ok(&b"payload"[..]) } else { Err(JwtError::AlgDiffers(signer.signs.alg())) };
            assert_eq!(jws.verify(&verifier.verifies), expected);
        }
    }
    assert!(RS256.verifies.verifies(SigningAlg::Rs256) && !RS256.verifies.verifies(SigningAlg::Ps256));
}
