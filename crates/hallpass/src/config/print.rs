//! The settings as they are in effect, without anything secret.

use std::fmt::Write as _;

use hallpass_server::config::Config;
use hallpass_server::entity::client::Client;
use hallpass_server::register::policy::{Pkce, RegistrationAccess, RegistrationPolicy};

use super::registration::ACCESS;
use super::{Settings, duration, lifetimes};
use crate::listen::Limits;

impl Settings {
    /// One setting a line.
    pub(crate) fn print(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(out, "{name:<33} {value}");
        };
        line("issuer", self.server.issuer.as_str());
        for address in &self.listen {
            line("listen", &address.to_string());
        }
        line("database", &self.database.to_string());
        match &self.tls {
            Some(tls) => {
                line("tls.certificate", &tls.certificate.display().to_string());
                line("tls.key", &tls.key.display().to_string());
            }
            None if self.server.issuer.is_https() => line("tls", "none: a proxy in front of this ends TLS"),
            None => line("tls", "none: http for this machine alone"),
        }
        let Limits { connections, header, idle } = self.connections;
        line("connections.limit", &connections.to_string());
        for (key, limit) in [("header_timeout", header), ("idle_timeout", idle)] {
            line(&format!("connections.{key}"), &format!("{}s", limit.as_secs()));
        }
        let mut server: Config = self.server.clone();
        for (key, setting) in lifetimes::KEYS {
            line(&format!("lifetimes.{key}"), &duration::print(*setting(&mut server)));
        }
        let every = server.rotate_keys_every.map_or_else(|| "0s".to_owned(), duration::print);
        line("keys.rotate_every", &every);
        line("keys.publish_ahead", &duration::print(server.publish_keys_ahead));
        line("keys.jwks_max_age", &duration::print(server.jwks_max_age));
        line("keys.master_key", &self.master.told());
        line("passwords.workers", &server.password_workers.to_string());
        line("passwords.queue", &server.password_queue.to_string());
        for allowed in &self.outbound.allowed {
            line("outbound.allow", &allowed.to_string());
        }
        line("outbound.timeout", &format!("{}s", self.outbound.timeout.as_secs()));
        line("access_token_signed_response_alg", server.access_token_alg.as_str());
        line("sign_up", if server.sign_up { "true" } else { "false" });
        registration(&server.registration, &mut line);
        for scope in &server.scopes {
            line(&format!("scope {}", scope.name), &scope.title);
        }
        for acr in &server.acr_values {
            line("acr_values", &acr.name);
        }
        for claim in &server.claims {
            line(&format!("claim {}", claim.name), &claim.title);
        }
        for registered in &self.clients {
            line(&format!("client {}", registered.client.client_id), &summary(&registered.client));
        }
        for user in &self.users {
            let claims: Vec<&str> = user.claims.0.keys().map(String::as_str).collect();
            line(&format!("user {}", user.logins.join(", ")), &format!("claims: {}", claims.join(" ")));
        }
        out
    }
}

/// What is in effect of `[registration]`.
fn registration(policy: &RegistrationPolicy, line: &mut impl FnMut(&str, &str)) {
    let access = ACCESS.iter().find(|(_, access)| *access == policy.access).map_or("", |(word, _)| word);
    line("registration.access", access);
    if policy.access == RegistrationAccess::Off {
        return;
    }
    line("registration.scope", &policy.scope.to_string());
    line("registration.grant_types", &policy.grant_types.join(" "));
    let methods: Vec<&str> =
        policy.token_endpoint_auth_methods.iter().map(|method| method.as_str()).collect();
    for (name, list) in [
        ("token_endpoint_auth_methods", methods.join(" ")),
        ("redirect_hosts", policy.redirect_hosts.join(" ")),
    ] {
        line(&format!("registration.{name}"), if list.is_empty() { "any" } else { &list });
    }
    for audience in &policy.audience {
        line("registration.audience", audience);
    }
    line("registration.require_pkce", if policy.require_pkce == Pkce::Required { "true" } else { "false" });
    line("registration.per_minute", &policy.per_minute.to_string());
    for issuer in &policy.statement_issuers {
        line("registration.statement_issuer", &issuer.issuer);
    }
}

/// A client in one line.
pub(crate) fn summary(client: &Client) -> String {
    format!(
        "{}; {}; scope: {}",
        client.token_endpoint_auth_method,
        client.grant_types.join(" "),
        client.scope
    )
}
