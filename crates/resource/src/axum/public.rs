//! Open on purpose.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

/// Says in a handler's signature that anybody may call it. It lets every request pass.
///
/// ```
/// use hallpass_resource::axum::Public;
///
/// async fn health(_: Public) -> &'static str {
///     "ok"
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Public;

impl<S: Sync> FromRequestParts<S> for Public {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}
