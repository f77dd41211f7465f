//! security.md 54: encrypted tokens that must be refused, each for its own reason; and that what is encrypted comes back,
//! and nothing else does.

use std::sync::LazyLock;

use hallpass_proto::env::Env;
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use hallpass_proto::jose::jwe::{
    CompactJwe, Content, DecryptingKey, EcdhCurve, EncryptingKey, JweError, PrivateKeyType,
};
use hallpass_proto::jose::jwk::{EcCurve, Jwk, JwkSet, KeyRejected};
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::jose::jwt::{JwtError, Part};
use hallpass_proto::secret::Secret;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{ES256, SECRET, b64, octets, with};

static RSA: LazyLock<DecryptingKey> =
    LazyLock::new(|| DecryptingKey::generate(PrivateKeyType::Rsa).expect("a key"));
static P256: LazyLock<DecryptingKey> = LazyLock::new(|| on(EcdhCurve::Ec(EcCurve::P256)));

const DIRECT: Encryption = Encryption { alg: KeyManagementAlg::Dir, enc: ContentEncryptionAlg::A256Gcm };
const AGREED: Encryption =
    Encryption { alg: KeyManagementAlg::EcdhEs, enc: ContentEncryptionAlg::A128CbcHs256 };

fn on(curve: EcdhCurve) -> DecryptingKey {
    DecryptingKey::generate(PrivateKeyType::Ecdh(curve)).expect("a key")
}

fn secret() -> Secret {
    Secret::from(std::str::from_utf8(SECRET).expect("text"))
}

/// Both halves for a pair of algorithms; of curves, the one that comes `curve`-th.
fn pair(encryption: Encryption, curve: usize) -> (EncryptingKey, DecryptingKey) {
    if encryption.alg.is_symmetric() {
        return (
            EncryptingKey::from_client_secret(encryption, &secret()).expect("a key"),
            DecryptingKey::from_client_secret(encryption, &secret()).expect("a key"),
        );
    }
    let key = match encryption.alg {
        KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256 => {
            let bytes = RSA.to_bytes().expect("prints");
            DecryptingKey::from_bytes(PrivateKeyType::Rsa, bytes.expose()).expect("a key")
        }
        _ => on(EcdhCurve::ALL[curve % EcdhCurve::ALL.len()]),
    };
    (EncryptingKey::from_jwk(encryption, key.public_jwk().expect("a public half")).expect("a key"), key)
}

fn every_pair() -> impl Iterator<Item = Encryption> {
    let encs = |alg| ContentEncryptionAlg::ALL.into_iter().map(move |enc| Encryption { alg, enc });
    KeyManagementAlg::ALL.into_iter().flat_map(encs)
}

fn encrypt(key: &EncryptingKey, plaintext: &[u8]) -> String {
    key.encrypt(&Content { typ: None, cty: None, plaintext }, &Env::system()).expect("encrypts")
}

fn decrypt(token: &str, key: &DecryptingKey, agreed: Encryption) -> Result<Vec<u8>, JweError> {
    CompactJwe::parse(token)?.decrypt(key, &[agreed.alg], &[agreed.enc])
}

/// A token of the direct key with another header; its tag is that of the old one.
fn with_header(header: &str) -> String {
    let (key, _) = pair(DIRECT, 0);
    let token = encrypt(&key, b"content");
    let (_, rest) = token.split_once('.').expect("parts");
    format!("{}.{rest}", b64(header))
}

/// P15: whatever two parties agree on, on every curve.
#[test]
fn what_is_encrypted_is_decrypted_by_every_pair_of_algorithms() {
    for encryption in every_pair() {
        for curve in 0..EcdhCurve::ALL.len() {
            let (encrypts, decrypts) = pair(encryption, curve);
            for content in [&b""[..], b"x", &[7; 15], &[7; 16], &[7; 5000]] {
                let token = encrypt(&encrypts, content);
                assert_eq!(decrypt(&token, &decrypts, encryption).as_deref(), Ok(content), "{encryption:?}");
            }
        }
    }
}

