//! `/flows/implicit` — RFC 6749 §4.2, OpenID Connect Core §3.2. RFC 9700 §2.1.2 advises against it.

use askama::Template;
use axum::response::Response;

use super::page::{self, Bar, Visitor};
use super::run::Run;

#[derive(Template)]
#[template(path = "implicit.html")]
struct ImplicitPage {
    bar: Bar,
    run: Option<Run>,
}

/// The flow itself happens in the browser: see `/spa`.
pub(super) async fn show(visitor: Visitor) -> Response {
    page::html(&ImplicitPage { bar: Bar::new(&visitor, "flows"), run: None })
}
