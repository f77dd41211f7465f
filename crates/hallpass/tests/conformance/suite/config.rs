//! The configuration that a plan is run with.

use hallpass_testkit::fixture::PASSWORD_OF_ALL;

use super::host::Host;
use super::modules::request_object::REQUEST;
use super::plans::Plan;
use super::{CALLBACK, POST_LOGOUT};
use crate::world::World;

/// The configuration of a run: three clients for the plan's response type, and a person of whom everything is known.
pub(crate) fn config(database: &str, plan: &Plan, world: &World, host: &Host) -> String {
    world.write("suite.pem", &host.certificate);
    let grants = grant_types(plan.response_type);
    // Texts, lists of texts and `true` are written in TOML as in JSON.
    let members = (plan.members)(host);
    let members = members.as_object().expect("an object");
    let members: String = members.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    let client = |client_id: &str, method: &str| {
        format!(
            r#"
[[client]]
client_id = "{client_id}"
client_name = "The suite"
client_secret = "{}"
token_endpoint_auth_method = "{method}"
redirect_uris = ["{CALLBACK}"]
post_logout_redirect_uris = ["{POST_LOGOUT}"]
grant_types = {grants:?}
response_types = ["{}"]
scope = "openid profile email address phone offline_access"
require_pkce = false
request_uris = ["{}"]
{members}
"#,
            secret_of(client_id),
            plan.response_type,
            host.url(REQUEST),
        )
    };
    let clients = [
        client("suite", "client_secret_basic"),
        client("suite-2", "client_secret_basic"),
        client("suite-post", "client_secret_post"),
    ];
    format!(
        r#"issuer = "https://localhost"
listen = "127.0.0.1:0"
{database}

[tls]
certificate = "certificate.pem"
key = "key.pem"

[outbound]
allow = ["localhost"]
ca_file = "suite.pem"

[registration]
access = "open"
grant_types = ["authorization_code", "refresh_token", "implicit"]
per_minute = 1000
require_pkce = false
{}
[[user]]
logins = ["ada@example.com"]
password = "{PASSWORD_OF_ALL}"
[user.claims]
name = "Ada King Lovelace"
given_name = "Ada"
middle_name = "King"
family_name = "Lovelace"
nickname = "Countess"
preferred_username = "ada"
profile = "https://people.example/ada"
picture = "https://people.example/ada.png"
website = "https://ada.example/"
gender = "female"
birthdate = "1815-12-10"
zoneinfo = "Europe/London"
locale = "en-GB"
updated_at = 1700000000
email = "ada@example.com"
email_verified = true
phone_number = "+44 20 7946 0001"
phone_number_verified = false
[user.claims.address]
formatted = "12 St James's Square, London"
country = "GB"
"#,
        clients.concat(),
    )
}

/// What a client must be registered for to use a response type.
pub(super) fn grant_types(response_type: &str) -> Vec<&'static str> {
    let has = |part: &str| response_type.split(' ').any(|word| word == part);
    let mut grants = Vec::new();
    if has("code") {
        grants.extend(["authorization_code", "refresh_token"]);
    }
    if has("id_token") || has("token") {
        grants.push("implicit");
    }
    grants
}

/// Known to nobody but this file.
pub(super) fn secret_of(client_id: &str) -> String {
    format!("a-secret-of-the-client-{client_id}-that-is-long-enough")
}