#[test]
fn a_signed_token_travels_inside_and_the_header_says_so() {
    let (encrypts, decrypts) = pair(AGREED, 0);
    let jws = ES256.signs.sign(Some("JWT"), b"{}").expect("signs");
    let content = Content { typ: None, cty: Some("JWT"), plaintext: jws.as_bytes() };
    let token = encrypts.encrypt(&content, &Env::system()).expect("encrypts");
    let jwe = CompactJwe::parse(&token).expect("a token");
    assert_eq!(jwe.header().cty.as_deref(), Some("JWT"));
    assert_eq!(jwe.header().kid, decrypts.public_jwk().and_then(|jwk| jwk.kid.clone()));
    let inside = String::from_utf8(decrypt(&token, &decrypts, AGREED).expect("decrypts")).expect("text");
    assert_eq!(CompactJws::parse(&inside).expect("a token").verify(&ES256.verifies), Ok(&b"{}"[..]));
}

/// Depth 1: what is inside is a signed token, never another encrypted one.
#[test]
fn an_encrypted_token_inside_is_not_read_as_a_signed_one() {
    let (encrypts, decrypts) = pair(DIRECT, 0);
    let inner = encrypt(&encrypts, b"content");
    let token = encrypt(&encrypts, inner.as_bytes());
    let inside = String::from_utf8(decrypt(&token, &decrypts, DIRECT).expect("decrypts")).expect("text");
    assert_eq!(CompactJws::parse(&inside).expect_err("refused"), JwtError::NotThreeParts);
}

#[test]
fn a_key_is_fresh_for_every_token() {
    for encryption in every_pair() {
        let (encrypts, _) = pair(encryption, 0);
        let (one, other) = (encrypt(&encrypts, b"the same"), encrypt(&encrypts, b"the same"));
        assert_ne!(one.split('.').nth(2), other.split('.').nth(2), "{encryption:?}: one IV");
        assert_ne!(one.split('.').nth(3), other.split('.').nth(3), "{encryption:?}: one ciphertext");
    }
}

#[test]
fn every_changed_byte_is_refused() {
    for encryption in [
        DIRECT,
        AGREED,
        Encryption { alg: KeyManagementAlg::RsaOaep256, enc: ContentEncryptionAlg::A256CbcHs512 },
        Encryption { alg: KeyManagementAlg::EcdhEsA256Kw, enc: ContentEncryptionAlg::A128Gcm },
        Encryption { alg: KeyManagementAlg::A128Kw, enc: ContentEncryptionAlg::A192CbcHs384 },
    ] {
        let (encrypts, decrypts) = pair(encryption, 0);
        let token = encrypt(&encrypts, b"some content of some length");
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(decrypt(&changed, &decrypts, encryption).is_err(), "{encryption:?} byte {at}: {changed}");
        }
        for length in 0..token.len() {
            assert!(
                decrypt(&token[..length], &decrypts, encryption).is_err(),
                "{encryption:?} cut to {length}"
            );
        }
    }
}

#[test]
fn another_key_does_not_decrypt() {
    let other_rsa =
        DecryptingKey::generate(PrivateKeyType::Rsa).and_then(|key| key.to_bytes()).expect("a key");
    for encryption in every_pair() {
        let (encrypts, _) = pair(encryption, 0);
        let token = encrypt(&encrypts, b"content");
        let other = match encryption.alg {
            alg if alg.is_symmetric() => {
                DecryptingKey::from_client_secret(encryption, &Secret::from("another secret")).expect("a key")
            }
            KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256 => {
                DecryptingKey::from_bytes(PrivateKeyType::Rsa, other_rsa.expose()).expect("a key")
            }
            _ => on(EcdhCurve::Ec(EcCurve::P256)),
        };
        assert_eq!(decrypt(&token, &other, encryption), Err(JweError::Undecryptable), "{encryption:?}");
        // Nor one of another type.
        let wrong = if encryption.alg.is_symmetric() { &*RSA } else { &pair(DIRECT, 0).1 };
        assert_eq!(decrypt(&token, wrong, encryption), Err(JweError::Undecryptable), "{encryption:?}");
    }
}

