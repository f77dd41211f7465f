//! OAuth 2.0 resource server: an API that accepts a presented access token, or refuses it in the words of the RFCs.
//!
//! Scopes are types ([`scope!`]), a route's needs are built from them ([`Requirement`], [`All`], [`Any`],
//! [`Authenticated`]), and one [`Protect`] verifies tokens (RFC 9068) with the issuer's keys. Everything that says
//! no is a [`Refused`]: its status, its challenge (RFC 6750) and its body come from one place.
//!
//! With the `axum` feature a handler says in its signature who may call it: see [`axum::Auth`]. Put together with
//! [`api::Api`], the same types also write the OpenAPI document and the metadata of RFC 9728, and a handler that
//! says nothing does not compile; the feature `docs` adds a page to try the API. Without axum, use
//! [`Protect::layer`] with `tower`, or [`Protect::verify`] with anything.
//!
//! Reading order: `protect`, `jwt` (the checks, in order), `requirement`, `refusal`; then `api` and `openapi`.

mod acceptor;
#[cfg(feature = "axum")]
pub mod api;
#[cfg(feature = "axum")]
pub mod axum;
mod deny;
#[cfg(feature = "docs")]
mod docs;
mod introspect;
mod jwt;
mod jwt_builder;
mod keys;
mod layer;
mod mapping;
#[cfg(feature = "axum")]
mod metadata;
#[cfg(feature = "axum")]
mod openapi;
mod protect;
mod refusal;
mod requirement;
mod role;
mod scope;
mod step_up;
mod token;

pub use deny::{Denied, DenyList};
pub use hallpass_proto::scope::is_scope_token;
pub use introspect::IntrospectBuilder;
pub use jwt_builder::JwtBuilder;
pub use keys::{KeyError, KeyFuture, KeySource, StaticKeys};
pub use layer::{ProtectLayer, RequireLayer, Required, WithProtect};
pub use protect::{Protect, ProtectError, TypRule};
pub use refusal::{Reason, Refused};
pub use requirement::{All, Alternative, Any, Authenticated, Missing, Presented, Requirement, ScopeText};
pub use role::{Role, RoleName};
pub use scope::Scope;
pub use step_up::{Acr, AcrValues, MaxAge, StepUp, is_acr_value};
pub use token::{Claims, FromToken, Token};

/// What a program that protects routes needs: `use hallpass_resource::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "axum")]
    pub use crate::api::Api;
    #[cfg(feature = "axum")]
    pub use crate::axum::{Auth, Public};
    pub use crate::{
        Acr, All, Any, Authenticated, MaxAge, Protect, Requirement, Role, Scope, acr, role, scope,
    };
}
