//! security.md 53: keys that must be refused, each for its own reason; and keys that come back as they went.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::{Jwk, JwkSet, JwkSetError, KeyParams, KeyRejected};
use hallpass_proto::jose::jws::{CompactJws, SigningKey, VerifyingKey};
use hallpass_proto::jose::jwt::JwtError;
use serde_json::{Value, json};

use crate::world::{ALL, ES256, RS256, SECRET, b64, pair, with};

fn es256() -> Value {
    serde_json::to_value(ES256.signs.public_jwk()).expect("prints")
}

fn rs256() -> Value {
    serde_json::to_value(RS256.signs.public_jwk()).expect("prints")
}

fn rsa(n: &[u8], e: &[u8]) -> Value {
    json!({"kty": "RSA", "n": b64(n), "e": b64(e)})
}

fn modulus() -> Vec<u8> {
    let Some(KeyParams::Rsa { n, .. }) = RS256.signs.public_jwk().map(|jwk| jwk.params.clone()) else {
        unreachable!()
    };
    n
}

/// Reads the key and makes it ready to verify: what registration and use do.
fn load(jwk: &Value) -> Result<VerifyingKey, String> {
    let jwk: Jwk = serde_json::from_value(jwk.clone()).map_err(|e| e.to_string())?;
    VerifyingKey::from_jwk(&jwk).map_err(|e| e.to_string())
}

fn assert_refused(jwk: &Value, why: &KeyRejected) {
    assert_eq!(load(jwk).expect_err("must be refused"), why.to_string(), "{jwk}");
}

#[test]
fn the_keys_of_these_tests_are_good() {
    load(&es256()).expect("good");
    load(&rs256()).expect("good");
    load(&rsa(&modulus(), &[3])).expect("good");
}

#[test]
fn rsa_below_2048_and_beyond_8192_bits() {
    assert_refused(&rsa(&[0xff; 128], &[1, 0, 1]), &KeyRejected::RsaSize(1024));
    let mut short = vec![0xff; 256];
    short[0] = 0x7f;
    assert_refused(&rsa(&short, &[1, 0, 1]), &KeyRejected::RsaSize(2047));
    assert_refused(&rsa(&[0xff; 1025], &[1, 0, 1]), &KeyRejected::RsaSize(8200));
}

#[test]
fn rsa_with_an_exponent_of_one_or_even_or_huge() {
    for e in [&[1][..], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 0, 1]] {
        assert_refused(&rsa(&modulus(), e), &KeyRejected::RsaExponent);
    }
}

#[test]
fn rsa_with_an_even_modulus() {
    let mut n = modulus();
    *n.last_mut().expect("not empty") &= 0xfe;
    assert_refused(&rsa(&n, &[1, 0, 1]), &KeyRejected::RsaModulus);
}

