//! The endpoints, one URL each: plain values in, plain values out. HTTP is in [`crate::http`].

pub(crate) mod authorize;
pub(crate) mod device_authorization;
pub(crate) mod end_session;
pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod register;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;
