//! JWK thumbprint — RFC 7638, RFC 8037 §2: the SHA-256 of a key's required members, a name that any two parties agree on.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::jwk::{Jwk, KeyParams};

impl Jwk {
    /// 43 characters of base64url.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.required_members().as_bytes()))
    }

    /// §3.2, §3.3: the required members, ordered, "no whitespace". The values are base64url and names of curves: there is nothing to escape.
    fn required_members(&self) -> String {
        let b64 = |bytes: &Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        match &self.params {
            KeyParams::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, b64(e), b64(n)),
            KeyParams::Ec { crv, x, y } => {
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, crv.as_str(), b64(x), b64(y))
            }
            KeyParams::Okp { crv, x } => {
                format!(r#"{{"crv":"{}","kty":"OKP","x":"{}"}}"#, crv.as_str(), b64(x))
            }
        }
    }
}