/// 65537^128 has the structure of the keys of CVE-2017-15361, and 2049 bits.
#[test]
fn rsa_of_the_roca_generator() {
    let mut n = vec![1u8];
    for _ in 0..128 {
        let mut product = vec![0u8; n.len() + 2];
        product[..n.len()].copy_from_slice(&n);
        let mut carry = 0;
        for i in (0..product.len()).rev() {
            let sum = u16::from(product[i]) + if i >= 2 { u16::from(n[i - 2]) } else { 0 } + carry;
            (product[i], carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        n = product;
    }
    assert_refused(&rsa(&n, &[1, 0, 1]), &KeyRejected::Roca);
    *n.last_mut().expect("not empty") ^= 2;
    load(&rsa(&n, &[1, 0, 1])).expect("without the structure it is not refused for it");
}

#[test]
fn rsa_numbers_not_in_their_shortest_form() {
    assert_refused(&rsa(&[&[0], &modulus()[..]].concat(), &[1, 0, 1]), &KeyRejected::Encoding("n"));
    assert_refused(&rsa(&modulus(), &[0, 1, 0, 1]), &KeyRejected::Encoding("e"));
    assert_refused(&rsa(&[], &[1, 0, 1]), &KeyRejected::Encoding("n"));
}

#[test]
fn a_point_off_its_curve() {
    let y = es256()["y"].as_str().map(|y| URL_SAFE_NO_PAD.decode(y).expect("base64url")).expect("y");
    let mut moved = y.clone();
    moved[31] ^= 1;
    assert_refused(&with(es256(), "y", json!(b64(moved))), &KeyRejected::Point);
    let zero = json!(b64([0; 32]));
    assert_refused(&with(with(es256(), "x", zero.clone()), "y", zero), &KeyRejected::Point);
}

#[test]
fn a_coordinate_of_another_length() {
    assert_refused(&with(es256(), "x", json!(b64([1; 31]))), &KeyRejected::CoordinateLength("x"));
    assert_refused(&with(es256(), "y", json!(b64([1; 33]))), &KeyRejected::CoordinateLength("y"));
    assert_refused(&with(es256(), "crv", json!("P-384")), &KeyRejected::CoordinateLength("x"));
}

#[test]
fn an_ed25519_key_of_small_order() {
    let point = |first: u8, middle: u8, last: u8| {
        let mut x = [middle; 32];
        (x[0], x[31]) = (first, last);
        x
    };
    let order_8 = "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o";
    let order_8: [u8; 32] = URL_SAFE_NO_PAD.decode(order_8).expect("base64url").try_into().expect("32 bytes");
    for x in [
        point(0, 0, 0),
        point(1, 0, 0),
        point(1, 0, 0x80),
        point(0xec, 0xff, 0x7f),
        point(0xee, 0xff, 0xff),
        order_8,
    ] {
        assert_refused(&json!({"kty": "OKP", "crv": "Ed25519", "x": b64(x)}), &KeyRejected::Point);
    }
}

#[test]
fn an_alg_that_does_not_fit_the_curve_or_type() {
    for alg in ["ES384", "RS256", "EdDSA", "HS256", "ECDH-ES", "none"] {
        assert_refused(&with(es256(), "alg", json!(alg)), &KeyRejected::Alg);
    }
    for alg in ["ES256", "HS256", "RSA-OAEP", "none", ""] {
        assert_refused(&with(rs256(), "alg", json!(alg)), &KeyRejected::Alg);
    }
    assert_refused(&json!({"kty": "OKP", "crv": "X25519", "x": b64([9; 32])}), &KeyRejected::Alg);
    assert_refused(&json!({"kty": "OKP", "crv": "X448", "x": b64([9; 56])}), &KeyRejected::CrvUnknown);
    assert_refused(&with(es256(), "crv", json!("secp256k1")), &KeyRejected::CrvUnknown);
}

#[test]
fn a_key_for_another_use() {
    assert_refused(&with(es256(), "use", json!("enc")), &KeyRejected::Use);
    assert_refused(&with(es256(), "key_ops", json!(["encrypt", "deriveKey"])), &KeyRejected::KeyOps);
    assert_refused(&with(es256(), "key_ops", json!([])), &KeyRejected::KeyOps);
    load(&with(es256(), "key_ops", json!(["verify"]))).expect("good");
}

#[test]
fn a_key_with_private_or_symmetric_members() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [json!("AQAB"), json!(1), json!({})] {
            let refused = load(&with(rs256(), member, value)).expect_err("must be refused");
            assert!(refused.contains(&format!("private member {member}")), "{refused}");
        }
    }
    let null = rs256().to_string().replacen('{', "{\"d\":null,", 1);
    assert!(serde_json::from_str::<Jwk>(&null).is_err());
    assert!(load(&json!({"kty": "oct", "k": ""})).is_err());
    assert_refused(&json!({"kty": "oct"}), &KeyRejected::KtyUnknown);
}

#[test]
fn an_empty_or_short_secret() {
    for (alg, needed) in [(SigningAlg::Hs256, 32), (SigningAlg::Hs384, 48), (SigningAlg::Hs512, 64)] {
        for length in [0, 1, needed - 1] {
            let refused = KeyRejected::HmacSecretShort { alg, length, needed };
            assert_eq!(VerifyingKey::hmac(alg, &SECRET[..length]).err(), Some(refused.clone()));
            assert_eq!(SigningKey::hmac(alg, &SECRET[..length]).err(), Some(refused));
        }
        VerifyingKey::hmac(alg, &SECRET[..needed]).expect("long enough");
    }
    assert_eq!(
        VerifyingKey::hmac(SigningAlg::Rs256, SECRET).err(),
        Some(KeyRejected::NotSymmetric(SigningAlg::Rs256))
    );
    assert_eq!(
        SigningKey::generate(SigningAlg::Hs256).err(),
        Some(KeyRejected::Symmetric(SigningAlg::Hs256))
    );
}

/// The key says what it verifies: an RSA key without `alg` is still not a secret for HMAC.
#[test]
fn hs256_under_a_public_key() {
    let der =
        RS256.signs.public_jwk().map(|jwk| serde_json::to_vec(jwk).expect("prints")).expect("a public half");
    let forged = SigningKey::hmac(SigningAlg::Hs256, &der).expect("a key").sign(None, b"{}").expect("signs");
    let jws = CompactJws::parse(&forged).expect("well-formed");
    let without_alg = load(&with(rs256(), "alg", Value::Null)).expect("good");
    for key in [&RS256.verifies, &ES256.verifies, &without_alg] {
        assert_eq!(jws.verify(key), Err(JwtError::AlgDiffers(SigningAlg::Hs256)));
    }
}

