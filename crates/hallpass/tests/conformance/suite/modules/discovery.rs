//! What the metadata and the key set say.

use serde_json::Value;

use crate::suite::{ISSUER, Suite};

/// `oidcc-discovery-endpoint-verification`
pub(crate) async fn verification(suite: Suite) {
    let metadata = &suite.metadata;
    assert_eq!(metadata["issuer"], ISSUER);
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        suite.endpoint(name);
    }
    for (name, needed) in [
        ("scopes_supported", &["openid"][..]),
        ("response_types_supported", &["code", "id_token", "id_token token"]),
        ("grant_types_supported", &["authorization_code", "implicit"]),
        ("subject_types_supported", &["public"]),
        ("id_token_signing_alg_values_supported", &["RS256"]),
        ("token_endpoint_auth_methods_supported", &["client_secret_basic"]),
        ("code_challenge_methods_supported", &["S256"]),
        ("claims_supported", &["sub", "iss", "name", "email"]),
    ] {
        let given = metadata[name].as_array().unwrap_or_else(|| panic!("{name} is no list"));
        let given: Vec<&str> = given.iter().map(|value| value.as_str().expect("a text")).collect();
        assert!(needed.iter().all(|value| given.contains(value)), "{name}: {given:?}");
    }
    for (name, value) in metadata.as_object().expect("an object") {
        let members =
            ["request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"];
        assert!(!members.contains(&name.as_str()) || value.is_boolean(), "{name} is {value}");
        assert!(
            !name.ends_with("_endpoint") || value.as_str().is_some_and(|url| url.starts_with("https://")),
            "{name}"
        );
        assert!(!value.is_null() && value != &Value::Array(vec![]), "{name} says nothing: leave it out");
    }
    assert_keys(&suite).await;
}

/// Nothing private; each key has a name of its own, a use and an algorithm.
async fn assert_keys(suite: &Suite) {
    let keys = serde_json::to_value(suite.keys().await).expect("JSON");
    let keys = keys["keys"].as_array().expect("keys").clone();
    assert!(!keys.is_empty());
    let mut kids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().expect("a kid")).collect();
    for key in &keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "a private member {private}");
        }
        assert!(key["alg"].is_string() && (key["use"] == "sig" || key["use"] == "enc"), "{key}");
    }
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(kids.len(), keys.len(), "two keys have one kid");
}
