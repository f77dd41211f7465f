//! The pages: what they show, what their forms do, and what their forms refuse.

mod cancel;
mod consent;
mod end_session;
mod home;
mod hostile_client;
mod mid_flow;
mod sign_in;
mod sign_out;
mod sign_up;
mod tabs;
mod throttle;

use hallpass_testkit::fixture::PASSWORD_OF_ALL;

/// The redirect URI of the client `web`.
const WEB: &str = "https://web.example/cb";
/// The redirect URI of the client `spa`.
const SPA: &str = "https://spa.example/cb";
/// What Ada types.
const ADA: [(&str, &str); 2] = [("username", "ada@example.com"), ("password", PASSWORD_OF_ALL)];
/// What Grace types.
const GRACE: [(&str, &str); 2] = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];
