//! Where an issuer keeps scope, roles and client, when it does not keep them where RFC 9068 says.

use hallpass_proto::jose::jwt::JwtError;
use hallpass_proto::scope::Scope;
use serde_json::{Map, Value};

/// Claims by their names. One that lies deeper is named with dots: `realm_access.roles`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping {
    pub(crate) scopes_from: Vec<String>,
    pub(crate) roles_from: Vec<String>,
}

impl Mapping {
    /// The scope, from the claims that were named; none when none was.
    pub(crate) fn scope(&self, claims: &Map<String, Value>) -> Result<Option<Scope>, JwtError> {
        if self.scopes_from.is_empty() {
            return Ok(None);
        }
        let wrong = JwtError::ClaimType("scope", "scope tokens in a string or in an array");
        let mut words: Vec<&str> = Vec::new();
        for name in &self.scopes_from {
            match find(claims, name) {
                None => {}
                Some(Value::String(text)) => words.extend(text.split(' ').filter(|word| !word.is_empty())),
                Some(Value::Array(list)) => {
                    for item in list {
                        words.push(item.as_str().ok_or(wrong.clone())?);
                    }
                }
                Some(_) => return Err(wrong),
            }
        }
        // An array may hold what is no scope token: `a b` in one item must not become two scopes.
        if words.iter().any(|word| !hallpass_proto::scope::is_scope_token(word)) {
            return Err(wrong);
        }
        words.join(" ").parse().map(Some).map_err(|_| wrong)
    }

    /// The roles: every text in the claims that were named.
    pub(crate) fn roles(&self, claims: &Map<String, Value>) -> Vec<String> {
        let mut roles = Vec::new();
        for name in &self.roles_from {
            match find(claims, name) {
                Some(Value::String(role)) => roles.push(role.clone()),
                Some(Value::Array(list)) => {
                    roles.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                Some(_) | None => {}
            }
        }
        roles
    }
}

/// A claim of that very name, or else the one at the end of its path. Namespaced claims have dots in their names:
/// `https://example.com/roles`.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mapped(scopes_from: &str, claims: Value) -> Option<String> {
        let mapping = Mapping { scopes_from: vec![scopes_from.to_owned()], ..Mapping::default() };
        let Value::Object(claims) = claims else { panic!("an object") };
        mapping.scope(&claims).ok().flatten().map(|scope| scope.to_string())
    }

    #[test]
    fn a_scope_is_a_text_or_a_list() {
        assert_eq!(mapped("scp", json!({"scp": "a b"})), Some("a b".into()));
        assert_eq!(mapped("scp", json!({"scp": ["a", "b"]})), Some("a b".into()));
        assert_eq!(mapped("scp", json!({})), Some(String::new()));
        for wrong in
            [json!({"scp": 1}), json!({"scp": ["a b"]}), json!({"scp": ["a", 2]}), json!({"scp": {}})]
        {
            assert_eq!(mapped("scp", wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn roles_may_lie_deeper() {
        let mapping = Mapping {
            roles_from: vec!["realm_access.roles".into(), "https://example.com/roles".into()],
            ..Mapping::default()
        };
        let claims = json!({"realm_access": {"roles": ["a", 1]}, "https://example.com/roles": "b"});
        assert_eq!(mapping.roles(claims.as_object().expect("an object")), ["a", "b"]);
    }
}
