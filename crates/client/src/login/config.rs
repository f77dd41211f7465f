//! What a program can set about its sign-in.

use std::sync::Arc;

use hallpass_proto::scope::{EMAIL, OPENID, PROFILE, Scope};
use hallpass_proto::secret::Secret;

use super::pages::{LoginPages, PlainPages};
use super::sessions::SessionPlace;

/// Settings of [`Login`](super::Login). Every path is below the public URL.
#[derive(Clone)]
pub struct LoginConfig {
    pub(crate) session_keys: Vec<Secret>,
    pub(crate) scope: Scope,
    pub(crate) sessions: SessionPlace,
    pub(crate) lifetime: i64,
    pub(crate) user_info: UserInfoRule,
    pub(crate) pages: Arc<dyn LoginPages>,
    pub(crate) cookie_name: String,
    pub(crate) login_path: String,
    pub(crate) callback_path: String,
    pub(crate) logout_path: String,
    pub(crate) backchannel_logout_path: String,
    pub(crate) frontchannel_logout_path: String,
}

/// Whether claims are fetched from the UserInfo endpoint at sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserInfoRule {
    /// When the issuer has one. Most issuers give profile and email there and not in the ID token.
    WhenOffered,
    /// Never: the claims are those of the ID token.
    Never,
}

impl LoginConfig {
    /// The usual settings, with the secret of at least 32 characters that seals the cookies.
    pub fn new(session_key: impl Into<Secret>) -> Self {
        let scope = [OPENID, PROFILE, EMAIL].join(" ").parse().unwrap_or_default();
        Self {
            session_keys: vec![session_key.into()],
            scope,
            sessions: SessionPlace::default(),
            lifetime: 8 * 3600,
            user_info: UserInfoRule::WhenOffered,
            pages: Arc::new(PlainPages),
            cookie_name: "hallpass".to_owned(),
            login_path: "/login".to_owned(),
            callback_path: "/callback".to_owned(),
            logout_path: "/logout".to_owned(),
            backchannel_logout_path: "/backchannel-logout".to_owned(),
            frontchannel_logout_path: "/frontchannel-logout".to_owned(),
        }
    }

    /// A key that was in use before: cookies that it sealed still open.
    pub fn older_session_key(mut self, key: impl Into<Secret>) -> Self {
        self.session_keys.push(key.into());
        self
    }

    /// What is asked for. Default `openid profile email`.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Where sessions are kept. Default: in memory.
    pub fn sessions(mut self, place: SessionPlace) -> Self {
        self.sessions = place;
        self
    }

    /// How long a session lasts, in seconds. Default eight hours.
    pub fn lifetime(mut self, seconds: i64) -> Self {
        self.lifetime = seconds.max(1);
        self
    }

    /// Whether UserInfo is asked. Default: when the issuer has it.
    pub fn user_info(mut self, rule: UserInfoRule) -> Self {
        self.user_info = rule;
        self
    }

    /// The pages that a person sees when something goes wrong, and before signing out.
    pub fn pages(mut self, pages: impl LoginPages + 'static) -> Self {
        self.pages = Arc::new(pages);
        self
    }

    /// What the names of the cookies begin with. Default `hallpass`.
    pub fn cookie_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.cookie_name);
        self
    }

    /// The three paths. Default `/login`, `/callback` and `/logout`.
    pub fn paths(mut self, login: &str, callback: &str, logout: &str) -> Self {
        login.clone_into(&mut self.login_path);
        callback.clone_into(&mut self.callback_path);
        logout.clone_into(&mut self.logout_path);
        self
    }

    /// The two paths at which the issuer says that a person has signed out there. Default `/backchannel-logout` and
    /// `/frontchannel-logout`.
    pub fn single_logout_paths(mut self, backchannel: &str, frontchannel: &str) -> Self {
        backchannel.clone_into(&mut self.backchannel_logout_path);
        frontchannel.clone_into(&mut self.frontchannel_logout_path);
        self
    }
}
