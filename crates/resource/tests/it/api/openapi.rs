//! The OpenAPI document: what the handlers' types say, whatever else is said.

use std::sync::atomic::Ordering;

use hallpass_resource::api::{Api, get};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Place, fetch, health, list};
use crate::world::{API, ISSUER, World};

async fn document(api: Api) -> Value {
    let answer = fetch(&api.build().expect("the parts fit"), "/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    answer.json()
}

#[tokio::test]
async fn security_is_an_or_of_ands_from_the_types() {
    let document = document(Place::new().api()).await;
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["info"], json!({ "title": "Items", "version": "2.0.0" }));
    assert_eq!(document["servers"], json!([{ "url": API }]));
    for (path, method, security) in [
        ("/items", "get", json!([{ "oauth2": ["items:read"] }])),
        ("/items", "post", json!([{ "oauth2": ["items:read", "items:write"] }, { "oauth2": ["admin"] }])),
        ("/me", "get", json!([{ "oauth2": [] }])),
        ("/greeting", "get", json!([{ "oauth2": ["items:read"] }, {}])),
    ] {
        assert_eq!(document["paths"][path][method]["security"], security, "{method} {path}");
    }
    assert!(document["paths"].get("/health").is_none(), "hidden");
    assert_eq!(document["paths"]["/items"]["get"]["summary"], "Lists the items");
}

#[tokio::test]
async fn the_scheme_has_the_issuers_addresses_and_every_scope_described() {
    let document = document(Place::new().api()).await;
    assert_eq!(
        document["components"]["securitySchemes"],
        json!({ "oauth2": { "type": "oauth2", "flows": { "authorizationCode": {
            "authorizationUrl": format!("{ISSUER}/authorize"),
            "tokenUrl": format!("{ISSUER}/token"),
            "refreshUrl": format!("{ISSUER}/token"),
            "scopes": { "admin": "Everything", "items:read": "Read items", "items:write": "Create items" },
        } } } })
    );
}

#[tokio::test]
async fn refusals_are_documented_where_they_can_happen() {
    let document = document(Place::new().api()).await;
    let statuses = |path: &str, method: &str| {
        let responses = document["paths"][path][method]["responses"].as_object().expect("responses");
        responses.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(statuses("/items", "get"), "2XX 401 403");
    assert_eq!(statuses("/me", "get"), "2XX 401", "any token will do, so none lacks a scope");
    assert_eq!(statuses("/greeting", "get"), "2XX 401 403");
    let reference =
        document["paths"]["/items"]["get"]["responses"]["401"]["$ref"].as_str().expect("a reference");
    let refused = document.pointer(reference.trim_start_matches('#')).expect("it leads somewhere");
    assert!(refused["headers"].get("WWW-Authenticate").is_some());
    let schema = refused["content"]["application/problem+json"]["schema"]["$ref"].as_str().expect("a schema");
    assert!(document.pointer(schema.trim_start_matches('#')).is_some());
}

#[tokio::test]
async fn parameters_of_a_path_are_there() {
    let document = document(Place::new().api()).await;
    let parameters = &document["paths"]["/items/{id}"]["get"]["parameters"];
    assert_eq!(
        *parameters,
        json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }])
    );
}

/// As utoipa would write it, with `security` of its own that has drifted from the code.
#[tokio::test]
async fn a_document_written_otherwise_is_merged_and_does_not_decide_who_may_call() {
    let written = json!({
        "openapi": "3.1.0",
        "info": { "title": "Written", "version": "9", "description": "By hand" },
        "paths": { "/items": { "get": {
            "operationId": "list_items",
            "security": [],
            "responses": { "200": { "description": "Items" }, "401": { "description": "Mine" } },
        } } },
        "components": { "schemas": { "Item": { "type": "object" } } },
    });
    let document = document(Place::new().api().openapi(written)).await;
    let operation = &document["paths"]["/items"]["get"];
    assert_eq!(operation["operationId"], "list_items");
    assert_eq!(operation["security"], json!([{ "oauth2": ["items:read"] }]));
    assert_eq!(operation["summary"], "Lists the items");
    assert_eq!(operation["responses"]["401"]["description"], "Mine");
    assert!(operation["responses"].get("2XX").is_none(), "the success is described");
    assert_eq!(document["info"]["description"], "By hand");
    assert_eq!(document["components"]["schemas"]["Item"]["type"], "object");
    assert!(document["components"]["schemas"].get("TokenRefused").is_some());
}

#[tokio::test]
async fn an_operation_is_described_in_place() {
    let described =
        json!({ "tags": ["items"], "security": [{}], "responses": { "200": { "description": "All" } } });
    let api = Api::new(API).protect(Place::new().protect).at("/items", get(list).openapi(described));
    let operation = &document(api).await["paths"]["/items"]["get"];
    assert_eq!(operation["tags"], json!(["items"]));
    assert_eq!(operation["responses"]["200"]["description"], "All");
    assert_eq!(operation["security"], json!([{ "oauth2": ["items:read"] }]));
}

#[tokio::test]
async fn without_the_issuer_there_is_no_document_but_there_are_routes() {
    let place = Place::new();
    place.issuer.down.store(true, Ordering::SeqCst);
    let app = place.app();
    let answer = fetch(&app, "/openapi.json").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(fetch(&app, "/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn with_keys_alone_it_is_a_bearer_token_and_without_protection_nothing() {
    let api = Api::new(API).protect(World::new().protect).at("/items", get(list));
    let scheme = &document(api).await["components"]["securitySchemes"]["oauth2"];
    assert_eq!(*scheme, json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" }));
    let open = document(Api::new(API).at("/health", get(health))).await;
    assert!(open["components"].get("securitySchemes").is_none());
    assert_eq!(open["paths"]["/health"]["get"]["security"], json!([]));
}
