//! Content encryption — RFC 7518 §5: AES-CBC with HMAC (§5.2), AES-GCM (§5.3).

use aws_lc_rs::aead::{self, AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    self, AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use aws_lc_rs::iv::FixedLength;

use super::encryption::ContentEncryptionAlg;
use crate::env::Env;

/// What content becomes.
pub(crate) struct Sealed {
    pub(crate) iv: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// How it is done.
enum Suite {
    Cbc(&'static cipher::Algorithm, hmac::Algorithm),
    Gcm(&'static aead::Algorithm),
}

impl Suite {
    fn of(enc: ContentEncryptionAlg) -> Self {
        match enc {
            ContentEncryptionAlg::A128CbcHs256 => Self::Cbc(&AES_128, HMAC_SHA256),
            ContentEncryptionAlg::A192CbcHs384 => Self::Cbc(&AES_192, HMAC_SHA384),
            ContentEncryptionAlg::A256CbcHs512 => Self::Cbc(&AES_256, HMAC_SHA512),
            ContentEncryptionAlg::A128Gcm => Self::Gcm(&AES_128_GCM),
            ContentEncryptionAlg::A192Gcm => Self::Gcm(&AES_192_GCM),
            ContentEncryptionAlg::A256Gcm => Self::Gcm(&AES_256_GCM),
        }
    }

    fn iv_len(&self) -> usize {
        match self {
            Self::Cbc(cipher, _) => cipher.block_len(),
            Self::Gcm(aead) => aead.nonce_len(),
        }
    }
}

/// Encrypts under a fresh IV. None when the key does not have the length of `enc`, or the library fails.
///
/// §8.4: GCM under one key must never see an IV twice. A key is fresh for every token but with `dir`, where 96 random
/// bits are good for 2^32 tokens.
pub(crate) fn encrypt(
    enc: ContentEncryptionAlg,
    key: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    env: &Env,
) -> Option<Sealed> {
    let drawn = env.bytes::<16>();
    let (iv, _) = drawn.split_at_checked(Suite::of(enc).iv_len())?;
    seal(enc, key, iv, aad, plaintext)
}

fn seal(enc: ContentEncryptionAlg, key: &[u8], iv: &[u8], aad: &[u8], plaintext: &[u8]) -> Option<Sealed> {
    let mut ciphertext = plaintext.to_vec();
    let tag = match Suite::of(enc) {
        Suite::Cbc(cipher, mac) => {
            let (mac_key, key) = halves(enc, key)?;
            let key = UnboundCipherKey::new(cipher, key).ok()?;
            let context = EncryptionContext::Iv128(FixedLength::from(<[u8; 16]>::try_from(iv).ok()?));
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
            key.less_safe_encrypt(&mut ciphertext, context).ok()?;
            tag(mac, mac_key, [aad, iv, &ciphertext])
        }
        Suite::Gcm(aead) => {
            let key = LessSafeKey::new(UnboundKey::new(aead, key).ok()?);
            let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
            key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut ciphertext).ok()?.as_ref().to_vec()
        }
    };
    Some(Sealed { iv: iv.to_vec(), ciphertext, tag })
}

/// The content, if the tag is right. The tag is looked at first, and in constant time: whether the padding is right is
/// never learned from a token that somebody else has made.
pub(crate) fn decrypt(enc: ContentEncryptionAlg, key: &[u8], aad: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
    let Sealed { iv, ciphertext, tag: found } = sealed;
    match Suite::of(enc) {
        Suite::Cbc(cipher, mac) => {
            let (mac_key, key) = halves(enc, key)?;
            let iv: [u8; 16] = iv.as_slice().try_into().ok()?;
            verify_slices_are_equal(&tag(mac, mac_key, [aad, &iv, ciphertext]), found).ok()?;
            let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(cipher, key).ok()?).ok()?;
            let mut plaintext = ciphertext.clone();
            let length = key.decrypt(&mut plaintext, DecryptionContext::Iv128(iv.into())).ok()?.len();
            plaintext.truncate(length);
            Some(plaintext)
        }
        Suite::Gcm(aead) => {
            let key = LessSafeKey::new(UnboundKey::new(aead, key).ok()?);
            let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
            // The library finds the tag behind the ciphertext: where one ends and the other begins must be as it came.
            if found.len() != aead.tag_len() {
                return None;
            }
            let mut plaintext = [ciphertext.as_slice(), found].concat();
            let length = key.open_in_place(nonce, Aad::from(aad), &mut plaintext).ok()?.len();
            plaintext.truncate(length);
            Some(plaintext)
        }
    }
}

/// §5.2.2.1: `MAC_KEY` is the first half, `ENC_KEY` the second.
fn halves(enc: ContentEncryptionAlg, key: &[u8]) -> Option<(&[u8], &[u8])> {
    if key.len() == enc.key_len() { key.split_at_checked(key.len() / 2) } else { None }
}

/// §5.2.2.1: the first half of the HMAC over AAD, IV, ciphertext and the number of bits of the AAD.
fn tag(mac: hmac::Algorithm, key: &[u8], parts: [&[u8]; 3]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(mac, key));
    for part in parts {
        context.update(part);
    }
    context.update(&(parts[0].len() as u64 * 8).to_be_bytes());
    let whole = context.sign();
    let (half, _) = whole.as_ref().split_at(whole.as_ref().len() / 2);
    half.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
    }

    /// RFC 7518 Appendix B.1, B.2, B.3. The tag covers the ciphertext, so the start of that is enough.
    #[test]
    fn rfc_7518_appendix_b() {
        let plaintext =
            b"A cipher system must not be required to be secret, and it must be able to fall into the hands \
            of the enemy without inconvenience";
        let aad = b"The second principle of Auguste Kerckhoffs";
        let iv = hex("1a f3 8c 2d c2 b9 6f fd d8 66 94 09 23 41 bc 04");
        for (enc, start, tag) in [
            (
                ContentEncryptionAlg::A128CbcHs256,
                "c8 0e df a3 2d df 39 d5 ef 00 c0 b4 68 83 42 79",
                "65 2c 3f a3 6b 0a 7c 5b 32 19 fa b3 a3 0b c1 c4",
            ),
            (
                ContentEncryptionAlg::A192CbcHs384,
                "ea 65 da 6b 59 e6 1e db 41 9b e6 2d 19 71 2a e5",
                "84 90 ac 0e 58 94 9b fe 51 87 5d 73 3f 93 ac 20 75 16 80 39 cc c7 33 d7",
            ),
            (
                ContentEncryptionAlg::A256CbcHs512,
                "4a ff aa ad b7 8c 31 c5 da 4b 1b 59 0d 10 ff bd",
                "4d d3 b4 c0 88 a7 f4 5c 21 68 39 64 5b 20 12 bf 2e 62 69 a8 c5 6a 81 6d bc 1b 26 77 61 95 5b c5",
            ),
        ] {
            let key: Vec<u8> = (0..).take(enc.key_len()).collect();
            let sealed = seal(enc, &key, &iv, aad, plaintext).expect("encrypts");
            assert_eq!(sealed.ciphertext[..16], hex(start), "{enc}");
            assert_eq!(sealed.tag, hex(tag), "{enc}");
            assert_eq!(decrypt(enc, &key, aad, &sealed).as_deref(), Some(&plaintext[..]), "{enc}");
        }
    }

    #[test]
    fn a_key_or_iv_of_another_length_is_refused() {
        for enc in ContentEncryptionAlg::ALL {
            let key = vec![7; enc.key_len()];
            let mut sealed = encrypt(enc, &key, b"", b"x", &Env::system()).expect("encrypts");
            for other in [0, 8, enc.key_len() - 1, enc.key_len() + 1, 2 * enc.key_len()] {
                assert!(encrypt(enc, &vec![7; other], b"", b"x", &Env::system()).is_none(), "{enc} {other}");
                assert!(decrypt(enc, &vec![7; other], b"", &sealed).is_none(), "{enc} {other}");
            }
            sealed.iv.push(0);
            assert!(decrypt(enc, &key, b"", &sealed).is_none(), "{enc}");
        }
    }

    /// A short tag is easily guessed: it is as long as the algorithm makes it, or wrong.
    #[test]
    fn a_tag_of_another_length_is_refused() {
        for enc in ContentEncryptionAlg::ALL {
            let key = vec![7; enc.key_len()];
            let mut sealed = encrypt(enc, &key, b"", b"some content", &Env::system()).expect("encrypts");
            let moved = sealed.ciphertext.pop().expect("not empty");
            sealed.tag.insert(0, moved);
            assert!(decrypt(enc, &key, b"", &sealed).is_none(), "{enc}");
            sealed.tag.clear();
            assert!(decrypt(enc, &key, b"", &sealed).is_none(), "{enc}");
        }
    }
}
