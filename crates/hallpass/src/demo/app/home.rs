//! `/`: what there is to try, for people; what the well-known tutorial answers, for programs.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use hallpass_client::login::wants_html;
use serde_json::json;

use super::App;
use super::page::{self, Bar, Visitor};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    bar: Bar,
    issuer: &'a str,
    api: &'a str,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor, headers: HeaderMap) -> Response {
    if !wants_html(&headers) {
        return Json(json!({ "Hello": "World" })).into_response();
    }
    let (issuer, api) = (app.clients.provider.issuer().as_str(), app.clients.api_url.as_str());
    page::html(&HomePage { bar: Bar::new(&visitor, "home"), issuer, api })
}
