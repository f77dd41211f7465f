//! The only place that mints tokens and codes.

pub(crate) mod access_token;
pub(crate) mod code;
pub(crate) mod id_token;
pub(crate) mod logout_token;
pub(crate) mod protection;
pub(crate) mod refresh_token;
pub(crate) mod subject;
