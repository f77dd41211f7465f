//! The token endpoint, grant by grant.

mod authorization_code;
mod refresh_token;
mod rotation;
