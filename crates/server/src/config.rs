//! What an operator decides. Every duration is in seconds.

use hallpass_proto::device::DEFAULT_INTERVAL;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::scope::{ADDRESS, EMAIL, PHONE, PROFILE};

use crate::network::Network;
use crate::register::policy::RegistrationPolicy;

/// The settings of an authorization server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer identifier. Every URL that the server prints comes from it, and none from a request's `Host`.
    pub issuer: Issuer,
    /// How long a code can be redeemed. RFC 6749 §4.1.2 allows ten minutes; RFC 9700 wants it short.
    pub code_lifetime: i64,
    /// How long a device code, with its user code, can be answered and redeemed (RFC 8628 §3.2 `expires_in`).
    pub device_code_lifetime: i64,
    /// How long a device has to wait between polls (RFC 8628 §3.2 `interval`).
    pub device_interval: i64,
    /// How the address that a request comes from is known.
    pub client_address: ClientAddress,
    /// How long an access token is good.
    pub access_token_lifetime: i64,
    /// How long an ID token is good.
    pub id_token_lifetime: i64,
    /// How long a refresh token is good without being used.
    pub refresh_token_idle: i64,
    /// How long a grant lasts however much it is used.
    pub grant_lifetime: i64,
    /// How long the rotated refresh token of a public client is accepted again while its successor is unused.
    pub refresh_grace: i64,
    /// How long a browser session lasts without being used.
    pub session_idle: i64,
    /// How long a browser session lasts however much it is used.
    pub session_lifetime: i64,
    /// How long a person may take to answer the pages of one authorization request.
    pub request_lifetime: i64,
    /// How long a key signs or seals before another one takes its place; none: only when somebody says so.
    pub rotate_keys_every: Option<i64>,
    /// How long a new key is published before it signs, so that everybody knows it by then. It is never less than
    /// `jwks_max_age` and two minutes.
    pub publish_keys_ahead: i64,
    /// How long caches may keep the JWKS.
    pub jwks_max_age: i64,
    /// The algorithm of access tokens.
    pub access_token_alg: SigningAlg,
    /// How many passwords are hashed at once; each takes 19 MiB and some 20 ms of one core.
    pub password_workers: usize,
    /// How many sign-ins may wait for a free worker; more are told to come back.
    pub password_queue: usize,
    /// Who may register clients by request, and what such clients may have.
    pub registration: RegistrationPolicy,
    /// Whether people may make accounts here themselves, at `/sign-up` (`prompt=create`). The
    /// [`Accounts`](crate::accounts::Accounts) must be able to; those of the store are.
    pub sign_up: bool,
    /// How many tries to make an account are let in each minute, at each node.
    pub sign_ups_per_minute: u32,
    /// What the consent page says of each scope. One that is not here is shown by its name.
    pub scopes: Vec<ScopeText>,
    /// The claims that can be asked for one by one (OpenID Connect Core §5.5), and what the consent page says of each.
    /// Whatever else is known of a person is told by no name.
    pub claims: Vec<ClaimText>,
    /// What a sign-in can be called, `acr`, the strongest first. By default a sign-in by password is
    /// [`PASSWORD_ACR`].
    pub acr_values: Vec<AcrValue>,
}

/// A password over a protected connection, in the words of SAML 2.0 (Authentication Context §3.4.10), which OpenID
/// Connect has no own for: the default `acr` of a sign-in by password.
pub const PASSWORD_ACR: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// A value of `acr`, and what a sign-in must have been to be called so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcrValue {
    /// The value.
    pub name: String,
    /// The methods (RFC 8176) that must all have been used: `pwd`.
    pub amr: Vec<String>,
}

impl AcrValue {
    /// A value for sign-ins by all of these methods.
    pub fn new(name: &str, amr: &[&str]) -> Self {
        Self { name: name.to_owned(), amr: amr.iter().map(|method| (*method).to_owned()).collect() }
    }
}

/// A claim in human words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimText {
    /// The claim: `email`.
    pub name: String,
    /// What it lets an application do, from a verb on: `See your email address`.
    pub title: String,
}

