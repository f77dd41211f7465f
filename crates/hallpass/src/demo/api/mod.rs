//! The demo's API: the resource server (RFC 6749 §1.1) of the three programs that `hallpass demo` starts.

mod cors;
mod described;
mod headers;
mod index;
mod items;
mod me;
mod problem;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use hallpass_client::http_client::HttpClient;
use hallpass_client::provider::Provider;
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_resource::api::{Docs, get};
use hallpass_resource::prelude::*;
use hallpass_server::interact::default_pages::STYLESHEET;

use problem::Problem;

scope! {
    pub(crate) ItemsRead = "items:read", "Read items";
    pub(crate) ItemsWrite = "items:write", "Create items";
}

/// The longest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// What the API has to know of the world.
pub(crate) struct ApiSettings {
    /// Whose tokens it accepts.
    pub(crate) issuer: Issuer,
    /// Where it is, which is also what tokens for it have in `aud`.
    pub(crate) public_url: String,
    /// The origin of the web app, whose pages may call it from a browser.
    pub(crate) allowed_origin: String,
    /// The public client that its docs page asks for tokens as.
    pub(crate) docs_client_id: &'static str,
    /// Time and randomness.
    pub(crate) env: Env,
    /// The way to the issuer's keys.
    pub(crate) http: Arc<dyn HttpClient>,
}

/// Where the page to read about the API and try it is.
pub(crate) const DOCS: &str = "/docs";

/// The whole API. The issuer need not be there yet: its keys are fetched when the first token comes.
pub(crate) fn router(settings: ApiSettings) -> Router {
    let allowed = cors::Allowed::new(&settings.allowed_origin);
    // The URL is one of localhost, and every path stands there once: nothing that `build` refuses.
    let router = api(settings).build().expect("the parts fit");
    router
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "There is nothing at this path.") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method.")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(allowed, cors::allow))
        .layer(middleware::from_fn(headers::add))
}

/// Its routes. Who may call each is in its handler's type.
fn api(settings: ApiSettings) -> Api {
    let ApiSettings { issuer, public_url, docs_client_id, env, http, .. } = settings;
    let provider = Provider::builder(issuer.clone(), http).env(env).lazy();
    // There is an audience, and the algorithms are the default ones: nothing that `build` refuses.
    let protect =
        Protect::jwt(&provider).audience(&public_url).realm("demo API").build().expect("an audience");
    let index = Arc::new(index::Index { issuer, public_url: public_url.clone() });
    Api::new(public_url)
        .info("Demo API", env!("CARGO_PKG_VERSION"))
        .protect(protect)
        .openapi(described::document())
        .at(
            "/items",
            get(items::list)
                .describe("Lists the items")
                .openapi(described::list())
                .post(items::add)
                .describe("Adds an item")
                .openapi(described::add())
                .with_state(Arc::new(items::Items::default())),
        )
        .at("/me", get(me::show).describe("Shows what the presented token says").openapi(described::me()))
        .at("/", get(index::show).hidden().with_state(index))
        .at("/static/hallpass.css", get(|_: Public| async { headers::stylesheet(STYLESHEET) }).hidden())
        .docs(Docs::at(DOCS).client_id(docs_client_id))
}
