//! The token endpoint, grant by grant.

mod authorization_code;
mod client_credentials;
mod password;
mod properties;
mod refresh_token;
mod request;
mod response;
mod rotation;
