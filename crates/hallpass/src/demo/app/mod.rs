//! The demo's web app: a client (RFC 6749 §1.1) that lets people sign in, and that shows each flow step by step.
//!
//! Reading order: `router` here, `clients`, `sign_in` (the code flow), then one file for each page; `trace` and
//! `mask` take down what is sent and hide what is secret, `run` puts it into steps.

mod claims;
mod client_credentials;
mod clients;
mod code;
mod headers;
mod home;
mod implicit;
mod login_pages;
mod mask;
mod memory;
mod page;
mod password;
mod refresh;
mod run;
mod sign_in;
mod spa;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use hallpass_client::error::ConfigError;
use hallpass_client::http_client::HttpClient;
use hallpass_client::login::{Login, LoginConfig};
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::secret::Secret;
use hallpass_server::interact::default_pages::STYLESHEET;

use clients::Clients;
use login_pages::AppPages;
use memory::Memory;

/// The longest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// A client of the demo, as it is registered.
pub(crate) struct Credential {
    pub(crate) client_id: String,
    pub(crate) secret: Secret,
}

/// What the web app has to know of the world.
pub(crate) struct AppSettings {
    /// The authorization server. It need not be there yet.
    pub(crate) issuer: Issuer,
    /// Where people reach the app.
    pub(crate) public_url: String,
    /// Where the API is, which is also what tokens for it have in `aud`.
    pub(crate) api_url: String,
    /// Code and refresh.
    pub(crate) web: Credential,
    /// The public client: code with PKCE, and implicit.
    pub(crate) spa_client_id: String,
    /// Client credentials.
    pub(crate) service: Credential,
    /// The password grant.
    pub(crate) legacy: Credential,
    /// Seals the cookies; at least 32 characters.
    pub(crate) session_key: Secret,
    /// Time and randomness.
    pub(crate) env: Env,
    /// The way to the issuer and the API.
    pub(crate) http: Arc<dyn HttpClient>,
}

/// What every page needs.
#[derive(Clone)]
struct App {
    login: Login,
    clients: Arc<Clients>,
    memory: Arc<Memory>,
}

/// The whole web app.
///
/// # Errors
/// When the settings do not go together.
pub(crate) fn router(settings: AppSettings) -> Result<Router, ConfigError> {
    let policy = headers::Policy::new(settings.issuer.origin(), &settings.api_url);
    let (public_url, session_key) = (settings.public_url.clone(), settings.session_key.clone());
    let clients = Clients::new(settings)?;
    let config = LoginConfig::new(session_key).cookie_name("hallpass-demo").pages(AppPages);
    let login = Login::new(clients.web.clone(), &public_url, config)?;
    let app = App { login: login.clone(), clients: Arc::new(clients), memory: Arc::default() };
    Ok(Router::new()
        .route("/", get(home::show))
        .route("/login", get(sign_in::login))
        .route("/callback", get(sign_in::callback))
        .route("/claims", get(claims::show))
        .route("/flows/code", get(code::show))
        .route("/flows/code/start", get(code::start))
        .route("/flows/implicit", get(implicit::show))
        .route("/flows/client-credentials", get(client_credentials::show).post(client_credentials::run))
        .route("/flows/password", get(password::show).post(password::run))
        .route("/flows/refresh", get(refresh::show).post(refresh::run))
        .route("/spa", get(spa::show))
        .route("/spa/callback", get(spa::show))
        .route("/spa/verify", axum::routing::post(spa::verify))
        .route(
            "/static/hallpass.css",
            get(|| async { headers::asset("text/css; charset=utf-8", STYLESHEET) }),
        )
        .route(
            "/static/spa.js",
            get(|| async { headers::asset("text/javascript; charset=utf-8", spa::SCRIPT) }),
        )
        .merge(login.logout_routes())
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::method_not_allowed)
        .with_state(app.clone())
        .layer(login.layer())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app, headers::own_forms_only))
        // The issuer calls these, and no page of the app does.
        .merge(login.single_logout_routes())
        .layer(middleware::from_fn_with_state(policy, headers::add)))
}
