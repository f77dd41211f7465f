//! What browsers carry for us: sealed, so that nobody reads or alters it, and bound to its purpose.
//!
//! AES-256-GCM with a random nonce. The same key gives, by HMAC, values that need not be stored because they follow
//! from it: form tokens, successors. Two keys are derived, so that sealing and deriving never share one.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::env::Env;
use crate::secret::Secret;

/// A key that seals and derives. Whoever has the same 32 bytes opens what another has sealed.
pub struct Sealer {
    aead: LessSafeKey,
    mac: hmac::Key,
}

/// Why something cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is not 32 bytes.
    #[error("a sealing key has 32 bytes")]
    Key,
    /// The value has no JSON form.
    #[error("the value cannot be written as JSON")]
    Value,
    /// The library failed.
    #[error("sealing failed")]
    Failed,
}

impl Sealer {
    /// From 32 random bytes.
    pub fn new(material: &[u8]) -> Result<Self, SealError> {
        if material.len() != 32 {
            return Err(SealError::Key);
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, material);
        let seal_key = hmac::sign(&root, b"hallpass seal");
        let mac_key = hmac::sign(&root, b"hallpass derive");
        let aead = UnboundKey::new(&AES_256_GCM, seal_key.as_ref()).map_err(|_| SealError::Key)?;
        Ok(Self { aead: LessSafeKey::new(aead), mac: hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_ref()) })
    }

    /// Seals a value for one purpose, as base64url.
    pub fn seal(&self, purpose: &str, value: &impl Serialize, env: &Env) -> Result<String, SealError> {
        let plain = Secret::new(serde_json::to_vec(value).map_err(|_| SealError::Value)?);
        Ok(URL_SAFE_NO_PAD.encode(self.seal_bytes(purpose, &plain, env)?))
    }

    /// Opens what [`Sealer::seal`] sealed for the same purpose. None for anything else.
    pub fn open<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        let plain = self.open_bytes(purpose, &URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
        serde_json::from_slice(plain.expose()).ok()
    }

    /// Seals some bytes for one purpose: 28 more than they are.
    pub fn seal_bytes(
        &self,
        purpose: &str,
        plain: &Secret<Vec<u8>>,
        env: &Env,
    ) -> Result<Vec<u8>, SealError> {
        let mut sealed = plain.expose().clone();
        let nonce = env.bytes::<{ NONCE_LEN }>();
        let unique = Nonce::assume_unique_for_key(nonce);
        let purpose = Aad::from(purpose.as_bytes());
        self.aead.seal_in_place_append_tag(unique, purpose, &mut sealed).map_err(|_| SealError::Failed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Sealer::seal_bytes`] sealed for the same purpose. None for anything else.
    pub fn open_bytes(&self, purpose: &str, sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = sealed.to_vec();
        let length = self.aead.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(Secret::new(bytes))
    }

    /// A value that follows from the parts and cannot be found without the key.
    pub fn derive(&self, purpose: &str, parts: &[&str]) -> Secret {
        let mut context = hmac::Context::with_key(&self.mac);
        for part in [purpose].iter().chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Secret::new(URL_SAFE_NO_PAD.encode(context.sign()))
    }

    /// Whether `presented` is that value, in constant time.
    pub fn derived(&self, purpose: &str, parts: &[&str], presented: &str) -> bool {
        let expected = self.derive(purpose, parts);
        verify_slices_are_equal(expected.expose().as_bytes(), presented.as_bytes()).is_ok()
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&[byte; 32]).expect("32 bytes")
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_key_alone() {
        let env = Env::system();
        let sealed = sealer(1).seal("a", &("x", 1), &env).expect("seals");
        assert_eq!(sealer(1).open::<(String, i32)>("a", &sealed), Some(("x".to_owned(), 1)));
        assert_eq!(sealer(1).open::<(String, i32)>("b", &sealed), None);
        assert_eq!(sealer(2).open::<(String, i32)>("a", &sealed), None);
    }

    #[test]
    fn an_altered_seal_does_not_open() {
        let env = Env::system();
        let sealed = sealer(1).seal("a", &"some text", &env).expect("seals");
        for at in 0..sealed.len() {
            let mut altered = sealed.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            assert_eq!(sealer(1).open::<String>("a", &altered), None, "byte {at}");
        }
        for broken in ["", "A", "====", &sealed[..10]] {
            assert_eq!(sealer(1).open::<String>("a", broken), None);
        }
    }

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(sealer(1).derive("p", &["ab", "c"]), sealer(1).derive("p", &["a", "bc"]));
        let token = sealer(1).derive("p", &["a"]);
        assert!(sealer(1).derived("p", &["a"], token.expose()));
        assert!(!sealer(1).derived("p", &["b"], token.expose()));
        assert!(!sealer(1).derived("q", &["a"], token.expose()));
    }
}
