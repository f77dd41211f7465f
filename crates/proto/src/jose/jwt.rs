//! Claims — RFC 7519 §2, §4, with RFC 8725 §2.6, §3.12: each claim has one JSON type, or the token is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use super::json;
use super::jws::{SignError, SigningKey, refused};
use crate::env::Time;
use crate::issuer::Issuer;

pub use super::audience::Audience;
pub use super::jwt_error::{JwtError, Part};

/// Signs claims: a JWT in compact form. The claims must print as a JSON object.
pub fn sign_claims(
    key: &SigningKey,
    typ: Option<&str>,
    claims: &impl Serialize,
) -> Result<String, SignError> {
    key.sign(typ, &object(claims)?)
}

/// A JWT that nobody signs (RFC 7519 §6, RFC 7518 §3.6), for the few places where both sides have agreed on that. Nothing
/// here reads one.
pub fn unsecured_claims(claims: &impl Serialize) -> Result<String, SignError> {
    let payload = object(claims)?;
    Ok(format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(payload)))
}

fn object(claims: &impl Serialize) -> Result<Vec<u8>, SignError> {
    let payload = serde_json::to_vec(claims).map_err(|e| SignError::Claims(e.to_string()))?;
    if payload.first() == Some(&b'{') {
        Ok(payload)
    } else {
        Err(SignError::Claims("another JSON value".to_owned()))
    }
}

/// The claims of a token as they stand in it: no member twice, at any depth.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimsObject(Map<String, Value>);

impl ClaimsObject {
    /// Reads a payload.
    pub fn parse(payload: &[u8]) -> Result<Self, JwtError> {
        json::object(payload).map(Self).map_err(|why| refused(Part::Payload, why))
    }

    /// A claim as it stands.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All of them.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// All of them.
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// Those that are not in `names`.
    pub fn without(&self, names: &[&str]) -> Map<String, Value> {
        let others = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        others.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// A claim that is a string.
    pub fn string(&self, name: &'static str) -> Result<Option<&str>, JwtError> {
        let text = |value: &'_ Value| value.as_str().is_some();
        match self.get(name) {
            None => Ok(None),
            Some(value) if text(value) => Ok(value.as_str()),
            Some(_) => Err(JwtError::ClaimType(name, "a string")),
        }
    }

    /// A claim that is a string and must be there.
    pub fn required_string(&self, name: &'static str) -> Result<&str, JwtError> {
        self.string(name)?.ok_or(JwtError::ClaimMissing(name))
    }

    /// A claim that is an array of strings; empty when it is not there.
    pub fn strings(&self, name: &'static str) -> Result<Vec<String>, JwtError> {
        let wrong = JwtError::ClaimType(name, "an array of strings");
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or(wrong),
            Some(_) => Err(wrong),
        }
    }

    /// A claim that is a `NumericDate` (§2): a number, from the epoch to 2^53 seconds. A fraction is cut off.
    pub fn date(&self, name: &'static str) -> Result<Option<Time>, JwtError> {
        const END: f64 = 9_007_199_254_740_992.0;
        let Some(value) = self.get(name) else { return Ok(None) };
        let Value::Number(number) = value else { return Err(JwtError::ClaimType(name, "a number")) };
        // Every number below 2^53 is exact as a float, so nothing is lost on the way.
        match number.as_f64() {
            Some(seconds) if (0.0..END).contains(&seconds) => Ok(Some(Time::from_unix(seconds as i64))),
            _ => Err(JwtError::ClaimType(name, "a time between 1970 and 2^53 seconds later")),
        }
    }

    /// A `NumericDate` that must be there.
    pub fn required_date(&self, name: &'static str) -> Result<Time, JwtError> {
        self.date(name)?.ok_or(JwtError::ClaimMissing(name))
    }

    /// `aud`: a string, or an array of strings that is not empty.
    pub fn audience(&self) -> Result<Audience, JwtError> {
        let value = self.get("aud").ok_or(JwtError::ClaimMissing("aud"))?;
        serde::Deserialize::deserialize(value)
            .map_err(|_| JwtError::ClaimType("aud", "a string or a non-empty array of strings"))
    }

    /// `iss`, which must be this issuer byte for byte.
    pub fn issued_by(&self, issuer: &Issuer) -> Result<String, JwtError> {
        let iss = self.required_string("iss")?;
        if iss == issuer.as_str() {
            Ok(iss.to_owned())
        } else {
            Err(JwtError::IssuerDiffers(issuer.difference(iss)))
        }
    }

    /// `exp`, which must be there and in the future; `leeway` seconds are added to it.
    ///
    /// §4.1.4: "on or after" `exp` a token "MUST NOT be accepted".
    pub fn not_expired(&self, now: Time, leeway: i64) -> Result<Time, JwtError> {
        let exp = self.required_date("exp")?;
        if now < exp + leeway { Ok(exp) } else { Err(JwtError::Expired { exp, now }) }
    }

    /// `nbf` (§4.1.5) and `iat`, which must not be in the future by more than `leeway` seconds. Gives `iat`, which must
    /// be there.
    pub fn begun(&self, now: Time, leeway: i64) -> Result<Time, JwtError> {
        let iat = self.required_date("iat")?;
        if let Some(nbf) = self.date("nbf")?
            && nbf > now + leeway
        {
            return Err(JwtError::NotYetValid { nbf, now });
        }
        if iat > now + leeway { Err(JwtError::IssuedInFuture { iat, now }) } else { Ok(iat) }
    }

    /// `sub`: OpenID Connect Core §2, RFC 9068 §2.2 "MUST NOT exceed 255 ASCII characters in length".
    pub fn subject(&self) -> Result<String, JwtError> {
        let sub = self.required_string("sub")?;
        let fits = (1..=255).contains(&sub.len()) && sub.is_ascii();
        if fits { Ok(sub.to_owned()) } else { Err(JwtError::SubjectForm) }
    }
}
