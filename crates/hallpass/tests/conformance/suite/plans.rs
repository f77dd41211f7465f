//! Plans and their modules, by the names that the OpenID Foundation gives them.

use std::pin::Pin;

use serde_json::{Value, json};

use super::host::Host;
use super::modules::{
    channels, claims, codes, core, discovery, logout, prompt, redirect_uri, refresh, registration,
    request_object,
};
use super::{FRONT_CHANNEL, Suite};

/// A plan: what is asked for, and the modules that ask.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) response_type: &'static str,
    pub(crate) response_mode: Option<&'static str>,
    /// What its clients register beside the usual.
    pub(crate) members: fn(&Host) -> Value,
    modules: Vec<Module>,
}

type Run = fn(Suite) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// A module: its name without `oidcc-`, and what it does.
struct Module {
    name: &'static str,
    run: Run,
}

macro_rules! modules {
    ($($name:literal => $run:path,)*) => {
        vec![$(Module { name: $name, run: |suite| Box::pin($run(suite)) }),*]
    };
}

impl Plan {
    /// The same with answers by form post.
    pub(crate) fn by_form_post(self) -> Self {
        Self { response_mode: Some("form_post"), ..self }
    }

    /// Runs every module, failing or not, and fails if one did.
    pub(crate) async fn run(self, suite: Suite) {
        assert!(!self.modules.is_empty(), "{} has no modules", self.name);
        let mut failed = Vec::new();
        for module in &self.modules {
            let ended = tokio::spawn((module.run)(suite.clone())).await;
            println!("{} {}: {}", self.name, module.name, if ended.is_ok() { "ok" } else { "FAILED" });
            if let Err(error) = ended {
                let panic = error.into_panic();
                let said = panic.downcast_ref::<String>().map(String::as_str);
                failed.push(format!(
                    "{}: {}",
                    module.name,
                    said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("")
                ));
            }
        }
        let all = self.modules.len();
        assert!(
            failed.is_empty(),
            "{}: {} of {all} modules failed:\n{}",
            self.name,
            failed.len(),
            failed.join("\n")
        );
    }
}

/// The code flow.
pub(crate) fn basic(response_type: &'static str) -> Plan {
    let mut modules = common();
    modules.extend(with_userinfo());
    modules.extend(with_code());
    Plan { name: "basic", response_type, response_mode: None, members: nothing, modules }
}

/// The implicit flow.
pub(crate) fn implicit(response_type: &'static str) -> Plan {
    let mut modules = common();
    if response_type.contains(" token") {
        modules.extend(with_userinfo());
    }
    Plan { name: "implicit", response_type, response_mode: None, members: nothing, modules }
}

/// The hybrid flow.
pub(crate) fn hybrid(response_type: &'static str) -> Plan {
    let mut modules = common();
    modules.extend(with_userinfo());
    modules.extend(with_code());
    Plan { name: "hybrid", response_type, response_mode: None, members: nothing, modules }
}

/// What the metadata says.
pub(crate) fn config() -> Plan {
    let modules = modules! { "discovery-endpoint-verification" => discovery::verification, };
    Plan { name: "config", response_type: "code", response_mode: None, members: nothing, modules }
}

/// Sign-out that a client starts.
pub(crate) fn rp_initiated_logout() -> Plan {
    let modules = modules! {
        "rp-initiated-logout-discovery-endpoint-verification" => logout::discovery,
        "rp-initiated-logout" => logout::with_everything,
        "rp-initiated-logout-no-state" => logout::without_state,
        "rp-initiated-logout-bad-post-logout-redirect-uri" => logout::unknown_uri,
        "rp-initiated-logout-query-added-to-post-logout-redirect-uri" => logout::query_added,
        "rp-initiated-logout-modified-id-token-hint" => logout::unsigned_hint,
        "rp-initiated-logout-bad-id-token-hint" => logout::foreign_hint,
        "rp-initiated-logout-no-id-token-hint" => logout::without_hint,
        "rp-initiated-logout-no-params" => logout::without_parameters,
        "rp-initiated-logout-no-post-logout-redirect-uri" => logout::without_uri,
        "rp-initiated-logout-only-state" => logout::state_alone,
    };
    Plan {
        name: "rp-initiated-logout",
        response_type: "code",
        response_mode: None,
        members: nothing,
        modules,
    }
}

/// Sign-out of which the issuer tells the client.
pub(crate) fn back_channel() -> Plan {
    let modules = modules! {
        "backchannel-rp-initiated-logout-discovery-endpoint-verification" => channels::back_channel_discovery,
        "backchannel-rp-initiated-logout" => channels::back_channel,
    };
    let members = |host: &Host| {
        json!({
            "backchannel_logout_uri": host.url("/back-channel"),
            "backchannel_logout_session_required": true,
        })
    };
    Plan { name: "back-channel logout", response_type: "code", response_mode: None, members, modules }
}

