//! Signed and encrypted tokens and their keys — RFC 7515 (JWS), 7516 (JWE), 7517 (JWK), 7518 (JWA), 7519 (JWT), 7638,
//! 8037, and the advice of RFC 8725: an algorithm belongs to a key, never to a token; what is ambiguous is refused.
//!
//! Reading order: [`alg`], [`jwk`] (public keys as others write them), [`jws`] (keys that sign and verify, and the
//! compact form), [`jwt`] (claims); [`encryption`], [`jwe`] (keys that encrypt and decrypt, and the compact form).

pub mod alg;
mod audience;
mod concat_kdf;
mod content_encryption;
mod decrypting_key;
mod ecdh;
mod encrypting_key;
pub mod encryption;
pub(crate) mod json;
pub mod jwe;
mod jwe_error;
pub mod jwk;
mod jwk_set;
pub mod jws;
pub mod jwt;
mod jwt_error;
mod key_rejected;
mod key_wrap;
mod roca;
mod signing_key;
mod thumbprint;
pub mod unsigned;
mod verifying_key;
