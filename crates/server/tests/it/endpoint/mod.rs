//! The endpoints that programs call.

mod forged;
mod introspect;
mod jwks;
mod metadata;
mod revoke;
mod userinfo;
