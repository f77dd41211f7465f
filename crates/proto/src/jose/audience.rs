//! `aud` — RFC 7519 §4.1.3: one string, or an array of them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whom a token is for. One recipient is written as a string, several as an array; both are read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience(Vec<String>);

impl Audience {
    /// Whether `recipient` is among them, byte for byte.
    pub fn contains(&self, recipient: &str) -> bool {
        self.0.iter().any(|r| r == recipient)
    }

    /// The recipients in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is for nobody. What is read from a token never is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<String>> for Audience {
    fn from(recipients: Vec<String>) -> Self {
        Self(recipients)
    }
}

impl From<&str> for Audience {
    fn from(recipient: &str) -> Self {
        Self(vec![recipient.to_owned()])
    }
}

impl From<String> for Audience {
    fn from(recipient: String) -> Self {
        Self(vec![recipient])
    }
}

impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "aud is a string or an array of strings")]
        enum Form {
            One(String),
            Several(Vec<String>),
        }
        match Form::deserialize(deserializer)? {
            Form::One(recipient) => Ok(Self::from(recipient)),
            Form::Several(recipients) if recipients.is_empty() => Err(D::Error::custom("aud is empty")),
            Form::Several(recipients) => Ok(Self(recipients)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_a_string_and_several_are_an_array() {
        for json in [r#""a""#, r#"["a","b"]"#] {
            let aud: Audience = serde_json::from_str(json).expect("reads");
            assert!(aud.contains("a") && !aud.contains("A"));
            assert_eq!(serde_json::to_string(&aud).expect("prints"), json);
        }
        let one: Audience = serde_json::from_str(r#"["a"]"#).expect("reads");
        assert_eq!(serde_json::to_string(&one).expect("prints"), r#""a""#);
    }

    #[test]
    fn other_forms_are_refused() {
        for json in ["[]", "1", "null", "true", "{}", r#"["a",1]"#, r#"[["a"]]"#] {
            assert!(serde_json::from_str::<Audience>(json).is_err(), "{json}");
        }
    }
}
