//! What the OpenAPI document says beyond the types that guard the handlers: bodies and their schemas.

use serde_json::{Value, json};

use super::items::MAX_NAME;

/// What operations refer to.
pub(super) fn document() -> Value {
    json!({
        "info": { "description": "A list that access tokens open. Authorize, and try it." },
        "components": { "schemas": {
            "Item": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                    "id": { "type": "integer" },
                    "name": { "type": "string" },
                    "added_by": { "type": "string", "description": "The sub of the token it was added with." },
                },
            },
            "NewItem": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": MAX_NAME, "examples": ["Slate"] },
                },
            },
        } },
    })
}

pub(super) fn list() -> Value {
    let items = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Item" } });
    json!({ "responses": { "200": {
        "description": "All items.",
        "content": { "application/json": { "schema": items } },
    } } })
}

pub(super) fn add() -> Value {
    json!({
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewItem" } } },
        },
        "responses": {
            "201": {
                "description": "The item as it was added.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Item" } } },
            },
            "422": { "description": "The name does not do; the answer says why." },
        },
    })
}

pub(super) fn me() -> Value {
    json!({ "responses": { "200": {
        "description": "The claims of the token.",
        "content": { "application/json": { "schema": { "type": "object" } } },
    } } })
}
