//! Why an API cannot be put together.

use super::public_url::PublicUrlError;

/// What is wrong with the parts of an [`Api`](super::Api).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The public URL is not one.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// A route asks for a token, and nothing can verify one.
    #[error("{method} {path} asks for a token: add what verifies one with `.protect(…)`")]
    NoProtect {
        /// Its method.
        method: &'static str,
        /// Its path.
        path: String,
    },
    /// axum's paths start with a slash.
    #[error("the path {0:?} does not start with /")]
    Path(String),
    /// A path stands there twice, perhaps with other names for its parameters, or is one that the API serves itself.
    #[error("the path {0:?} is there already: chain its methods, as in `get(list).post(add)`")]
    Twice(String),
    /// The OpenAPI document that was given has something else where an object belongs.
    #[error("the given OpenAPI document is malformed: {0} is not an object")]
    Document(String),
    /// The OpenAPI document that was given describes what is not there.
    #[error("the given OpenAPI document describes {method} {path}, which is not a route of this API")]
    NoRoute {
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
}
