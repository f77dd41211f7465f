//! The answers that come from the policy — RFC 6750 §3, RFC 9457 — described once and referred to.

use serde_json::{Value, json};

use crate::api::policy::Rule;

/// The components that [`add`] refers to.
pub(crate) fn components() -> Value {
    let refusal = |description: &str| {
        json!({
            "description": description,
            "headers": {
                "WWW-Authenticate": {
                    "description": "The challenge (RFC 6750, RFC 9728): what is missing, and where to get it.",
                    "schema": { "type": "string" },
                },
            },
            "content": {
                "application/problem+json": { "schema": { "$ref": "#/components/schemas/TokenRefused" } },
            },
        })
    };
    json!({
        "responses": {
            "TokenNeeded": refusal("No access token was presented, or it is not accepted here."),
            "ScopeNeeded": refusal("The access token does not hold the scope that is needed."),
        },
        "schemas": {
            "TokenRefused": {
                "type": "object",
                "description": "Why a request was refused (RFC 9457).",
                "required": ["title", "status", "detail"],
                "properties": {
                    "title": { "type": "string" },
                    "status": { "type": "integer" },
                    "detail": { "type": "string" },
                    "error": { "type": "string", "description": "The code of RFC 6750 §3.1." },
                    "error_description": { "type": "string" },
                },
            },
        },
    })
}

/// Adds what the rule can answer, and a success where the program describes none.
pub(crate) fn add(operation: &mut Value, rule: &Rule) {
    if !operation.get("responses").is_some_and(Value::is_object) {
        operation["responses"] = json!({});
    }
    let responses = &mut operation["responses"];
    let described = |code: &str| code == "default" || code.starts_with(['2', '3']);
    if !responses.as_object().is_some_and(|all| all.keys().any(|code| described(code))) {
        responses["2XX"] = json!({ "description": "Success." });
    }
    if *rule != Rule::Public {
        refer(responses, "401", "TokenNeeded");
    }
    if rule.asks_for_scopes() {
        refer(responses, "403", "ScopeNeeded");
    }
}

/// What the program says of the same status stays.
fn refer(responses: &mut Value, status: &str, name: &str) {
    if responses.get(status).is_none() {
        responses[status] = json!({ "$ref": format!("#/components/responses/{name}") });
    }
}