/// RFC 8725 §3.1: what a token says is held against what was agreed on.
#[test]
fn only_agreed_algorithms_are_taken() {
    let (encrypts, decrypts) = pair(AGREED, 0);
    let token = encrypt(&encrypts, b"content");
    let jwe = CompactJwe::parse(&token).expect("a token");
    let refused = Err(JweError::NotAgreed { alg: AGREED.alg, enc: AGREED.enc });
    assert_eq!(jwe.decrypt(&decrypts, &[KeyManagementAlg::EcdhEsA128Kw], &[AGREED.enc]), refused);
    assert_eq!(jwe.decrypt(&decrypts, &[AGREED.alg], &[ContentEncryptionAlg::A128Gcm]), refused);
    assert_eq!(jwe.decrypt(&decrypts, &[], &[]), refused);
}

/// A secret that is agreed on for one pair of algorithms is no key for another, although the bytes would fit.
#[test]
fn a_shared_key_is_for_one_pair() {
    let wrapping = Encryption { alg: KeyManagementAlg::A256Kw, enc: ContentEncryptionAlg::A256Gcm };
    let key = Secret::new(vec![7; 32]);
    let token = encrypt(&EncryptingKey::shared(DIRECT, key.clone()).expect("a key"), b"content");
    let other = DecryptingKey::shared(wrapping, key).expect("a key");
    assert_eq!(decrypt(&token, &other, DIRECT), Err(JweError::Undecryptable));
}

#[test]
fn weak_and_unknown_algorithms_are_refused() {
    for alg in ["RSA1_5", "PBES2-HS256+A128KW", "A128GCMKW", "none", "DIR", ""] {
        let token = with_header(&json!({"alg": alg, "enc": "A256GCM", "p2c": 1_000_000_000}).to_string());
        assert!(matches!(CompactJwe::parse(&token), Err(JweError::Unknown(_))), "{alg}");
    }
    for enc in ["A128CBC+HS256", "a256gcm", "none"] {
        let token = with_header(&json!({"alg": "dir", "enc": enc}).to_string());
        assert!(matches!(CompactJwe::parse(&token), Err(JweError::Unknown(_))), "{enc}");
    }
}

