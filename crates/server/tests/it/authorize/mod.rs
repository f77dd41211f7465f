//! The authorization endpoint, check by check.

mod acr;
mod claims;
mod client;
mod display;
mod hybrid;
mod id_token_hint;
mod length;
mod parameters;
mod pkce;
mod prompt;
mod redirect_uri;
mod request_object;
mod response;
mod response_mode;
mod response_type;
mod scope;

/// The redirect URI of the client `web`.
const WEB: &str = "https://web.example/cb";
/// The redirect URI of the client `hybrid`.
const HYBRID: &str = "https://hybrid.example/cb";
/// The redirect URI of the client `spa`.
const SPA: &str = "https://spa.example/cb";
