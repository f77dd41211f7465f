//! The page to read about an API and try it: Swagger UI, from this program alone.
//!
//! *Authorize* runs the code flow with PKCE (RFC 7636), always, as a public client. The issuer sends the browser
//! back to a page that hands the answer over by a `BroadcastChannel`: it works though the issuer's
//! `Cross-Origin-Opener-Policy` takes `window.opener` away. The code is redeemed through [`relay`], so the token
//! endpoint needs no CORS.

mod asset;
mod page;
mod relay;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use hallpass_client::provider::Provider;

use crate::api::public_url::PublicUrl;

/// Where the page is, and as whom it asks for tokens.
#[derive(Clone, Debug)]
pub struct Docs {
    path: String,
    client_id: Option<String>,
    scopes: Option<Vec<String>>,
}

impl Docs {
    /// At a path, such as `/docs`.
    pub fn at(path: impl Into<String>) -> Self {
        let path = path.into();
        Self { path: path.trim_end_matches('/').to_owned(), client_id: None, scopes: None }
    }

    /// The public client that *Authorize* asks as. Its redirect URI, to be registered at the issuer, is the public
    /// URL with this page's path and `/oauth2-redirect`. Without it people enter one of theirs.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Which scopes are ticked when the page opens; all that the routes need unless it is called.
    pub fn scopes<'a>(mut self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        self.scopes = Some(scopes.into_iter().map(str::to_owned).collect());
        self
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Every path that is taken.
    pub(crate) fn paths(&self) -> Vec<String> {
        let below =
            [page::REDIRECT, relay::PATH].into_iter().chain(asset::ASSETS.iter().map(|asset| asset.path));
        std::iter::once(self.path.clone()).chain(below.map(|path| format!("{}{path}", self.path))).collect()
    }
}

impl From<&str> for Docs {
    fn from(path: &str) -> Self {
        Self::at(path)
    }
}

impl From<String> for Docs {
    fn from(path: String) -> Self {
        Self::at(path)
    }
}

/// What the page has to know of the API.
pub(crate) struct Place {
    pub(crate) public_url: PublicUrl,
    pub(crate) title: String,
    pub(crate) openapi: &'static str,
    pub(crate) provider: Option<Provider>,
    pub(crate) scopes: Vec<&'static str>,
}

pub(crate) fn router(docs: Docs, place: Place) -> Router {
    let path = docs.path.clone();
    let mut router = Router::new();
    for asset in &asset::ASSETS {
        router = router.route(&format!("{path}{}", asset.path), get(|| async { asset.response() }));
    }
    let (page, redirect) = (page::page(&docs, &place), page::redirect(&docs, &place));
    router = router
        .route(&path, get(|| async { page::html(page) }))
        .route(&format!("{path}{}", page::REDIRECT), get(|| async { page::html(redirect) }));
    if let Some(provider) = place.provider {
        let relay = relay::Relay {
            provider,
            origin: place.public_url.origin().to_owned(),
            redirect_uri: format!("{}{path}{}", place.public_url.as_str(), page::REDIRECT),
            client_id: docs.client_id,
        };
        let route = post(relay::relay).layer(DefaultBodyLimit::max(relay::BODY_LIMIT));
        router = router.route(&format!("{path}{}", relay::PATH), route.with_state(relay.into()));
    }
    router
}
