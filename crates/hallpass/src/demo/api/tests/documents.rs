//! What the API says of itself.

use axum::http::{StatusCode, header};
use hallpass_proto::env::Env;
use hallpass_resource::assert_policy;
use serde_json::json;

use super::super::api;
use super::{API, APP, ISSUER, settings, world};

#[test]
fn the_policy_is_what_was_reviewed() {
    assert_policy!(api(settings(Env::system(), Vec::new())).policy(), "src/demo/api/policy.txt");
}

#[tokio::test]
async fn the_openapi_document_has_the_routes_their_scopes_and_the_issuer() {
    let document = world().get("/openapi.json", None).await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/items", "/me"]);
    assert_eq!(document["paths"]["/items"]["get"]["security"], json!([{ "oauth2": ["items:read"] }]));
    assert_eq!(document["paths"]["/items"]["post"]["security"], json!([{ "oauth2": ["items:write"] }]));
    assert_eq!(document["paths"]["/me"]["get"]["security"], json!([{ "oauth2": [] }]));
    assert_eq!(document["servers"][0]["url"], API);
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"];
    assert_eq!(flow["authorizationUrl"], format!("{ISSUER}/authorize"));
    assert_eq!(flow["scopes"]["items:write"], "Create items");
    assert_references_lead_somewhere(&document, &document);
}

fn assert_references_lead_somewhere(document: &serde_json::Value, part: &serde_json::Value) {
    if let Some(reference) = part.get("$ref").and_then(|reference| reference.as_str()) {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let members = part.as_object().into_iter().flat_map(|object| object.values());
    for inner in members.chain(part.as_array().into_iter().flatten()) {
        assert_references_lead_somewhere(document, inner);
    }
}

#[tokio::test]
async fn challenges_lead_to_the_metadata_and_those_to_the_issuer() {
    let world = world();
    let url = world.get("/items", None).await.challenge().resource_metadata.expect("RFC 9728");
    let metadata = world.get(url.strip_prefix(API).expect("here"), None).await.json();
    assert_eq!((&metadata["resource"], &metadata["authorization_servers"]), (&json!(API), &json!([ISSUER])));
    assert_eq!(metadata["scopes_supported"], json!(["items:read", "items:write"]));
}

/// The page has a policy of its own, which lets it run its scripts; what the web app may read is as before.
#[tokio::test]
async fn the_docs_page_runs_its_own_scripts_only() {
    let page = world().get("/docs", None).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let text = String::from_utf8_lossy(&page.body);
    assert!(text.contains("data-client=\"demo-spa\"") && !text.contains(APP));
}
