//! `/flows/code`: the authorization code flow — RFC 6749 §4.1 with PKCE, RFC 7636.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hallpass_client::login::Begin;

use super::App;
use super::page::{self, Bar, Visitor};
use super::run::Run;
use super::sign_in;

/// More than a plain sign-in asks for: a refresh token that lasts, and the API.
const SCOPE: &str = "openid profile email offline_access items:read";

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    bar: Bar,
    run: Option<Run>,
}

/// The page, with the steps of the sign-in that this session began with.
pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let key = visitor.as_ref().and_then(|visitor| visitor.found().key);
    let run = key.and_then(|key| app.memory.run(&key));
    page::html(&CodePage { bar: Bar::new(&visitor, "flows"), run })
}

/// Runs the flow; it ends at the page.
pub(super) async fn start(State(app): State<App>, headers: HeaderMap) -> Response {
    let begin =
        Begin { return_to: Some("/flows/code".to_owned()), scope: SCOPE.parse().ok(), ..Begin::default() };
    sign_in::begin(&app, &headers, begin).await
}
