//! What those who register themselves may have — RFC 7591 §3.2.1, §5: the operator's word.

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::registration::ClientMetadata;
use hallpass_proto::scope::{ADDRESS, EMAIL, OFFLINE_ACCESS, OPENID, PHONE, PROFILE, Scope};
use hallpass_proto::token::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use url::Url;

use super::rule::{Findings, Rule, Wrong, shown};
use crate::entity::client::{AssertionAudience, Client};

/// What stands before the scheme of an app among the hosts: no host has a colon.
pub const SCHEME: &str = "scheme:";

/// Who may register clients by request, and what such clients may have.
#[derive(Clone, Debug)]
pub struct RegistrationPolicy {
    /// Who may.
    pub access: RegistrationAccess,
    /// The widest scope. A client that asks for none gets this one, and one that asks for more gets what is in it.
    pub scope: Scope,
    /// The grants, `implicit` among them if it is to be. A client that asks for another is refused.
    pub grant_types: Vec<String>,
    /// The ways to authenticate; empty for all that the server has.
    pub token_endpoint_auth_methods: Vec<AuthMethod>,
    /// Hosts of redirect URIs, those after sign-out too: `*.example.com` for all below one, and `scheme:com.example.app`
    /// for the scheme of an app; empty for any.
    pub redirect_hosts: Vec<String>,
    /// Whether every client must use PKCE. Where it need not, a client may ask for it (`require_pkce`).
    pub require_pkce: Pkce,
    /// `aud` of the access tokens. A client has no say in it: it decides which APIs take them.
    pub audience: Vec<String>,
    /// What client assertions may name as `aud`.
    pub client_assertion_audience: AssertionAudience,
    /// How many times in one minute, per node, a client may be registered without a good initial access token, or change
    /// its registration.
    pub per_minute: u32,
    /// Who may vouch for software.
    pub statement_issuers: Vec<StatementIssuer>,
    /// Whether somebody must.
    pub software_statement: SoftwareStatements,
}

/// Who may register clients by request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistrationAccess {
    /// Nobody: there is no such endpoint.
    #[default]
    Off,
    /// Whoever holds an initial access token (RFC 7591 §3).
    InitialAccessToken,
    /// Anybody.
    Open,
}

/// Whether clients that register themselves must use PKCE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pkce {
    /// All of them must (RFC 9700 §2.1.1).
    #[default]
    Required,
    /// Public ones must; for others it is as they register.
    AsRegistered,
}

/// Whether software statements are needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoftwareStatements {
    /// They count where they come.
    #[default]
    Optional,
    /// There is no registration without one.
    Required,
}

/// Somebody whose software statements are believed.
#[derive(Clone, Debug)]
pub struct StatementIssuer {
    /// `iss` of the statements.
    pub issuer: String,
    /// What they are signed with.
    pub keys: StatementKeys,
}

/// The keys of an issuer of software statements.
#[derive(Clone, Debug)]
pub enum StatementKeys {
    /// These.
    Given(JwkSet),
    /// Those that are at this URL when a statement comes.
    At(String),
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        let usual = [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS].join(" ");
        Self {
            access: RegistrationAccess::Off,
            // Words of the grammar, each of them.
            scope: usual.parse().unwrap_or_default(),
            grant_types: [AUTHORIZATION_CODE, REFRESH_TOKEN].map(str::to_owned).to_vec(),
            token_endpoint_auth_methods: Vec::new(),
            redirect_hosts: Vec::new(),
            require_pkce: Pkce::Required,
            audience: Vec::new(),
            client_assertion_audience: AssertionAudience::Issuer,
            per_minute: 60,
            statement_issuers: Vec::new(),
            software_statement: SoftwareStatements::Optional,
        }
    }
}

impl RegistrationPolicy {
    /// What becomes of a client that `asked` for this, or what it may not have.
    pub(crate) fn apply(&self, mut client: Client, asked: &ClientMetadata) -> Result<Client, Vec<Wrong>> {
        let mut found = Findings::default();
        for (at, grant) in client.grant_types.iter().enumerate() {
            if !self.grant_types.contains(grant) {
                found.wrong_at("grant_types", at, Rule::GrantNotAllowed(shown(grant)));
            }
        }
        let method = client.token_endpoint_auth_method;
        let methods = &self.token_endpoint_auth_methods;
        if !methods.is_empty() && !methods.contains(&method) {
            found.wrong("token_endpoint_auth_method", Rule::MethodNotAllowed(method.to_string()));
        }
        for (at, uri) in client.redirect_uris.iter().enumerate() {
            if !self.lets_in(uri.as_str()) {
                found.wrong_at("redirect_uris", at, Rule::RedirectHost(shown(uri.as_str())));
            }
        }
        for (at, uri) in client.post_logout_redirect_uris.iter().enumerate() {
            if !self.lets_in(uri.as_str()) {
                found.wrong_at("post_logout_redirect_uris", at, Rule::RedirectHost(shown(uri.as_str())));
            }
        }
        if asked.scope.is_none() {
            client.scope = self.scope.clone();
        } else {
            // RFC 7591 §3.2.1: the server "MAY reject or replace any of the client's requested metadata values".
            let allowed = client.scope.only(|token| self.scope.contains(token));
            if allowed.is_empty() && !client.scope.is_empty() {
                let (value, known) = (shown(&client.scope.to_string()), self.scope.to_string());
                found.wrong("scope", Rule::NotOneOf { value, known });
            }
            client.scope = allowed;
        }
        client.require_pkce = match self.require_pkce {
            Pkce::Required => true,
            Pkce::AsRegistered => asked.require_pkce.unwrap_or(false),
        };
        client.audience = self.audience.clone();
        client.client_assertion_audience = self.client_assertion_audience;
        if found.0.is_empty() { Ok(client) } else { Err(found.0) }
    }

    fn lets_in(&self, redirect_uri: &str) -> bool {
        if self.redirect_hosts.is_empty() {
            return true;
        }
        let Ok(url) = Url::parse(redirect_uri) else { return false };
        if !matches!(url.scheme(), "http" | "https") {
            let own = |allowed: &String| allowed.strip_prefix(SCHEME) == Some(url.scheme());
            return self.redirect_hosts.iter().any(own);
        }
        let place = url.host_str().unwrap_or_default();
        self.redirect_hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(below) => place.len() > below.len() && place.ends_with(below) && below.starts_with('.'),
            None => place == allowed,
        })
    }
}
