//! Protected resource metadata — RFC 9728 §2, §3.1: what a client that knows only the API needs to get a token.

use serde::Serialize;

/// The well-known path, without what a resource with a path adds to it.
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ResourceMetadata {
    pub(crate) resource: String,
    pub(crate) authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes_supported: Vec<&'static str>,
    pub(crate) bearer_methods_supported: [&'static str; 1],
    pub(crate) resource_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_documentation: Option<String>,
}