#[test]
fn an_rsa_key_verifies_its_alg_or_all_of_its_type() {
    let algs = |jwk: &Value| load(jwk).expect("good").algs().collect::<Vec<_>>();
    assert_eq!(algs(&rs256()), [SigningAlg::Rs256]);
    assert_eq!(algs(&with(rs256(), "alg", json!("PS384"))), [SigningAlg::Ps384]);
    assert_eq!(algs(&with(rs256(), "alg", Value::Null)), SigningAlg::ALL[..6]);
    assert_eq!(algs(&with(es256(), "alg", Value::Null)), [SigningAlg::Es256]);
}

#[test]
fn a_key_pair_comes_back_from_pkcs8() {
    for before in ALL.iter().map(|pair| &pair.signs).filter(|key| !key.alg().is_symmetric()) {
        let after =
            SigningKey::from_pkcs8(before.alg(), before.to_pkcs8().expect("prints").expose()).expect("reads");
        assert_eq!(after.public_jwk(), before.public_jwk());
        assert_eq!(after.kid(), before.public_jwk().expect("a public half").thumbprint());
        let other = if before.alg() == SigningAlg::EdDsa { SigningAlg::Es256 } else { SigningAlg::EdDsa };
        let der = before.to_pkcs8().expect("prints");
        assert_eq!(SigningKey::from_pkcs8(other, der.expose()).err(), Some(KeyRejected::Pkcs8(other)));
    }
    assert!(SigningKey::from_pkcs8(SigningAlg::Es256, b"").is_err());
    let p384 = pair(SigningAlg::Es384).signs.to_pkcs8().expect("prints");
    assert!(SigningKey::from_pkcs8(SigningAlg::Es256, p384.expose()).is_err());
}

#[test]
fn another_kid_stands_in_tokens_and_in_the_public_key() {
    let key = pair(SigningAlg::Es256).signs.with_kid("a \"kid\"");
    assert_eq!(key.public_jwk().and_then(|jwk| jwk.kid.as_deref()), Some("a \"kid\""));
    for typ in [None, Some("at+jwt"), Some("secevent+jwt")] {
        let token = key.sign(typ, b"{}").expect("signs");
        let jws = CompactJws::parse(&token).expect("well-formed");
        assert_eq!((jws.header().kid.as_deref(), jws.header().typ.as_deref()), (Some("a \"kid\""), typ));
    }
}

#[test]
fn neither_key_prints_itself() {
    let printed = format!("{:?} {:?}", pair(SigningAlg::Hs256).signs, pair(SigningAlg::Hs256).verifies);
    assert!(!printed.contains("0123456789abcdef") && printed.contains("Hs256"), "{printed}");
}

#[test]
fn a_published_set_has_public_members_only() {
    let keys = ALL.iter().filter_map(|pair| pair.signs.public_jwk().cloned()).collect();
    let printed = serde_json::to_value(JwkSet { keys }).expect("prints");
    for key in printed["keys"].as_array().expect("keys") {
        for (name, _) in key.as_object().expect("an object") {
            assert!(
                ["kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"].contains(&name.as_str()),
                "{name}"
            );
        }
        assert_eq!(key["use"], "sig");
    }
    let read = JwkSet::parse(printed.to_string().as_bytes()).expect("a set");
    assert_eq!(serde_json::to_value(&read).expect("prints"), printed);
    let kid = ES256.signs.kid();
    assert!(JwkSet { keys: vec![ES256.signs.public_jwk().cloned().expect("a key")] }.find(kid).is_some());
}

#[test]
fn one_bad_key_never_spoils_the_others() {
    let bad = [
        json!({}),
        json!(1),
        json!(null),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        with(es256(), "x", json!("!")),
        with(es256(), "kid", json!(7)),
        with(es256(), "d", json!("AA")),
        with(rs256(), "n", Value::Null),
    ];
    let mut keys = bad.to_vec();
    keys.push(with(es256(), "unknown", json!({"x5c": [1]})));
    let set = JwkSet::parse(json!({"keys": keys, "other": 1}).to_string().as_bytes()).expect("a set");
    assert_eq!(set.keys.len(), 1);
    assert_eq!(set.find(ES256.signs.kid()), ES256.signs.public_jwk());
    assert_eq!(set.find("../../x"), None);
    assert_eq!(set.find("' OR 1=1 --"), None);
}

#[test]
fn a_set_is_bounded() {
    let set = |n: usize| json!({"keys": vec![es256(); n]}).to_string();
    assert_eq!(JwkSet::parse(set(100).as_bytes()).expect("a set").keys.len(), 100);
    assert_eq!(JwkSet::parse(set(101).as_bytes()), Err(JwkSetError::TooMany));
    let large = format!("{}{}", set(1), " ".repeat(256 * 1024));
    assert_eq!(JwkSet::parse(large.as_bytes()), Err(JwkSetError::TooLarge));
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]} x"#, "<html>"] {
        assert_eq!(JwkSet::parse(text.as_bytes()), Err(JwkSetError::NotSet), "{text}");
    }
}
