//! `security` and the scheme that it names — OpenAPI 3.1 §4.8.27, §4.8.30.

use std::collections::BTreeMap;

use hallpass_proto::metadata::ServerMetadata;
use serde_json::{Map, Value, json};

use super::SCHEME;
use crate::api::policy::Rule;
use crate::requirement::Alternative;

/// The requirement of one operation: any of the list, all scopes of the one.
pub(crate) fn of(rule: &Rule) -> Value {
    let needed = |alternative: &Alternative| {
        let names: Vec<&str> = alternative.scopes.iter().map(|scope| scope.name).collect();
        json!({ SCHEME: names })
    };
    let mut list: Vec<Value> = rule.alternatives().iter().map(needed).collect();
    if let Rule::Optional(_) = rule {
        list.push(json!({}));
    }
    Value::Array(list)
}

/// How a token is obtained: with the issuer's endpoints where they are known, otherwise only that it is a bearer token.
pub(crate) fn scheme(
    metadata: Option<&ServerMetadata>,
    scopes: &BTreeMap<&'static str, &'static str>,
) -> Value {
    let flows = metadata.map(|metadata| flows(metadata, scopes)).unwrap_or_default();
    if flows.is_empty() {
        return json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" });
    }
    json!({ "type": "oauth2", "flows": flows })
}

fn flows(metadata: &ServerMetadata, scopes: &BTreeMap<&'static str, &'static str>) -> Map<String, Value> {
    let mut flows = Map::new();
    let Some(token) = &metadata.token_endpoint else { return flows };
    if let Some(authorization) = &metadata.authorization_endpoint {
        let flow = json!({
            "authorizationUrl": authorization,
            "tokenUrl": token,
            "refreshUrl": token,
            "scopes": scopes,
        });
        flows.insert("authorizationCode".to_owned(), flow);
    } else {
        flows.insert("clientCredentials".to_owned(), json!({ "tokenUrl": token, "scopes": scopes }));
    }
    flows
}
