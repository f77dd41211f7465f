//! The metadata document and the published keys.

use serde_json::Value;

use hallpass_testkit::TestIssuer;
use hallpass_testkit::issuer::ISSUER;

fn words<'a>(document: &'a Value, member: &str) -> Vec<&'a str> {
    let list = document[member].as_array().unwrap_or_else(|| panic!("{member} is not a list"));
    list.iter().map(|word| word.as_str().expect("text")).collect()
}

/// oidcc-discovery-endpoint-verification: the document.
#[tokio::test]
async fn the_document_says_what_it_must() {
    let issuer = TestIssuer::start().await;
    let reply = issuer.get("/.well-known/openid-configuration").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
    let document = reply.json();

    assert_eq!(document["issuer"], ISSUER);
    for (member, value) in document.as_object().expect("an object") {
        if member.ends_with("_endpoint") || member.ends_with("_uri") || member.ends_with("_iframe") {
            let url = value.as_str().unwrap_or_else(|| panic!("{member} is not text"));
            assert!(url.starts_with(&format!("{ISSUER}/")), "{member}: {url}");
        }
        if member.ends_with("_supported") && !value.is_boolean() {
            let mut list = words(&document, member);
            let length = list.len();
            list.sort_unstable();
            list.dedup();
            assert!(length > 0 && list.len() == length, "{member} is empty or has a value twice: {value}");
        }
    }
    for (member, needed) in [
        ("response_types_supported", &["code", "id_token", "id_token token"][..]),
        ("response_modes_supported", &["query", "fragment", "form_post"]),
        ("subject_types_supported", &["public", "pairwise"]),
        ("id_token_signing_alg_values_supported", &["RS256"]),
        ("userinfo_signing_alg_values_supported", &["RS256"]),
        ("scopes_supported", &["openid", "profile", "email", "address", "phone", "offline_access"]),
        ("claims_supported", &["sub", "iss", "name", "email", "address", "phone_number"]),
        ("grant_types_supported", &["authorization_code", "implicit"]),
        ("code_challenge_methods_supported", &["S256"]),
        ("token_endpoint_auth_methods_supported", &["client_secret_basic", "client_secret_post"]),
    ] {
        let offered = words(&document, member);
        assert!(needed.iter().all(|word| offered.contains(word)), "{member}: {offered:?}");
    }
    for member in
        ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"]
    {
        assert!(document[member].is_string(), "{member}");
    }
    let locale = |text: &&str| text.chars().next().is_some_and(|first| first.is_ascii_lowercase());
    assert!(words(&document, "ui_locales_supported").iter().all(locale));
}

/// oidcc-discovery-endpoint-verification: the keys. Nothing private, no name twice, and each says what it is for.
#[tokio::test]
async fn the_keys_are_public_named_and_for_something() {
    let issuer = TestIssuer::start().await;
    let document = issuer.get("/.well-known/openid-configuration").await.json();
    let uri = document["jwks_uri"].as_str().expect("a URL").strip_prefix(ISSUER).expect("ours");
    let jwks = issuer.get(uri).await.json();

    let keys = jwks["keys"].as_array().expect("keys");
    let mut kids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().expect("a kid")).collect();
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(key.get(private), None, "{key}");
        }
        let (kty, alg) = (key["kty"].as_str(), key["alg"].as_str().expect("an alg"));
        let expected = match alg.get(..2) {
            Some("RS" | "PS") => "RSA",
            Some("ES") => "EC",
            _ => "OKP",
        };
        assert_eq!((kty, &key["use"]), (Some(expected), &"sig".into()), "{key}");
    }
    assert!(keys.iter().any(|key| key["alg"] == "RS256"));
    let number = kids.len();
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(kids.len(), number);
}
