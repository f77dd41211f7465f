//! JWK thumbprints — RFC 7638.

use super::jwk::{Jwk, JwkParams};
use crate::secret::Digest;

impl Jwk {
    /// The SHA-256 thumbprint as base64url: the required members, in lexicographic order, without white space (§3).
    pub fn thumbprint(&self) -> String {
        // Every value is base64url or a curve's name; a quotation mark in one would only change the print.
        let canonical = match &self.params {
            JwkParams::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            JwkParams::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            JwkParams::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        Digest::of(canonical.as_bytes()).to_base64url()
    }
}
