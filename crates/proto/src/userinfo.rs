//! Claims about a person — OpenID Connect Core §5.1, §5.4, and the UserInfo response §5.3.2.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scope::{ADDRESS, EMAIL, PHONE, PROFILE, Scope};

/// Claims by name, without `sub`: what is known of a person, in the names and types of §5.1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(pub Map<String, Value>);

impl Claims {
    /// Those that the scope asks for (§5.4).
    pub fn for_scope(&self, scope: &Scope) -> Claims {
        let asked = |claim: &str| {
            CLAIMS_OF_SCOPE.iter().any(|(s, claims)| claims.contains(&claim) && scope.contains(s))
        };
        Claims(self.0.iter().filter(|(name, _)| asked(name)).map(|(n, v)| (n.clone(), v.clone())).collect())
    }

    /// Those that the scope asks for, and those that are asked for by name (§5.5); `sub` is never among them.
    pub fn for_request(&self, scope: &Scope, names: &BTreeSet<String>) -> Claims {
        let mut claims = self.for_scope(scope);
        let named = self.0.iter().filter(|(name, _)| names.contains(*name) && *name != "sub");
        claims.0.extend(named.map(|(n, v)| (n.clone(), v.clone())));
        claims
    }

    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// Which claims each scope value asks for (§5.4).
pub const CLAIMS_OF_SCOPE: [(&str, &[&str]); 4] = [
    (
        PROFILE,
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    (EMAIL, &["email", "email_verified"]),
    (ADDRESS, &["address"]),
    (PHONE, &["phone_number", "phone_number_verified"]),
];

/// The scope value that asks for a claim, if one does.
pub fn scope_of_claim(claim: &str) -> Option<&'static str> {
    CLAIMS_OF_SCOPE.iter().find(|(_, claims)| claims.contains(&claim)).map(|(scope, _)| *scope)
}

/// The UserInfo response (§5.3.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserInfo {
    /// Whom it is about. §5.3.2: it "MUST be verified to exactly match the sub Claim in the ID Token".
    pub sub: String,
    /// The claims.
    #[serde(flatten)]
    pub claims: Claims,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scope_shows_its_claims_and_no_others() {
        let Value::Object(all) =
            json!({"name": "Ada", "email": "ada@example.com", "phone_number": "+44 20", "secret": 1})
        else {
            unreachable!()
        };
        let shown = Claims(all).for_scope(&"openid email".parse().expect("a scope"));
        assert_eq!(serde_json::to_value(shown).expect("prints"), json!({"email": "ada@example.com"}));
    }
}
