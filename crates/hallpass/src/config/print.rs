//! The settings as they are in effect, without anything secret.

use std::fmt::Write as _;

use hallpass_server::config::Config;
use hallpass_server::entity::client::Client;

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
        line("passwords.workers", &server.password_workers.to_string());
        line("passwords.queue", &server.password_queue.to_string());
        for allowed in &self.outbound.allowed {
            line("outbound.allow", &allowed.to_string());
        }
        line("outbound.timeout", &format!("{}s", self.outbound.timeout.as_secs()));
        line("access_token_signed_response_alg", server.access_token_alg.as_str());
        for scope in &server.scopes {
            line(&format!("scope {}", scope.name), &scope.title);
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

/// A client in one line.
pub(crate) fn summary(client: &Client) -> String {
    format!(
        "{}; {}; scope: {}",
        client.token_endpoint_auth_method,
        client.grant_types.join(" "),
        client.scope
    )
}
