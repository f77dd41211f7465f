//! Signing in to a web app — the OpenID Connect code flow behind `/login`, `/callback` and `/logout`, for axum.
//!
//! ```no_run
//! # use axum::{Router, routing::get};
//! # use hallpass_client::prelude::*;
//! async fn home(user: LoggedIn) -> String {
//!     format!("hello {}", user.sub) // nobody signed in: a browser goes through /login, a script gets 401
//! }
//!
//! # async fn app() -> Result<Router, Error> {
//! let config = Config::from_env("APP_")?;
//! let provider = Provider::discover(config.issuer.as_str()).await?;
//! let login = Login::new(config.client(&provider)?, &config.public_url, LoginConfig::new(config.session_key))?;
//! let app = Router::new().route("/", get(home)).merge(login.routes()).layer(login.layer());
//! # Ok(app)
//! # }
//! ```
//!
//! Each sign-in is a sealed cookie of its own, so that two tabs can sign in at once. A session's id changes at every
//! sign-in. Reading order: [`LoginConfig`], [`Login`], `begin`, `finish`, `logout`, `single_logout`, [`LoggedIn`].

mod accept;
mod attempt;
mod begin;
mod config;
mod cookie;
mod failure;
mod finish;
mod logged_in;
mod logout;
mod pages;
mod public_url;
mod replays;
mod reply;
mod return_to;
mod routes;
mod seals;
mod session;
mod sessions;
mod single_logout;

use std::sync::Arc;

use axum::Extension;
use axum::http::HeaderMap;

use attempt::Attempts;
use cookie::Jar;
use replays::Replays;
use seals::Seals;
use sessions::Sessions;

use crate::client::Client;
use crate::error::ConfigError;

pub use accept::wants_html;
pub use begin::Begin;
pub use config::{LoginConfig, UserInfoRule};
pub use failure::Failure;
pub use finish::{Finished, SignedIn};
pub use logged_in::{LoggedIn, NotLoggedIn};
pub use pages::{LoginPages, PlainPages, Problem, SignOut};
pub use public_url::PublicUrl;
pub use session::{MemorySessions, Session, SessionFault, SessionStore, SessionTokens, Whose};
pub use sessions::{Found, SessionPlace};

/// Lets people sign in to a program. Cheap to clone.
#[derive(Clone)]
pub struct Login {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    public_url: PublicUrl,
    config: LoginConfig,
    attempts: Attempts,
    sessions: Sessions,
    replays: Replays,
}

impl Login {
    /// For a client and the URL that people reach the program at. The client must be registered with the redirect
    /// URI that is `public_url` and the callback path.
    ///
    /// # Errors
    /// When the URL or the session key will not do.
    pub fn new(client: Client, public_url: &str, config: LoginConfig) -> Result<Self, ConfigError> {
        let public_url = PublicUrl::parse(public_url)?;
        let seals = Arc::new(Seals::new(&config.session_keys)?);
        let jar = Jar::new(&config.cookie_name, &public_url);
        let env = client.env().clone();
        let attempts = Attempts::new(Arc::clone(&seals), jar.clone(), env.clone());
        let sessions = Sessions::new(config.sessions.clone(), seals, jar, env);
        tracing::info!(
            redirect_uri = public_url.to(&config.callback_path),
            post_logout_redirect_uri = public_url.to("/"),
            backchannel_logout_uri = public_url.to(&config.backchannel_logout_path),
            client_id = client.client_id(),
            "sign-in: these URIs must be registered for the client"
        );
        Ok(Self {
            inner: Arc::new(Inner {
                client,
                public_url,
                config,
                attempts,
                sessions,
                replays: Replays::default(),
            }),
        })
    }

    /// What [`LoggedIn`] needs to find the session: lay it over every route that uses it.
    pub fn layer(&self) -> Extension<Login> {
        Extension(self.clone())
    }

    /// The session of the browser that sent these headers.
    ///
    /// # Errors
    /// When the session store fails.
    pub async fn session(&self, headers: &HeaderMap) -> Result<Option<Found>, SessionFault> {
        self.inner.sessions.find(headers).await
    }

    /// Keeps new tokens or claims in a session that goes on. Does nothing for sealed cookies, which have no tokens.
    ///
    /// # Errors
    /// When the session store fails.
    pub async fn keep(&self, found: &Found, session: Session) -> Result<(), SessionFault> {
        match found.key {
            Some(key) => self.inner.sessions.replace(key, session).await,
            None => Ok(()),
        }
    }

    /// Whether a form was sent from a page of this program, by what the browser says of it. Check it before a POST
    /// changes anything: cookies alone do not show that the person meant it.
    pub fn came_from_here(&self, headers: &HeaderMap) -> bool {
        accept::is_same_origin(headers, self.inner.public_url.origin())
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// The public URL of the program.
    pub fn public_url(&self) -> &PublicUrl {
        &self.inner.public_url
    }

    /// The path that people come home to.
    pub(crate) fn home(&self) -> String {
        format!("{}/", self.inner.public_url.path())
    }

    pub(crate) fn login_path(&self) -> String {
        format!("{}{}", self.inner.public_url.path(), self.inner.config.login_path)
    }
}
