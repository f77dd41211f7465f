//! The `claims` request parameter — OpenID Connect Core §5.5: single claims, by name, in the ID token or from UserInfo.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::jose::json::{NotPlain, object};

/// How long the parameter may be, in bytes.
pub const MAX_BYTES: usize = 8192;

/// What is asked for. Members that §5.5 does not define "MUST be ignored" and are not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimsRequest {
    /// From the UserInfo endpoint.
    pub userinfo: RequestedClaims,
    /// In the ID token.
    pub id_token: RequestedClaims,
}

/// Claims by name; a name may carry a language (§5.2): `family_name#ja-Kana-JP`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestedClaims(pub BTreeMap<String, ClaimRequest>);

/// How one claim is asked for (§5.5.1). The default is what `null` says: a wish, with any value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimRequest {
    /// "to ensure a smooth authorization experience for the specific task"; no more than that, but for `acr`.
    pub essential: bool,
    /// The values that will do, the preferred one first: `value`, or `values`. Empty for any.
    pub values: Vec<Value>,
}

/// Why a `claims` parameter cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRequestError {
    /// It is longer than [`MAX_BYTES`].
    #[error("claims is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It is not a JSON object.
    #[error("claims is not a JSON object")]
    NotObject,
    /// A member stands twice, so two readers might believe another one each.
    #[error("claims has a member twice: {0}")]
    Duplicate(String),
    /// `userinfo` or `id_token` is neither an object nor `null`.
    #[error("claims: {0} must be an object or null")]
    Member(&'static str),
    /// A claim is asked for by something that is neither an object nor `null`.
    #[error("claims: {0} must be asked for by an object or null")]
    Claim(String),
    /// `essential` is not a truth value.
    #[error("claims: essential of {0} must be true or false")]
    Essential(String),
    /// `values` is not a list, or stands beside `value`.
    #[error("claims: {0} takes either one value or a list of values")]
    Values(String),
}

impl ClaimsRequest {
    /// Reads the parameter.
    ///
    /// # Errors
    /// [`ClaimsRequestError`]: anything but the shape of §5.5, strictly.
    pub fn parse(text: &str) -> Result<Self, ClaimsRequestError> {
        if text.len() > MAX_BYTES {
            return Err(ClaimsRequestError::TooLong);
        }
        let mut members = object(text.as_bytes()).map_err(|why| match why {
            NotPlain::Duplicate(name) => ClaimsRequestError::Duplicate(printable(&name)),
            NotPlain::Json | NotPlain::Object | NotPlain::Depth => ClaimsRequestError::NotObject,
        })?;
        let mut member = |name| match members.remove(name) {
            None | Some(Value::Null) => Ok(RequestedClaims::default()),
            Some(Value::Object(claims)) => RequestedClaims::read(claims),
            Some(_) => Err(ClaimsRequestError::Member(name)),
        };
        Ok(Self { userinfo: member("userinfo")?, id_token: member("id_token")? })
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.0.is_empty() && self.id_token.0.is_empty()
    }
}

impl fmt::Display for ClaimsRequest {
    /// As the parameter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members = Map::new();
        for (name, claims) in [("userinfo", &self.userinfo), ("id_token", &self.id_token)] {
            if !claims.0.is_empty() {
                members.insert(name.to_owned(), claims.to_json());
            }
        }
        write!(f, "{}", Value::Object(members))
    }
}

impl RequestedClaims {
    fn read(claims: Map<String, Value>) -> Result<Self, ClaimsRequestError> {
        let each = claims.into_iter().map(|(name, asked)| {
            let asked = ClaimRequest::read(&name, asked)?;
            Ok((name, asked))
        });
        Ok(Self(each.collect::<Result<_, _>>()?))
    }

    fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, asked)| (name.clone(), asked.to_json())).collect())
    }

    /// How a claim is asked for, if it is.
    pub fn get(&self, name: &str) -> Option<&ClaimRequest> {
        self.0.get(name)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl ClaimRequest {
    fn read(name: &str, asked: Value) -> Result<Self, ClaimsRequestError> {
        let mut asked = match asked {
            Value::Null => return Ok(Self::default()),
            Value::Object(asked) => asked,
            _ => return Err(ClaimsRequestError::Claim(printable(name))),
        };
        let essential = match asked.remove("essential") {
            None => false,
            Some(Value::Bool(essential)) => essential,
            Some(_) => return Err(ClaimsRequestError::Essential(printable(name))),
        };
        let mut given = |name| asked.remove(name).filter(|value| !value.is_null());
        let values = match (given("value"), given("values")) {
            (None, None) => Vec::new(),
            (Some(value), None) => vec![value],
            (None, Some(Value::Array(values))) if !values.is_empty() => values,
            (_, Some(_)) => return Err(ClaimsRequestError::Values(printable(name))),
        };
        Ok(Self { essential, values })
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        if self.essential {
            members.insert("essential".to_owned(), Value::Bool(true));
        }
        match self.values.as_slice() {
            [] => {}
            [value] => drop(members.insert("value".to_owned(), value.clone())),
            values => drop(members.insert("values".to_owned(), json!(values))),
        }
        if members.is_empty() { Value::Null } else { Value::Object(members) }
    }

    /// The values that are text. §5.5.1.1: those of `acr` and `sub` are.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(Value::as_str)
    }
}

/// A claim's name without its language (§5.2).
pub fn without_language(name: &str) -> &str {
    name.split_once('#').map_or(name, |(name, _)| name)
}

/// A name as it may stand in an error message: short, and no control characters.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of §5.5.
    #[test]
    fn the_example_of_the_specification() {
        let text = r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"email":{"essential":true},
            "email_verified":{"essential":true},"picture":null,"http://example.info/claims/groups":null},
            "id_token":{"auth_time":{"essential":true},"acr":{"values":["urn:mace:incommon:iap:silver"]}}}"#;

        let request = ClaimsRequest::parse(text).expect("a request");

        assert_eq!(request.userinfo.names().count(), 6);
        assert!(request.userinfo.get("email").is_some_and(|asked| asked.essential));
        assert_eq!(request.userinfo.get("nickname"), Some(&ClaimRequest::default()));
        let acr = request.id_token.get("acr").expect("acr");
        assert_eq!(acr.texts().collect::<Vec<_>>(), ["urn:mace:incommon:iap:silver"]);
        assert_eq!(ClaimsRequest::parse(&request.to_string()), Ok(request));
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        let text = r#"{"saml":{"x":1},"id_token":{"sub":{"value":"s","purpose":"login"},"name#fr":{}},"userinfo":null}"#;

        let request = ClaimsRequest::parse(text).expect("a request");

        assert!(request.userinfo.0.is_empty());
        assert_eq!(request.id_token.get("sub").map(|asked| asked.texts().collect()), Some(vec!["s"]));
        assert_eq!(request.id_token.names().map(without_language).collect::<Vec<_>>(), ["name", "sub"]);
        assert!(ClaimsRequest::parse("{}").is_ok_and(|request| request.is_empty()));
    }

    #[test]
    fn anything_else_is_refused() {
        use ClaimsRequestError as E;
        let long = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "x".repeat(MAX_BYTES));
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
        for (text, why) in [
            ("", E::NotObject),
            ("nonsense", E::NotObject),
            ("[]", E::NotObject),
            ("null", E::NotObject),
            ("{} {}", E::NotObject),
            (&deep[..MAX_BYTES], E::NotObject),
            (&long, E::TooLong),
            (r#"{"userinfo":{"a":null,"a":{}}}"#, E::Duplicate("a".to_owned())),
            (r#"{"id_token":[]}"#, E::Member("id_token")),
            (r#"{"userinfo":"email"}"#, E::Member("userinfo")),
            (r#"{"userinfo":{"email":true}}"#, E::Claim("email".to_owned())),
            (r#"{"userinfo":{"email":{"essential":"yes"}}}"#, E::Essential("email".to_owned())),
            (r#"{"id_token":{"acr":{"values":"silver"}}}"#, E::Values("acr".to_owned())),
            (r#"{"id_token":{"acr":{"values":[]}}}"#, E::Values("acr".to_owned())),
            (r#"{"id_token":{"acr":{"value":"a","values":["b"]}}}"#, E::Values("acr".to_owned())),
        ] {
            assert_eq!(ClaimsRequest::parse(text), Err(why), "{}", &text[..text.len().min(60)]);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = ClaimsRequest::parse(&text);
        }

        #[test]
        fn what_is_printed_is_read_back(names in proptest::collection::btree_map("[a-z#\"\\\\]{1,9}", any::<bool>(), 0..6)) {
            let claims = names.into_iter().map(|(name, essential)| (name, ClaimRequest { essential, values: vec![] }));
            let request = ClaimsRequest { userinfo: RequestedClaims(claims.collect()), ..ClaimsRequest::default() };
            prop_assert_eq!(ClaimsRequest::parse(&request.to_string()), Ok(request));
        }
    }
}
