//! JWT claims — RFC 7519 §4.1.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::object;
use super::signing_key::{SigningKey, SigningKeyError};
use crate::env::Time;

/// Why a token is refused: one variant per rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Longer than any token.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url.
    #[error("the token is not three parts of base64url")]
    Malformed,
    /// The header is not a JSON object with unique members of the right types.
    #[error("the token's header is malformed")]
    HeaderMalformed,
    /// `alg` is `none`.
    #[error("the token is not signed")]
    AlgNone,
    /// `alg` is not known.
    #[error("the token's alg is unknown")]
    AlgUnknown,
    /// `alg` is not the one that was agreed on.
    #[error("the token is signed by {got}, expected {expected}")]
    AlgUnexpected {
        /// What was agreed on.
        expected: &'static str,
        /// What the header says.
        got: &'static str,
    },
    /// `alg` does not fit the key.
    #[error("the token's alg is not one of the key's")]
    AlgOfKey,
    /// An extension that must be understood.
    #[error("the token's header has an extension that is not supported")]
    Crit,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// `typ` says that it is another kind of token.
    #[error("the token is of type {0:?}, which is not accepted here")]
    Typ(String),
    /// The payload is not a JSON object with unique members.
    #[error("the token's claims are not a JSON object with unique members")]
    ClaimsMalformed,
    /// A claim that must be there.
    #[error("the claim {0} is missing")]
    ClaimMissing(&'static str),
    /// A claim of the wrong type, or out of its range.
    #[error("the claim {0} is not of the right type")]
    ClaimType(&'static str),
    /// `iss` is somebody else.
    #[error("the token is from another issuer: {0}")]
    Issuer(String),
    /// `aud` is somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// `azp` is missing with several audiences, or is another client.
    #[error("the token was issued to another client (azp)")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("the token expired {ago} seconds ago")]
    Expired {
        /// Seconds since `exp`, not counting the leeway.
        ago: i64,
    },
    /// `nbf` or `iat` lies ahead.
    #[error("the token is not valid for another {ahead} seconds ({claim})")]
    NotYet {
        /// Which claim.
        claim: &'static str,
        /// Seconds until then, not counting the leeway.
        ahead: i64,
    },
    /// `nonce` is not that of the request.
    #[error("the nonce is not the one of the request")]
    Nonce,
    /// `at_hash` or `c_hash` is not of what came with the token, or is missing where it is required.
    #[error("{0} does not fit what came with the token")]
    Hash(&'static str),
    /// `sub` is not 1 to 255 ASCII characters.
    #[error("sub must have 1 to 255 ASCII characters")]
    Subject,
    /// `auth_time` is too long ago, or missing where `max_age` was asked for.
    #[error("the sign-in is older than max_age")]
    MaxAge,
}

/// Signs claims as a compact JWT.
pub fn sign_claims(
    key: &SigningKey,
    typ: Option<&str>,
    claims: &impl Serialize,
) -> Result<String, SigningKeyError> {
    let payload = serde_json::to_vec(claims).map_err(|_| SigningKeyError::Failed)?;
    key.sign(typ, &payload)
}

/// `aud`: one or more values (RFC 7519 §4.1.3). One prints as a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience(Vec<String>);

impl Audience {
    /// Whether a value is in it, byte for byte.
    pub fn contains(&self, value: &str) -> bool {
        self.0.iter().any(|aud| aud == value)
    }

    /// The values.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<String>> for Audience {
    fn from(values: Vec<String>) -> Self {
        Self(values)
    }
}

impl From<&str> for Audience {
    fn from(value: &str) -> Self {
        Self(vec![value.to_owned()])
    }
}

impl Serialize for Audience {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            One(String),
            Many(Vec<String>),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::One(one) => vec![one],
            Either::Many(many) => many,
        }))
    }
}

/// The claims of a verified token, read one by one with their types checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimsObject(Map<String, Value>);

impl ClaimsObject {
    /// Reads a payload.
    pub fn parse(payload: &[u8]) -> Result<Self, JwtError> {
        object::parse(payload).map(Self).ok_or(JwtError::ClaimsMalformed)
    }

    /// Takes out a claim that is text.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, JwtError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JwtError::ClaimType(name)),
        }
    }

    /// Takes out a claim that is text and must be there.
    pub fn require_text(&mut self, name: &'static str) -> Result<String, JwtError> {
        self.text(name)?.ok_or(JwtError::ClaimMissing(name))
    }

    /// Takes out a `NumericDate`: a number from 0 to 2⁵³, a fraction is cut off.
    pub fn time(&mut self, name: &'static str) -> Result<Option<Time>, JwtError> {
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let number = value.as_f64().filter(|_| value.is_number()).ok_or(JwtError::ClaimType(name))?;
        if !(0.0..LARGEST).contains(&number) {
            return Err(JwtError::ClaimType(name));
        }
        #[allow(clippy::cast_possible_truncation)] // it is in the range of whole numbers, by the line above
        Ok(Some(Time::from_unix(number as i64)))
    }

    /// Takes out a `NumericDate` that must be there.
    pub fn require_time(&mut self, name: &'static str) -> Result<Time, JwtError> {
        self.time(name)?.ok_or(JwtError::ClaimMissing(name))
    }

    /// Takes out `aud`: text, or a list of text that is not empty.
    pub fn audience(&mut self) -> Result<Audience, JwtError> {
        let value = self.0.remove("aud").ok_or(JwtError::ClaimMissing("aud"))?;
        let audience: Audience = serde_json::from_value(value).map_err(|_| JwtError::ClaimType("aud"))?;
        if audience.iter().all(str::is_empty) { Err(JwtError::ClaimType("aud")) } else { Ok(audience) }
    }

    /// Takes out a list of text; absent means empty.
    pub fn texts(&mut self, name: &'static str) -> Result<Vec<String>, JwtError> {
        match self.0.remove(name) {
            None => Ok(Vec::new()),
            Some(value) => serde_json::from_value(value).map_err(|_| JwtError::ClaimType(name)),
        }
    }

    /// What has not been taken out.
    pub fn rest(self) -> Map<String, Value> {
        self.0
    }
}

/// RFC 7519 §4.1.4–§4.1.6: `exp` has not passed, `nbf` and `iat` have come, give or take `leeway` seconds.
pub(crate) fn check_times(
    exp: Time,
    not_before: &[(&'static str, Option<Time>)],
    leeway: i64,
    now: Time,
) -> Result<(), JwtError> {
    if now.since(exp) >= leeway {
        return Err(JwtError::Expired { ago: now.since(exp) });
    }
    for (claim, time) in not_before {
        if let Some(time) = time
            && time.since(now) > leeway
        {
            return Err(JwtError::NotYet { claim, ahead: time.since(now) });
        }
    }
    Ok(())
}
