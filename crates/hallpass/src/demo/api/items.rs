//! `/items`: a list that a token with `items:read` opens, and one with `items:write` adds to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use hallpass_resource::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;
use super::{ItemsRead, ItemsWrite};

/// How many items are kept; past it the oldest goes.
pub(super) const MAX_ITEMS: usize = 1000;
/// The longest name, in characters.
pub(super) const MAX_NAME: usize = 100;

/// One entry of the list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    id: u64,
    name: String,
    /// The `sub` of the token that it was added with.
    #[serde(skip_serializing_if = "Option::is_none")]
    added_by: Option<String>,
}

/// The list, in memory.
pub(super) struct Items(Mutex<List>);

struct List {
    next_id: u64,
    items: VecDeque<Item>,
}

impl Default for Items {
    /// Three things to see before anything is added.
    fn default() -> Self {
        let names = ["Difference engine", "Analytical engine", "Jacquard loom"];
        let item = |(id, name): (u64, &str)| Item { id, name: name.to_owned(), added_by: None };
        Self(Mutex::new(List { next_id: 4, items: (1..).zip(names).map(item).collect() }))
    }
}

impl Items {
    fn all(&self) -> Vec<Item> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).items.iter().cloned().collect()
    }

    fn add(&self, name: String, added_by: String) -> Item {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let item = Item { id: list.next_id, name, added_by: Some(added_by) };
        list.next_id += 1;
        if list.items.len() == MAX_ITEMS {
            list.items.pop_front();
        }
        list.items.push_back(item.clone());
        item
    }
}

/// `GET /items`.
pub(super) async fn list(_: Auth<ItemsRead>, State(items): State<Arc<Items>>) -> Json<Vec<Item>> {
    Json(items.all())
}

/// `POST /items`: `{"name": "…"}`. The token is looked at before the body.
pub(super) async fn add(
    auth: Auth<ItemsWrite>,
    State(items): State<Arc<Items>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Item>), Problem> {
    let body =
        body.map_err(|rejection| Problem::new(rejection.status(), "The body is too large or broke off."))?;
    let name = name(&headers, &body)?;
    Ok((StatusCode::CREATED, Json(items.add(name, auth.sub.clone()))))
}

fn name(headers: &HeaderMap, body: &[u8]) -> Result<String, Problem> {
    if !is_json(headers) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json."));
    }
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("The body is not JSON: {error}.")))?;
    let Value::Object(body) = body else {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The body must be a JSON object."));
    };
    let name = match body.get("name") {
        None => return Err(Problem::field("name", "name is missing.")),
        Some(Value::String(name)) => name.trim(),
        Some(_) => return Err(Problem::field("name", "name must be a string.")),
    };
    if name.is_empty() {
        return Err(Problem::field("name", "name must not be empty."));
    }
    if name.chars().count() > MAX_NAME {
        return Err(Problem::field("name", format!("name must have at most {MAX_NAME} characters.")));
    }
    if name.contains(char::is_control) {
        return Err(Problem::field("name", "name must not have control characters."));
    }
    Ok(name.to_owned())
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}