impl ClaimText {
    /// The two texts.
    pub fn new(name: &str, title: &str) -> Self {
        Self { name: name.to_owned(), title: title.to_owned() }
    }
}

/// How the address that a request comes from is known. It is shown to people who are asked to allow a device, and wrong
/// codes are counted by it; nothing else depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAddress {
    /// It is the other end of the connection: no proxy stands before the server. Of a connection that axum was not told
    /// of (`into_make_service_with_connect_info::<SocketAddr>`), nothing is known.
    Connection,
    /// Connections from these networks are those of proxies, which say in `X-Forwarded-For` for whom. Other connections
    /// speak for themselves.
    BehindProxies(Vec<Network>),
    /// Nothing is known of it: every connection is that of some proxy.
    Unknown,
}

/// A scope in human words.
#[derive(Clone, Debug)]
pub struct ScopeText {
    /// The scope value: `email`.
    pub name: String,
    /// What it lets an application do, from a verb on: `See your email address`.
    pub title: String,
    /// One more sentence; may be empty.
    pub detail: String,
}

impl ScopeText {
    /// The three texts.
    pub fn new(name: &str, title: &str, detail: &str) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), detail: detail.to_owned() }
    }
}

impl Config {
    /// The settings that suit most: see each field of [`Config`], and `docs/specs.md` for what asks for them.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            code_lifetime: 60,
            device_code_lifetime: 10 * 60,
            device_interval: DEFAULT_INTERVAL,
            client_address: ClientAddress::Connection,
            access_token_lifetime: 10 * 60,
            id_token_lifetime: 60 * 60,
            refresh_token_idle: 30 * 24 * 60 * 60,
            grant_lifetime: 365 * 24 * 60 * 60,
            refresh_grace: 30,
            session_idle: 24 * 60 * 60,
            session_lifetime: 14 * 24 * 60 * 60,
            request_lifetime: 60 * 60,
            rotate_keys_every: Some(90 * 24 * 60 * 60),
            publish_keys_ahead: 24 * 60 * 60,
            jwks_max_age: 300,
            access_token_alg: SigningAlg::Es256,
            password_workers: 1,
            password_queue: 64,
            sign_up: false,
            sign_ups_per_minute: 60,
            registration: RegistrationPolicy::default(),
            scopes: vec![
                ScopeText::new(PROFILE, "See your profile", "Your name, picture, language and the like."),
                ScopeText::new(EMAIL, "See your email address", ""),
                ScopeText::new(ADDRESS, "See your postal address", ""),
                ScopeText::new(PHONE, "See your phone number", ""),
            ],
            claims: CLAIMS.iter().map(|(name, title)| ClaimText::new(name, title)).collect(),
            acr_values: vec![AcrValue::new(PASSWORD_ACR, &["pwd"])],
        }
    }

    /// What a sign-in by these methods can be called, the strongest first.
    pub(crate) fn acrs_of(&self, amr: &[String]) -> Vec<&str> {
        let met = |acr: &&AcrValue| acr.amr.iter().all(|method| amr.contains(method));
        self.acr_values.iter().filter(met).map(|acr| acr.name.as_str()).collect()
    }
}

/// The claims of OpenID Connect Core §5.1.
const CLAIMS: [(&str, &str); 19] = [
    ("name", "See your full name"),
    ("given_name", "See your given name"),
    ("family_name", "See your family name"),
    ("middle_name", "See your middle name"),
    ("nickname", "See your nickname"),
    ("preferred_username", "See your user name"),
    ("profile", "See the address of your profile page"),
    ("picture", "See your picture"),
    ("website", "See the address of your website"),
    ("gender", "See your gender"),
    ("birthdate", "See your date of birth"),
    ("zoneinfo", "See your time zone"),
    ("locale", "See your language"),
    ("updated_at", "See when your profile last changed"),
    ("email", "See your email address"),
    ("email_verified", "See whether your email address was verified"),
    ("address", "See your postal address"),
    ("phone_number", "See your phone number"),
    ("phone_number_verified", "See whether your phone number was verified"),
];
