//! The endpoints that programs call.

mod forged;
mod introspect;
mod revoke;
mod userinfo;
