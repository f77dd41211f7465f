//! OAuth 2.0 and OpenID Connect for programs that let people sign in, or that call an API with a token.
//!
//! Reading order: [`provider`] (an issuer: its metadata and its [`keys`]), [`client`] (who asks), then one file for
//! each operation: [`authorize`] and [`complete`] (the code flow, and the implicit one), [`token`] (client
//! credentials, password, refresh) with [`token_source`] (a token that is always good), [`device`] (no browser at hand),
//! [`id_token`], [`userinfo`], [`revocation`], [`introspection`], [`end_session`].
//! The messages are built and read by pure `request` and `response` functions; [`http_client`] is the one door to
//! the network, and [`transport`] goes through it. For web apps on axum, [`login`] has `/login`, `/callback` and
//! `/logout`.
//!
//! Nothing here follows a redirect, trusts an algorithm that a token names, or sends a code anywhere but to the
//! issuer that the flow started with.

pub mod authenticate;
pub mod authorize;
pub mod client;
pub mod complete;
pub mod config;
pub mod device;
pub mod end_session;
pub mod error;
pub mod http_client;
pub mod id_token;
pub mod introspection;
pub mod keys;
#[cfg(feature = "axum")]
pub mod login;
pub mod logout_token;
pub mod provider;
pub mod revocation;
pub mod token;
pub mod token_source;
pub mod tokens;
#[cfg(feature = "hyper")]
pub mod transport;
pub mod userinfo;

mod answer;
mod refreshing;

pub use error::Error;

/// What most programs need.
pub mod prelude {
    pub use crate::client::Client;
    pub use crate::config::Config;
    pub use crate::error::Error;
    pub use crate::keys::Keys;
    #[cfg(feature = "axum")]
    pub use crate::login::{LoggedIn, Login, LoginConfig};
    pub use crate::provider::Provider;
    pub use crate::token_source::TokenSource;
    pub use crate::tokens::Tokens;
    pub use hallpass_proto::scope::Scope;
    pub use hallpass_proto::secret::Secret;
}
