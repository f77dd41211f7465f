//! The modules, by what they are about.

pub(super) mod channels;
pub(super) mod claims;
pub(super) mod codes;
pub(super) mod core;
pub(super) mod discovery;
pub(super) mod logout;
pub(super) mod prompt;
pub(super) mod redirect_uri;
pub(super) mod refresh;
pub(super) mod registration;
pub(super) mod request_object;
