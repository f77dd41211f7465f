//! The OpenAPI 3.1 document of an API: what the handlers' types say, over what the program says.
//!
//! `security` is an OR of ANDs, which is what a [`Rule`] is. The program's part never decides on it.

pub(crate) mod merge;
mod responses;
mod security;

use serde_json::{Map, Value, json};

use crate::api::policy::Rule;

pub(crate) use security::scheme;

/// The name of the one security scheme.
pub(crate) const SCHEME: &str = "oauth2";

/// One operation, as the document sees it.
pub(crate) struct Described<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'static str,
    pub(crate) rule: &'a Rule,
    pub(crate) operation: &'a Value,
}

/// The document without its security scheme, whose URLs only the issuer knows.
pub(crate) fn document<'a>(
    base: Value,
    server: &str,
    operations: impl Iterator<Item = Described<'a>>,
) -> Value {
    let mut document = json!({
        "openapi": "3.1.1",
        "servers": [{ "url": server }],
        "paths": {},
        "components": responses::components(),
    });
    merge::onto(&mut document, base);
    document["openapi"] = "3.1.1".into();
    for described in operations {
        let path = openapi_path(described.path);
        let method = described.method.to_ascii_lowercase();
        let mut operation = defaults(&path);
        let below = document["paths"][&path][&method].take();
        if below.is_object() {
            merge::onto(&mut operation, below);
        }
        merge::onto(&mut operation, described.operation.clone());
        responses::add(&mut operation, described.rule);
        operation["security"] = security::of(described.rule);
        document["paths"][&path][&method] = operation;
    }
    document
}

/// Says where a document has something else than an object.
pub(crate) fn check_objects(base: &Value) -> Result<(), String> {
    let object = |value: &Value, name: &str| match value {
        Value::Object(_) => Ok(()),
        _ => Err(name.to_owned()),
    };
    object(base, "the document")?;
    for name in ["info", "paths", "components"] {
        if let Some(value) = base.get(name) {
            object(value, name)?;
        }
    }
    for (path, item) in base.get("paths").and_then(Value::as_object).into_iter().flatten() {
        object(item, path)?;
    }
    Ok(())
}

/// Operations of a document that no route stands behind.
pub(crate) fn unknown(base: &Value, known: impl Fn(&str, &str) -> bool) -> Option<(String, String)> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let empty = Map::new();
    let paths = base.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    paths.iter().find_map(|(path, item)| {
        let item = item.as_object()?;
        let method = item.keys().find(|name| METHODS.contains(&name.as_str()) && !known(path, name))?;
        Some((method.to_ascii_uppercase(), path.clone()))
    })
}

/// axum's `{*rest}` is OpenAPI's `{rest}`.
pub(crate) fn openapi_path(path: &str) -> String {
    path.replace("{*", "{")
}

/// What the path alone says: its parameters are there, as strings until the program says more.
fn defaults(path: &str) -> Value {
    let parameters: Vec<Value> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if parameters.is_empty() { json!({}) } else { json!({ "parameters": parameters }) }
}