/// Sign-out of which the browser tells the client.
pub(crate) fn front_channel() -> Plan {
    let modules = modules! {
        "frontchannel-rp-initiated-logout-discovery-endpoint-verification" => channels::front_channel_discovery,
        "frontchannel-rp-initiated-logout" => channels::front_channel,
    };
    let members = |_: &Host| {
        json!({
            "frontchannel_logout_uri": FRONT_CHANNEL,
            "frontchannel_logout_session_required": true,
        })
    };
    Plan { name: "front-channel logout", response_type: "code", response_mode: None, members, modules }
}

/// Sign-out that the client's page watches for.
pub(crate) fn session_management() -> Plan {
    let modules = modules! {
        "session-management-discovery-endpoint-verification" => channels::session_discovery,
        "session-management-rp-initiated-logout" => channels::session,
    };
    Plan { name: "session management", response_type: "code", response_mode: None, members: nothing, modules }
}

/// What only clients that register themselves can be asked.
pub(crate) fn dynamic(response_type: &'static str) -> Plan {
    let modules = modules! {
        "server" => core::server,
        "idtoken-signature" => registration::id_token_by_default,
        "idtoken-rs256" => registration::id_token_rs256,
        "userinfo-rs256" => registration::userinfo_rs256,
        "redirect-uri-query-OK" => registration::redirect_uri_with_query,
        "redirect-uri-query-mismatch" => registration::redirect_uri_with_another_query,
        "ensure-redirect-uri-in-authorization-request" => registration::one_of_two_redirect_uris,
        "redirect-uri-regfrag" => registration::redirect_uri_with_fragment,
        "registration-logo-uri" => registration::logo_uri,
        "registration-policy-uri" => registration::policy_uri,
        "registration-tos-uri" => registration::tos_uri,
        "registration-sector-uri" => registration::sector_uri,
        "registration-sector-bad" => registration::sector_bad,
        "request-uri-unsigned" => request_object::by_reference,
    };
    Plan { name: "dynamic", response_type, response_mode: None, members: nothing, modules }
}

/// Sign-in that begins at the issuer or elsewhere.
pub(crate) fn third_party_initiated_login() -> Plan {
    let modules = modules! {
        "3rd_party-init-login" => registration::initiate_login_uri,
        "3rd_party-init-login-nohttps" => registration::initiate_login_uri_by_http,
    };
    Plan {
        name: "third-party-initiated login",
        response_type: "code",
        response_mode: None,
        members: nothing,
        modules,
    }
}

fn nothing(_: &Host) -> Value {
    json!({})
}

/// What every response type goes through.
fn common() -> Vec<Module> {
    modules! {
        "server" => core::server,
        "response-type-missing" => core::response_type_missing,
        "ensure-request-without-nonce" => core::without_nonce,
        "alternate-happy-flow" => core::other_order,
        "ensure-post-request-succeeds" => core::by_post,
        "display-page" => core::display_page,
        "display-popup" => core::display_popup,
        "ui-locales" => core::ui_locales,
        "claims-locales" => core::claims_locales,
        "login-hint" => core::login_hint,
        "ensure-request-with-acr-values-succeeds" => core::acr_values,
        "ensure-request-with-unknown-parameter-succeeds" => core::unknown_parameter,
        "scope-profile" => claims::profile,
        "scope-email" => claims::email,
        "scope-address" => claims::address,
        "scope-phone" => claims::phone,
        "scope-all" => claims::all,
        "prompt-login" => prompt::login,
        "prompt-none-not-logged-in" => prompt::none_not_logged_in,
        "prompt-none-logged-in" => prompt::none_logged_in,
        "max-age-1" => prompt::max_age_1,
        "max-age-10000" => prompt::max_age_10000,
        "id-token-hint" => prompt::id_token_hint,
        "ensure-registered-redirect-uri" => redirect_uri::unregistered,
        "redirect-uri-query-added" => redirect_uri::query_added,
        "unsigned-request-object" => request_object::unsigned,
        "request-uri-unsigned" => request_object::by_reference,
        "request-uri-unregistered" => request_object::by_unregistered_reference,
    }
}

/// Where an access token goes out.
fn with_userinfo() -> Vec<Module> {
    modules! {
        "userinfo-get" => claims::userinfo_get,
        "userinfo-post-header" => claims::userinfo_post_header,
        "userinfo-post-body" => claims::userinfo_post_body,
    }
}

/// Where a code goes out.
fn with_code() -> Vec<Module> {
    modules! {
        "server-client-secret-post" => core::client_secret_post,
        "ensure-request-with-valid-pkce-succeeds" => codes::with_pkce,
        "codereuse" => codes::reuse,
        "refresh-token" => refresh::refresh_token,
    }
}
