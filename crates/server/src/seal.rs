//! What browsers carry for us: sealed, so that nobody reads or alters it, and bound to its purpose.
//!
//! AES-256-GCM with a random nonce under a key of the store, so that every node opens what another has sealed.
//! The same key gives, by HMAC, the values that must be the same on every node without being stored.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use hallpass_proto::env::Env;
use hallpass_proto::secret::Secret;

use crate::fault::Fault;

/// The sealing key of the server.
pub(crate) struct Sealer {
    aead: LessSafeKey,
    mac: hmac::Key,
}

impl Sealer {
    /// From the 32 bytes in the store. Two keys are derived, so that sealing and deriving never share one.
    pub(crate) fn new(material: &[u8]) -> Result<Self, Fault> {
        let unusable = || Fault::Key("the sealing key cannot be used".to_owned());
        if material.len() != 32 {
            return Err(unusable());
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, material);
        let seal_key = hmac::sign(&root, b"hallpass seal");
        let mac_key = hmac::sign(&root, b"hallpass derive");
        let aead = UnboundKey::new(&AES_256_GCM, seal_key.as_ref()).map_err(|_| unusable())?;
        Ok(Self { aead: LessSafeKey::new(aead), mac: hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_ref()) })
    }

    /// Seals a value for one purpose, as base64url.
    pub(crate) fn seal(&self, purpose: &'static str, value: &impl Serialize, env: &Env) -> Result<String, Fault> {
        let failed = |why: &str| Fault::Key(format!("sealing failed: {why}"));
        let mut sealed = serde_json::to_vec(value).map_err(|e| failed(&e.to_string()))?;
        let nonce = env.bytes::<NONCE_LEN>();
        self.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| failed("aead"))?;
        let mut out = String::with_capacity((NONCE_LEN + sealed.len()).div_ceil(3) * 4);
        URL_SAFE_NO_PAD.encode_string([&nonce[..], &sealed].concat(), &mut out);
        Ok(out)
    }

    /// Opens what [`Sealer::seal`] sealed for the same purpose. None for anything else.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &'static str, sealed: &str) -> Option<T> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.aead.open_in_place(nonce, Aad::from(purpose.as_bytes()), sealed).ok()?;
        serde_json::from_slice(plain).ok()
    }

    /// A value that follows from the parts and cannot be found without the key.
    pub(crate) fn derive(&self, purpose: &'static str, parts: &[&str]) -> Secret {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(purpose.as_bytes());
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Secret::new(URL_SAFE_NO_PAD.encode(context.sign()))
    }

    /// Whether `presented` is that value, in constant time.
    pub(crate) fn derived(&self, purpose: &'static str, parts: &[&str], presented: &str) -> bool {
        let expected = self.derive(purpose, parts);
        verify_slices_are_equal(expected.expose().as_bytes(), presented.as_bytes()).is_ok()
    }
}
