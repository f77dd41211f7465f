//! Unsecured JWTs — RFC 7519 §6, RFC 7518 §3.6: `alg` is `none`, and the signature is empty. A type of its own, so that
//! none is ever taken for a token that somebody has signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::json;
use super::jws::refused;
use super::jwt_error::{JwtError, Part};

/// How many bytes one may have.
const MAX_BYTES: usize = 64 * 1024;

/// A JWT that nobody has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedJwt {
    /// What kind of token it says it is.
    pub typ: Option<String>,
    /// Its claims, not read yet.
    pub payload: Vec<u8>,
}

impl UnsignedJwt {
    /// Reads one. Anything else, a signed token above all, is refused.
    pub fn parse(token: &str) -> Result<Self, JwtError> {
        if token.len() > MAX_BYTES {
            return Err(JwtError::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(""), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwtError::NotThreeParts);
        };
        let decode = |part, text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtError::Encoding(part));
        let members =
            json::object(&decode(Part::Header, header)?).map_err(|why| refused(Part::Header, why))?;
        if members.contains_key("crit") {
            return Err(JwtError::Crit);
        }
        if members.contains_key("b64") {
            return Err(JwtError::B64);
        }
        match members.get("alg") {
            Some(Value::String(alg)) if alg == "none" => {}
            Some(Value::String(alg)) => return Err(JwtError::AlgDiffers(alg.parse()?)),
            Some(_) => return Err(JwtError::HeaderType("alg")),
            None => return Err(JwtError::AlgMissing),
        }
        let typ = match members.get("typ") {
            None => None,
            Some(Value::String(typ)) => Some(typ.clone()),
            Some(_) => return Err(JwtError::HeaderType("typ")),
        };
        Ok(Self { typ, payload: decode(Part::Payload, payload)? })
    }

    /// Writes claims without a signature.
    pub fn write(typ: Option<&str>, payload: &[u8]) -> String {
        let header = match typ {
            Some(typ) => format!(r#"{{"alg":"none","typ":{}}}"#, Value::from(typ)),
            None => r#"{"alg":"none"}"#.to_owned(),
        };
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for typ in [None, Some("JWT"), Some("a\"b")] {
            let token = UnsignedJwt::write(typ, b"{}");
            let read = UnsignedJwt { typ: typ.map(str::to_owned), payload: b"{}".to_vec() };
            assert_eq!(UnsignedJwt::parse(&token), Ok(read));
        }
    }

    #[test]
    fn a_token_that_says_it_is_signed_is_refused() {
        let with = |header: &str, signature: &str| {
            let header = URL_SAFE_NO_PAD.encode(header);
            UnsignedJwt::parse(&format!("{header}.e30.{signature}"))
        };
        for header in [
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"NONE"}"#,
            r#"{"alg":""}"#,
            r#"{"alg":null}"#,
            r#"{"alg":["none"]}"#,
            r#"{}"#,
            r#"{"alg":"none","alg":"none"}"#,
            r#"{"alg":"none","crit":["x"]}"#,
            r#"{"alg":"none","b64":false}"#,
            r#"{"alg":"none","typ":1}"#,
        ] {
            assert!(with(header, "").is_err(), "{header}");
        }
        assert!(with(r#"{"alg":"none"}"#, "").is_ok());
        assert!(with(r#"{"alg":"none"}"#, "AA").is_err());
        assert!(with(r#"{"alg":"none"}"#, ".").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9_.{}\":-]{0,200}") {
            let _ = UnsignedJwt::parse(&text);
        }
    }
}
