//! Compact JWS — RFC 7515 §3.1, §4, §5.2, and what RFC 8725 says of reading one.

use serde_json::Value;

use super::alg::SigningAlg;
use super::jwt::JwtError;
use super::{decode, object};

pub use super::signing_key::{SigningKey, SigningKeyError};
pub use super::verifying_key::{VerifyingKey, VerifyingKeyError};

/// The longest token that is read.
pub const MAX_LENGTH: usize = 64 * 1024;

/// The members of a header that mean something here. `jku`, `jwk`, `x5u` and `x5c` mean nothing: a key never comes
/// from the token that it is to verify (RFC 8725 §3.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The algorithm that the token claims to be signed by.
    pub alg: SigningAlg,
    /// The name of the key.
    pub kid: Option<String>,
    /// What kind of token it is.
    pub typ: Option<String>,
    /// What kind of payload it has.
    pub cty: Option<String>,
}

/// A token that was taken apart. Nothing in it is true before [`CompactJws::verify`].
#[derive(Debug)]
pub struct CompactJws<'a> {
    signed: &'a str,
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Takes a token apart.
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MAX_LENGTH {
            return Err(JwtError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        if payload.contains('.') {
            return Err(JwtError::Malformed);
        }
        let part = |text| decode(text).ok_or(JwtError::Malformed);
        Ok(Self {
            signed,
            header: read_header(&part(header)?)?,
            payload: part(payload)?,
            signature: part(signature)?,
        })
    }

    /// The header, not verified.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload, not verified: to find out who might have issued it, and for nothing else.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload, once the signature is the key's.
    pub fn verify(&self, key: &VerifyingKey) -> Result<&[u8], JwtError> {
        match key.verify(self.header.alg, self.signed.as_bytes(), &self.signature) {
            Some(true) => Ok(&self.payload),
            Some(false) => Err(JwtError::Signature),
            None => Err(JwtError::AlgOfKey),
        }
    }
}

fn read_header(bytes: &[u8]) -> Result<Header, JwtError> {
    let mut members = object::parse(bytes).ok_or(JwtError::HeaderMalformed)?;
    // §4.1.11: extensions that are not understood make the token invalid, and we understand none.
    if members.contains_key("crit") {
        return Err(JwtError::Crit);
    }
    // RFC 7797 §6: without `crit` it would not count; with it, see above.
    if members.contains_key("b64") {
        return Err(JwtError::Crit);
    }
    let mut text = |name: &str| match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwtError::HeaderMalformed),
    };
    let alg = text("alg")?.ok_or(JwtError::HeaderMalformed)?;
    if alg.eq_ignore_ascii_case("none") {
        return Err(JwtError::AlgNone);
    }
    Ok(Header {
        alg: alg.parse().map_err(|_| JwtError::AlgUnknown)?,
        kid: text("kid")?,
        typ: text("typ")?,
        cty: text("cty")?,
    })
}
