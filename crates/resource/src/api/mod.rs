//! An API put together from handlers that say who may call them.
//!
//! One type, the first argument of a handler, is what is enforced, what challenges name (RFC 6750), what the OpenAPI
//! document says, what the metadata of the resource lists (RFC 9728), and a line of [`Api::policy`].

mod build;
mod error;
pub(crate) mod methods;
pub(crate) mod policy;
pub(crate) mod public_url;
mod table;

use axum::Router;
use serde_json::{Value, json};

use crate::openapi::merge;
use crate::protect::Protect;

pub use error::BuildError;
pub use methods::{Methods, delete, get, patch, post, put};
pub use policy::{Policy, Rule, Secured};
pub use public_url::PublicUrlError;
pub use table::{PolicyRow, PolicyTable};

#[cfg(feature = "docs")]
pub use crate::docs::Docs;

/// Routes, whoever may call them, and the documents about both.
///
/// ```no_run
/// use hallpass_client::provider::Provider;
/// use hallpass_resource::api::{Api, get};
/// use hallpass_resource::prelude::*;
///
/// scope! { ItemsRead = "items:read", "Read items"; ItemsWrite = "items:write", "Create items"; }
///
/// async fn list(_: Auth<ItemsRead>) -> &'static str { "[]" }
/// async fn add(auth: Auth<All<(ItemsRead, ItemsWrite)>>, name: String) -> String {
///     format!("{} added {name}", auth.sub)
/// }
/// async fn health(_: Public) -> &'static str { "ok" }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let provider = Provider::discover("https://login.example.com").await?;
/// let protect = Protect::jwt(&provider).audience("https://api.example.com").build()?;
/// let app: axum::Router = Api::new("https://api.example.com")
///     .info("Items", "1.0.0")
///     .protect(protect)
///     .at("/items", get(list).describe("Lists the items").post(add).describe("Adds an item"))
///     .at("/health", get(health))
///     .build()?;
/// # Ok(()) }
/// ```
///
/// A handler that does not say who may call it does not compile: *this handler does not say who may call it; the
/// first argument of a handler must be `Auth<…>`, `Option<Auth<…>>` or `Public`*.
///
/// ```compile_fail,E0277
/// use hallpass_resource::api::{Api, get};
///
/// async fn open_by_mistake() -> &'static str { "everything" }
///
/// let api = Api::new("https://api.example.com").at("/items", get(open_by_mistake));
/// # let _: Result<axum::Router, _> = api.build();
/// ```
///
/// Nor does one that says it too late:
///
/// ```compile_fail,E0277
/// use hallpass_resource::api::{Api, get};
/// use hallpass_resource::prelude::*;
///
/// async fn late(_: axum::extract::OriginalUri, _: Auth<Authenticated>) {}
///
/// let api = Api::new("https://api.example.com").at("/items", get(late));
/// # let _: Result<axum::Router, _> = api.build();
/// ```
///
/// Beside the routes the router answers at `/openapi.json`, and at `/.well-known/oauth-protected-resource`; with the
/// feature `docs` also where `Api::docs` says.
#[must_use = "`build` makes the router"]
pub struct Api<S = ()> {
    public_url: String,
    title: String,
    version: String,
    protect: Option<Protect>,
    routes: Vec<(String, Methods<S>)>,
    document: Value,
    #[cfg(feature = "docs")]
    docs: Option<Docs>,
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// An API that people reach at this URL: https, or http for a loopback host. It is also the identifier of the
    /// resource, so it should be among the audiences of the [`Protect`].
    ///
    /// When the URL has a path, paths of routes are below it; the proxy in front takes it away.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            title: "API".to_owned(),
            version: "0.1.0".to_owned(),
            protect: None,
            routes: Vec::new(),
            document: json!({}),
            #[cfg(feature = "docs")]
            docs: None,
        }
    }

    /// The name of the API and its version, for the documents.
    pub fn info(mut self, title: impl Into<String>, version: impl Into<String>) -> Self {
        self.title = title.into();
        self.version = version.into();
        self
    }

    /// What verifies tokens.
    pub fn protect(mut self, protect: Protect) -> Self {
        self.protect = Some(protect);
        self
    }

    /// Adds a path: `/items/{id}`, as axum writes it.
    pub fn at(mut self, path: &str, methods: Methods<S>) -> Self {
        self.routes.push((path.to_owned(), methods));
        self
    }

    /// Adds to the OpenAPI document: schemas, tags, descriptions, or a whole document that was written otherwise,
    /// such as utoipa's `serde_json::to_value(ApiDoc::openapi())`. What it says of `security` is replaced by what the
    /// handlers' types say, and every operation in it must be a route of this API.
    pub fn openapi(mut self, document: Value) -> Self {
        merge::onto(&mut self.document, document);
        self
    }

    /// Serves a page where people read about the API and try it: `.docs("/docs")`, or [`Docs`] for more.
    #[cfg(feature = "docs")]
    pub fn docs(mut self, docs: impl Into<Docs>) -> Self {
        self.docs = Some(docs.into());
        self
    }

    /// Gives all handlers their state.
    pub fn with_state<S2>(self, state: S) -> Api<S2> {
        let with_state =
            |(path, methods): (String, Methods<S>)| (path, methods.with_state::<S2>(state.clone()));
        Api {
            public_url: self.public_url,
            title: self.title,
            version: self.version,
            protect: self.protect,
            routes: self.routes.into_iter().map(with_state).collect(),
            document: self.document,
            #[cfg(feature = "docs")]
            docs: self.docs,
        }
    }

    /// Who may call what: of every route that was added, hidden ones too. What the API serves about itself is for
    /// anybody and not listed.
    pub fn policy(&self) -> PolicyTable {
        let rows = self.routes.iter().flat_map(|(path, methods)| {
            methods.operations.iter().map(|operation| PolicyRow {
                path: path.clone(),
                method: operation.method,
                rule: operation.rule.clone(),
            })
        });
        PolicyTable::new(rows.collect())
    }
}

impl Api<()> {
    /// The router.
    ///
    /// # Errors
    /// When the parts do not fit together; see [`BuildError`].
    pub fn build(self) -> Result<Router, BuildError> {
        build::router(self)
    }
}