#[test]
fn a_header_that_must_not_be_is_refused() {
    let p256 = serde_json::to_value(P256.public_jwk()).expect("prints");
    for (header, why) in [
        (r#"{"enc":"A256GCM"}"#.to_owned(), JweError::Missing("alg")),
        (r#"{"alg":"dir"}"#.to_owned(), JweError::Missing("enc")),
        (r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#.to_owned(), JweError::Zip),
        (r#"{"alg":"dir","enc":"A256GCM","crit":["x"]}"#.to_owned(), JweError::Header(JwtError::Crit)),
        (
            r#"{"alg":"dir","alg":"ECDH-ES","enc":"A256GCM"}"#.to_owned(),
            JweError::Header(JwtError::Duplicate(Part::Header, "alg".to_owned())),
        ),
        (r#"{"alg":1,"enc":"A256GCM"}"#.to_owned(), JweError::Header(JwtError::HeaderType("alg"))),
        ("[]".to_owned(), JweError::Header(JwtError::NotObject(Part::Header))),
        (json!({"alg": "ECDH-ES", "enc": "A256GCM", "epk": "x"}).to_string(), JweError::Epk),
        (
            json!({"alg": "ECDH-ES", "enc": "A256GCM", "epk": with(p256, "d", json!("AA"))}).to_string(),
            JweError::Epk,
        ),
        (r#"{"alg":"ECDH-ES","enc":"A256GCM","apu":"="}"#.to_owned(), JweError::Encoding("apu")),
    ] {
        assert_eq!(CompactJwe::parse(&with_header(&header)).expect_err("refused"), why, "{header}");
    }
}

#[test]
fn other_forms_are_refused() {
    let token = encrypt(&pair(DIRECT, 0).0, b"content");
    assert_eq!(CompactJwe::parse("").expect_err("refused"), JweError::NotFiveParts);
    assert_eq!(
        CompactJwe::parse("....").expect_err("refused"),
        JweError::Header(JwtError::NotObject(Part::Header))
    );
    assert_eq!(CompactJwe::parse(&format!("{token}.")).expect_err("refused"), JweError::NotFiveParts);
    assert_eq!(
        CompactJwe::parse(&format!("{token}=")).expect_err("refused"),
        JweError::Encoding("authentication tag")
    );
    let long = format!("{token}{}", "A".repeat(128 * 1024));
    assert_eq!(CompactJwe::parse(&long).expect_err("refused"), JweError::TooLong);
}

/// RFC 7516 §5.2 (10): a direct key has no encrypted key beside it, and any other has one.
#[test]
fn an_encrypted_key_stands_where_it_belongs() {
    let (encrypts, decrypts) = pair(DIRECT, 0);
    let token = encrypt(&encrypts, b"content").replacen("..", ".AAAAAAAA.", 1);
    assert_eq!(decrypt(&token, &decrypts, DIRECT), Err(JweError::Undecryptable));
    let wrapped = Encryption { alg: KeyManagementAlg::A128Kw, ..DIRECT };
    let (encrypts, decrypts) = pair(wrapped, 0);
    let token = encrypt(&encrypts, b"content");
    let parts: Vec<&str> = token.split('.').collect();
    let without = format!("{}..{}.{}.{}", parts[0], parts[2], parts[3], parts[4]);
    assert_eq!(decrypt(&without, &decrypts, wrapped), Err(JweError::Undecryptable));
}

/// An agreement with a point that is not on the curve would tell of the private key, piece by piece.
#[test]
fn a_point_off_the_curve_is_never_agreed_with() {
    let jwk = serde_json::to_value(P256.public_jwk()).expect("prints");
    let mut y = octets(jwk["y"].as_str().expect("text"));
    y[31] ^= 1;
    let off: Jwk = serde_json::from_value(with(jwk.clone(), "y", json!(b64(y)))).expect("a key");
    assert_eq!(EncryptingKey::from_jwk(AGREED, &off).expect_err("refused"), KeyRejected::Point);
    // From a sender too: of the curve, of another curve, and none.
    let other = serde_json::to_value(on(EcdhCurve::Ec(EcCurve::P384)).public_jwk()).expect("prints");
    for epk in [serde_json::to_value(&off).expect("prints"), other, Value::Null] {
        let mut header = json!({"alg": "ECDH-ES", "enc": "A128CBC-HS256"});
        if !epk.is_null() {
            header["epk"] = epk;
        }
        let token =
            format!("{}..{}.{}.{}", b64(header.to_string()), b64([7; 16]), b64([7; 16]), b64([7; 16]));
        assert_eq!(decrypt(&token, &P256, AGREED), Err(JweError::Undecryptable), "{header}");
    }
}

/// RFC 7748 §6.1: these make every agreement zero.
#[test]
fn a_point_of_small_order_is_never_agreed_with() {
    let mut one = [0; 32];
    one[0] = 1;
    for x in [[0; 32], one] {
        let jwk = json!({"kty": "OKP", "crv": "X25519", "x": b64(x)});
        let jwk: Jwk = serde_json::from_value(jwk).expect("a key");
        assert_eq!(EncryptingKey::from_jwk(AGREED, &jwk).expect_err("refused"), KeyRejected::Point);
    }
}

#[test]
fn a_key_that_is_for_something_else_does_not_encrypt() {
    let good = serde_json::to_value(P256.public_jwk()).expect("prints");
    let alg = AGREED.alg;
    for (name, value, why) in [
        ("use", json!("sig"), KeyRejected::UseNotEnc),
        ("key_ops", json!(["verify"]), KeyRejected::KeyOpsNotEnc),
        ("alg", json!("ECDH-ES+A128KW"), KeyRejected::EncryptionAlg(alg)),
        ("alg", json!("ES256"), KeyRejected::EncryptionAlg(alg)),
    ] {
        let jwk: Jwk = serde_json::from_value(with(good.clone(), name, value)).expect("a key");
        assert_eq!(EncryptingKey::from_jwk(AGREED, &jwk).expect_err("refused"), why);
    }
    let signs = ES256.signs.public_jwk().expect("a public half");
    assert_eq!(EncryptingKey::from_jwk(AGREED, signs).expect_err("refused"), KeyRejected::UseNotEnc);
    let rsa = RSA.public_jwk().expect("a public half");
    assert_eq!(EncryptingKey::from_jwk(AGREED, rsa).expect_err("refused"), KeyRejected::EncryptionAlg(alg));
    let ed25519 = json!({"kty": "OKP", "crv": "Ed25519", "x": b64([9; 32])});
    let ed25519: Jwk = serde_json::from_value(ed25519).expect("a key");
    assert_eq!(
        EncryptingKey::from_jwk(AGREED, &ed25519).expect_err("refused"),
        KeyRejected::EncryptionAlg(alg)
    );
    let weak: Jwk =
        serde_json::from_value(json!({"kty": "RSA", "n": b64([0xff; 128]), "e": "AQAB"})).expect("a key");
    let oaep = Encryption { alg: KeyManagementAlg::RsaOaep, ..AGREED };
    assert_eq!(EncryptingKey::from_jwk(oaep, &weak).expect_err("refused"), KeyRejected::RsaSize(1024));
}

#[test]
fn the_best_key_of_a_set_is_chosen() {
    let jwk = |members: Value| {
        let mut jwk = serde_json::to_value(on(EcdhCurve::Ec(EcCurve::P256)).public_jwk()).expect("prints");
        for (name, value) in members.as_object().expect("an object") {
            jwk = with(jwk, name, value.clone());
        }
        jwk
    };
    let choose = |keys: Vec<Value>| {
        let set = JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).expect("a set");
        EncryptingKey::choose(AGREED, &set.keys).map(|key| {
            let token = encrypt(&key, b"");
            CompactJwe::parse(&token).expect("a token").header().kid.clone().expect("a kid")
        })
    };
    let signs = serde_json::to_value(ES256.signs.public_jwk()).expect("prints");
    let any = jwk(json!({"kid": "any", "use": null}));
    let enc = jwk(json!({"kid": "enc"}));
    let exact = jwk(json!({"kid": "exact", "alg": "ECDH-ES"}));
    let other = jwk(json!({"kid": "other", "alg": "ECDH-ES+A128KW"}));
    assert_eq!(choose(vec![]), None);
    assert_eq!(choose(vec![signs.clone(), other.clone()]), None);
    assert_eq!(choose(vec![signs.clone(), other.clone(), any.clone()]).as_deref(), Some("any"));
    assert_eq!(choose(vec![any.clone(), enc.clone()]).as_deref(), Some("enc"));
    let signing = vec![signs.clone(); 20].into_iter().chain([any.clone()]).collect();
    assert_eq!(choose(signing).as_deref(), Some("any"), "what cannot fit costs no try");
    let off_curve = jwk(json!({"kid": "off", "y": enc["x"]}));
    for (bad, chosen) in [(7, Some("enc")), (8, None)] {
        let keys = vec![off_curve.clone(); bad].into_iter().chain([enc.clone()]).collect();
        assert_eq!(choose(keys).as_deref(), chosen, "after {bad} that are no points");
    }
    assert_eq!(choose(vec![signs, any, enc, other, exact]).as_deref(), Some("exact"));
}

#[test]
fn private_keys_come_back_as_they_went() {
    let types = EcdhCurve::ALL.into_iter().map(PrivateKeyType::Ecdh).chain([PrivateKeyType::Rsa]);
    for key_type in types {
        let key = DecryptingKey::generate(key_type).expect("a key");
        let bytes = key.to_bytes().expect("prints");
        let again = DecryptingKey::from_bytes(key_type, bytes.expose()).expect("a key");
        assert_eq!(key.public_jwk(), again.public_jwk());
        let jwk = serde_json::to_string(key.public_jwk().expect("a public half")).expect("prints");
        assert!(!jwk.contains("\"d\""), "{jwk}");
        assert!(!format!("{key:?}").contains(&b64(bytes.expose())));
        assert_eq!(
            DecryptingKey::from_bytes(key_type, &bytes.expose()[1..]).expect_err("refused"),
            KeyRejected::PrivateKey
        );
    }
    assert!(pair(DIRECT, 0).1.to_bytes().is_err());
}

#[test]
fn a_shared_key_has_the_length_of_its_algorithm() {
    for (encryption, needed) in [
        (DIRECT, 32),
        (Encryption { enc: ContentEncryptionAlg::A256CbcHs512, ..DIRECT }, 64),
        (Encryption { alg: KeyManagementAlg::A128Kw, ..DIRECT }, 16),
        (Encryption { alg: KeyManagementAlg::A256Kw, ..DIRECT }, 32),
    ] {
        let shared = |length| EncryptingKey::shared(encryption, Secret::new(vec![7; length]));
        assert!(shared(needed).is_ok());
        for length in [0, needed - 1, needed + 1] {
            assert_eq!(shared(length).expect_err("refused"), KeyRejected::SharedKeyLength { length, needed });
        }
    }
    assert!(EncryptingKey::shared(AGREED, Secret::new(vec![7; 32])).is_err());
}

/// OpenID Connect Core §10.2: the left end of the hash, whatever the length of the secret.
#[test]
fn the_key_in_a_client_secret() {
    for (encryption, hash) in [
        (Encryption { alg: KeyManagementAlg::A128Kw, ..DIRECT }, &aws_lc_rs::digest::SHA256),
        (DIRECT, &aws_lc_rs::digest::SHA256),
        (Encryption { enc: ContentEncryptionAlg::A192CbcHs384, ..DIRECT }, &aws_lc_rs::digest::SHA384),
        (Encryption { enc: ContentEncryptionAlg::A256CbcHs512, ..DIRECT }, &aws_lc_rs::digest::SHA512),
    ] {
        let token =
            encrypt(&EncryptingKey::from_client_secret(encryption, &secret()).expect("a key"), b"content");
        let hash = aws_lc_rs::digest::digest(hash, SECRET);
        let length = if encryption.alg == KeyManagementAlg::A128Kw { 16 } else { encryption.enc.key_len() };
        let key = Secret::new(hash.as_ref()[..length].to_vec());
        let key = DecryptingKey::shared(encryption, key).expect("a key");
        assert_eq!(decrypt(&token, &key, encryption).as_deref(), Ok(&b"content"[..]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_content_comes_back(content in proptest::collection::vec(any::<u8>(), 0..400), at in 0..48usize, curve in 0..4usize) {
        let encryption = every_pair().nth(at).expect("one of 48");
        let (encrypts, decrypts) = pair(encryption, curve);
        prop_assert_eq!(decrypt(&encrypt(&encrypts, &content), &decrypts, encryption), Ok(content));
    }

    #[test]
    fn any_text_is_a_token_or_not(text in ".{0,160}") {
        let _ = CompactJwe::parse(&text);
    }

    /// With a header that is read, so that what is behind it is looked at too.
    #[test]
    fn any_parts_are_refused(key in "[A-Za-z0-9_-]{0,40}", iv in "[A-Za-z0-9_-]{0,24}", text in "[A-Za-z0-9_-]{0,60}", tag in "[A-Za-z0-9_-]{0,24}") {
        for agreed in [DIRECT, AGREED] {
            let mut header = json!({"alg": agreed.alg, "enc": agreed.enc});
            header["epk"] = serde_json::to_value(P256.public_jwk()).expect("prints");
            let token = format!("{}.{key}.{iv}.{text}.{tag}", b64(header.to_string()));
            let (_, decrypts) = pair(agreed, 0);
            prop_assert!(decrypt(&token, &decrypts, agreed).is_err());
        }
    }
}
