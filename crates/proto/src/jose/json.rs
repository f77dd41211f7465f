//! JSON objects without ambiguity — RFC 8725 §2.6, RFC 7515 §4, RFC 7519 §4: a member that stands twice is refused, at
//! any depth, since two readers might each believe another one.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How deep objects and arrays may nest.
const MAX_DEPTH: usize = 32;

/// Why some bytes are not such an object.
#[derive(Debug, PartialEq)]
pub(crate) enum NotPlain {
    /// Not JSON in UTF-8, or something behind it.
    Json,
    /// JSON, but no object.
    Object,
    /// The member stands twice.
    Duplicate(String),
    /// Nested too deep.
    Depth,
}

/// Reads one object and nothing behind it.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, NotPlain> {
    let found = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Plain { depth: 0, found: &found }.deserialize(&mut deserializer);
    match value.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(NotPlain::Object),
        Err(_) => Err(found.into_inner().unwrap_or(NotPlain::Json)),
    }
}

/// A value at some depth. The error type of serde_json carries text only, so what was found goes out at the side.
#[derive(Clone, Copy)]
struct Plain<'a> {
    depth: usize,
    found: &'a RefCell<Option<NotPlain>>,
}

impl Plain<'_> {
    fn refuse<T, E: Error>(self, why: NotPlain) -> Result<T, E> {
        *self.found.borrow_mut() = Some(why);
        Err(E::custom("refused"))
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH { self.refuse(NotPlain::Depth) } else { Ok(Self { depth, ..self }) }
    }
}

impl<'de> DeserializeSeed<'de> for Plain<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                return self.refuse(NotPlain::Duplicate(name));
            }
            map.insert(name, members.next_value_seed(inner)?);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_object_is_read_as_it_stands() {
        let json = r#"{"a":[1,-2,1.5,true,null,"x"],"b":{"c":{}}}"#;
        let expected: Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(object(json.as_bytes()).map(Value::Object), Ok(expected));
    }

    #[test]
    fn duplicates_are_refused_at_any_depth() {
        for json in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"a":2}}"#, r#"{"b":[[{"a":1,"\u0061":2}]]}"#] {
            assert_eq!(object(json.as_bytes()), Err(NotPlain::Duplicate("a".to_owned())), "{json}");
        }
    }

    #[test]
    fn only_one_object_is_read() {
        for (json, why) in [
            ("", NotPlain::Json),
            ("{", NotPlain::Json),
            ("{} {}", NotPlain::Json),
            ("{\"a\":\"\u{0}\"}", NotPlain::Json),
            (r#"{"a":1e999}"#, NotPlain::Json),
            (r#"{"a":"\ud800"}"#, NotPlain::Json),
            ("[]", NotPlain::Object),
            ("1", NotPlain::Object),
            ("null", NotPlain::Object),
            ("\"{}\"", NotPlain::Object),
        ] {
            assert_eq!(object(json.as_bytes()), Err(why), "{json:?}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(NotPlain::Json));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        assert_eq!(object(nested(MAX_DEPTH).as_bytes()), Err(NotPlain::Depth));
        assert_eq!(object(nested(30_000).as_bytes()), Err(NotPlain::Depth));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = object(&bytes);
        }
    }
}
