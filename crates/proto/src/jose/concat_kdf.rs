//! Concat KDF — RFC 7518 §4.6.2, NIST SP 800-56A §5.8.1 with SHA-256.

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

use crate::secret::Secret;

/// What a derived key is bound to, besides the agreed secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party<'a> {
    /// `enc` where the key encrypts the content, `alg` where it wraps a key.
    pub(crate) algorithm: &'a str,
    /// `apu`: who sends.
    pub(crate) apu: &'a [u8],
    /// `apv`: who receives.
    pub(crate) apv: &'a [u8],
}

/// A key of `length` bytes from the agreed secret.
pub(crate) fn concat_kdf(agreed: &[u8], party: Party<'_>, length: usize) -> Secret<Vec<u8>> {
    let mut key = Vec::with_capacity(length.next_multiple_of(SHA256_OUTPUT_LEN));
    let mut round: u32 = 1;
    while key.len() < length {
        let mut hash = Context::new(&SHA256);
        hash.update(&round.to_be_bytes());
        hash.update(agreed);
        for part in [party.algorithm.as_bytes(), party.apu, party.apv] {
            // A header is at most as long as a token, so its parts fit.
            hash.update(&(part.len() as u32).to_be_bytes());
            hash.update(part);
        }
        hash.update(&(length as u32 * 8).to_be_bytes());
        key.extend_from_slice(hash.finish().as_ref());
        round += 1;
    }
    key.truncate(length);
    Secret::new(key)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn rfc_7518_appendix_c() {
        let agreed = [
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163,
            218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ];
        let party = Party { algorithm: "A128GCM", apu: b"Alice", apv: b"Bob" };
        let key = concat_kdf(&agreed, party, 16);
        assert_eq!(URL_SAFE_NO_PAD.encode(key.expose()), "VqqN6vgjbSBcIijNcacQGg");
    }

    /// Two rounds: neither half may be the other, and the length counts.
    #[test]
    fn a_long_key_takes_two_rounds() {
        let party = Party { algorithm: "A256CBC-HS512", apu: b"", apv: b"" };
        let key = concat_kdf(&[7; 32], party, 64);
        let (left, right) = key.expose().split_at(32);
        assert_ne!(left, right);
        assert_ne!(left, concat_kdf(&[7; 32], party, 32).expose().as_slice());
    }
}
