//! The paths below the issuer. Metadata, pages and the router read them here.

pub(crate) use hallpass_proto::issuer::{OAUTH_AUTHORIZATION_SERVER, OPENID_CONFIGURATION};

pub(crate) const HOME: &str = "/";
pub(crate) const AUTHORIZE: &str = "/authorize";
pub(crate) const TOKEN: &str = "/token";
pub(crate) const INTROSPECT: &str = "/introspect";
pub(crate) const REVOKE: &str = "/revoke";
pub(crate) const USERINFO: &str = "/userinfo";
pub(crate) const JWKS: &str = "/jwks";
pub(crate) const REGISTER: &str = "/register";
/// The registration of one client.
pub(crate) const REGISTER_ONE: &str = "/register/{client_id}";
pub(crate) const DEVICE_AUTHORIZATION: &str = "/device_authorization";
pub(crate) const END_SESSION: &str = "/end-session";
pub(crate) const CHECK_SESSION: &str = "/check-session";

pub(crate) const SIGN_IN: &str = "/sign-in";
pub(crate) const SIGN_UP: &str = "/sign-up";
pub(crate) const SELECT_ACCOUNT: &str = "/select-account";
pub(crate) const CONSENT: &str = "/consent";
pub(crate) const DEVICE: &str = "/device";
pub(crate) const DEVICE_CONFIRM: &str = "/device/confirm";
pub(crate) const DEVICE_DONE: &str = "/device/done";
pub(crate) const SIGN_OUT: &str = "/sign-out";
pub(crate) const SIGNING_OUT: &str = "/signing-out";
pub(crate) const SIGNED_OUT: &str = "/signed-out";
pub(crate) const REVOKE_APPLICATION: &str = "/applications/revoke";
pub(crate) const STYLESHEET: &str = "/static/hallpass.css";
