//! AES Key Wrap — RFC 7518 §4.4, RFC 3394, and RSAES-OAEP — RFC 7518 §4.3.

use aws_lc_rs::key_wrap::{AES_128, AES_256, AesBlockCipher, AesKek, KeyWrap as _};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};

use super::encryption::KeyManagementAlg;
use crate::secret::Secret;

/// The hashes of an algorithm with RSA; none for the others.
pub(crate) fn oaep(alg: KeyManagementAlg) -> Option<&'static OaepAlgorithm> {
    match alg {
        KeyManagementAlg::RsaOaep => Some(&OAEP_SHA1_MGF1SHA1),
        KeyManagementAlg::RsaOaep256 => Some(&OAEP_SHA256_MGF1SHA256),
        KeyManagementAlg::EcdhEs
        | KeyManagementAlg::EcdhEsA128Kw
        | KeyManagementAlg::EcdhEsA256Kw
        | KeyManagementAlg::A128Kw
        | KeyManagementAlg::A256Kw
        | KeyManagementAlg::Dir => None,
    }
}

/// Wraps a key: it becomes eight bytes longer.
pub(crate) fn wrap(kek: &Secret<Vec<u8>>, key: &[u8]) -> Option<Vec<u8>> {
    let mut wrapped = vec![0; key.len() + 8];
    let length = aes(kek)?.wrap(key, &mut wrapped).ok()?.len();
    wrapped.truncate(length);
    Some(wrapped)
}

/// Unwraps one; none if anything was altered.
pub(crate) fn unwrap(kek: &Secret<Vec<u8>>, wrapped: &[u8]) -> Option<Secret<Vec<u8>>> {
    let mut key = vec![0; wrapped.len()];
    let length = aes(kek)?.unwrap(wrapped, &mut key).ok()?.len();
    key.truncate(length);
    Some(Secret::new(key))
}

fn aes(kek: &Secret<Vec<u8>>) -> Option<AesKek> {
    let cipher: &'static AesBlockCipher = match kek.expose().len() {
        16 => &AES_128,
        32 => &AES_256,
        _ => return None,
    };
    AesKek::new(cipher, kek.expose()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3394 §4.1 and §4.6.
    #[test]
    fn rfc_3394() {
        let kek: Vec<u8> = (0..32).collect();
        let key: Vec<u8> = (0..16).map(|n: u8| n * 0x11).chain(0..16).collect();
        let short = Secret::new(kek[..16].to_vec());
        let wrapped = wrap(&short, &key[..16]).expect("wraps");
        assert_eq!(
            wrapped,
            *b"\x1f\xa6\x8b\x0a\x81\x12\xb4\x47\xae\xf3\x4b\xd8\xfb\x5a\x7b\x82\x9d\x3e\x86\x23\x71\xd2\xcf\xe5"
        );
        assert_eq!(unwrap(&short, &wrapped).expect("unwraps").expose()[..], key[..16]);
        let wrapped = wrap(&Secret::new(kek), &key).expect("wraps");
        assert_eq!(
            wrapped,
            *b"\x28\xc9\xf4\x04\xc4\xb8\x10\xf4\xcb\xcc\xb3\x5c\xfb\x87\xf8\x26\x3f\x57\x86\xe2\xd8\x0e\xd3\x26\xcb\xc7\xf0\xe7\x1a\x99\xf4\x3b\xfb\x98\x8b\x9b\x7a\x02\xdd\x21"
        );
    }

    #[test]
    fn what_was_altered_or_cut_is_refused() {
        let kek = Secret::new(vec![7; 16]);
        let wrapped = wrap(&kek, &[9; 32]).expect("wraps");
        for at in 0..wrapped.len() {
            let mut altered = wrapped.clone();
            altered[at] ^= 1;
            assert!(unwrap(&kek, &altered).is_none(), "byte {at}");
            assert!(unwrap(&kek, &wrapped[..at]).is_none(), "{at} bytes");
        }
        assert!(unwrap(&Secret::new(vec![7; 17]), &wrapped).is_none());
        assert!(unwrap(&Secret::new(vec![8; 16]), &wrapped).is_none());
    }
}
