//! Scope — RFC 6749 §3.3, and the scope values of OpenID Connect Core §5.4, §11.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ordered set of scope tokens. Prints as they stand on the wire: separated by one space.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(Vec<String>);

/// Why a scope cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    #[error("a scope holds printable ASCII without quotes and backslashes, separated by single spaces")]
    Character,
    /// More tokens than any request needs.
    #[error("a scope holds at most {MAX_TOKENS} tokens")]
    TooLong,
}

/// How many tokens one scope may hold.
pub const MAX_TOKENS: usize = 100;

/// `openid`: the request is an OpenID Connect one.
pub const OPENID: &str = "openid";
/// `profile`: name and the like.
pub const PROFILE: &str = "profile";
/// `email`: `email`, `email_verified`.
pub const EMAIL: &str = "email";
/// `address`.
pub const ADDRESS: &str = "address";
/// `phone`: `phone_number`, `phone_number_verified`.
pub const PHONE: &str = "phone";
/// `offline_access`: a refresh token that outlives the session.
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The values that OpenID Connect Core defines. Each speaks of a person, so a client never gets one without being
/// given it.
pub const STANDARD: [&str; 6] = [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS];

impl Scope {
    /// No scope.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Whether it holds the token.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|t| t == token)
    }

    /// Whether every token is also in `other`.
    pub fn is_subset(&self, other: &Scope) -> bool {
        self.0.iter().all(|t| other.contains(t))
    }

    /// The tokens that are not in `other`.
    pub fn minus(&self, other: &Scope) -> Scope {
        self.only(|t| !other.contains(t))
    }

    /// The tokens that `keep` accepts, in order.
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Scope {
        Scope(self.0.iter().filter(|t| keep(t)).cloned().collect())
    }

    /// All tokens of both, each once.
    pub fn union(&self, other: &Scope) -> Scope {
        let mut all = self.clone();
        all.0.extend(other.minus(self).0);
        all
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Whether `token` is one scope token by the grammar of RFC 6749 §3.3.
pub const fn is_scope_token(token: &str) -> bool {
    let bytes = token.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if !matches!(bytes[i], 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty()
}

impl FromStr for Scope {
    type Err = ScopeError;

    /// Repeated tokens count once; leading, trailing and doubled spaces are let pass (Choice: clients send them, and they mean nothing).
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let mut tokens: Vec<String> = Vec::new();
        for token in text.split(' ').filter(|t| !t.is_empty()) {
            if !is_scope_token(token) {
                return Err(ScopeError::Character);
            }
            if tokens.iter().any(|t| t == token) {
                continue;
            }
            if tokens.len() == MAX_TOKENS {
                return Err(ScopeError::TooLong);
            }
            tokens.push(token.to_owned());
        }
        Ok(Self(tokens))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, token) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().expect("a scope")
    }

    #[test]
    fn order_and_repetition() {
        assert_eq!(scope(" b a  b ").to_string(), "b a");
        assert!(scope("a").is_subset(&scope("b a")));
        assert!(!scope("a c").is_subset(&scope("b a")));
        assert_eq!(scope("a b c").minus(&scope("b")).to_string(), "a c");
        assert_eq!(scope("a b").union(&scope("b c")).to_string(), "a b c");
    }

    #[test]
    fn characters_beyond_the_grammar_are_refused() {
        for text in ["a\"b", "a\\b", "ä", "a\tb", "a\nb", "\u{7f}"] {
            assert_eq!(text.parse::<Scope>(), Err(ScopeError::Character), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(text in "[!#-\\[\\]-~ ]{0,60}") {
            let first: Scope = scope(&text);
            prop_assert_eq!(scope(&first.to_string()), first);
        }
    }
}
