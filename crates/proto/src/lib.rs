//! The words of OAuth 2.0 and OpenID Connect: parse, print, check, sign, verify.
//!
//! No I/O, no async, no clock, no framework. Both directions of a message stand in one file, so that
//! client and server cannot drift apart. One file per spec; its first line gives the number.
//!
//! Reading order: [`mod@env`] and [`secret`] (the outside world, and what must not leak), [`error`] (the one
//! table of error codes), [`param`] (how a message is read), then the messages in the order of a flow:
//! [`authorize`], [`claims_request`], [`pkce`], [`token`], [`id_token`], [`jwt_access_token`], [`bearer`], [`userinfo`],
//! [`introspection`], [`revocation`], [`logout`], [`device`], and [`metadata`]; [`registration`] is how a client comes to
//! be. Signatures are in [`jose`].

pub mod assertion;
pub mod authorize;
pub mod bearer;
pub mod claims_request;
pub mod client_secret;
pub mod device;
pub mod env;
pub mod error;
pub mod id_token;
pub mod introspection;
pub mod issuer;
pub mod jose;
pub mod jwt_access_token;
pub mod logout;
pub mod logout_token;
pub mod metadata;
pub mod param;
pub mod pkce;
pub mod redirect_uri;
pub mod registration;
pub mod remembered;
pub mod request_object;
pub mod revocation;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod token;
pub mod userinfo;
