//! `/claims`: who is signed in, by the verified claims of the ID token and UserInfo.

use askama::Template;
use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use hallpass_client::login::{LoggedIn, wants_html};
use serde_json::Value;

use super::page::{self, Bar, Me};

#[derive(Template)]
#[template(path = "claims.html")]
struct ClaimsPage {
    bar: Bar,
    claims: Vec<(String, String)>,
}

pub(super) async fn show(visitor: LoggedIn<Me>, headers: HeaderMap) -> Response {
    let claims = &visitor.session().claims;
    if !wants_html(&headers) {
        return Json(claims).into_response();
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let claims = claims.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    page::html(&ClaimsPage { bar: Bar::new(&Some(visitor), "claims"), claims })
}
