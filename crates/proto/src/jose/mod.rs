//! JOSE over aws-lc: signatures, keys and tokens — RFC 7515, 7517, 7518, 7519, 7638, 8037, and RFC 8725's advice.
//!
//! The algorithm always comes from the key and from what the caller expects, never from the token alone.

pub mod alg;
pub mod jwk;
pub mod jws;
pub mod jwt;
pub mod object;
pub mod signing_key;
pub mod thumbprint;
pub mod verifying_key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// base64url without padding (RFC 7515 §2).
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Strict: no padding, no white space, no bits beyond the last byte.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
