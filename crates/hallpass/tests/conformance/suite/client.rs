//! The clients of the suite.

use hallpass_proto::client_secret::BasicCredentials;
use hallpass_proto::param::Form;
use hallpass_testkit::Reply;
use hallpass_testkit::fixture::PASSWORD_OF_ALL;

use super::plans::Plan;
use super::{CALLBACK, POST_LOGOUT, Registration, Suite};

/// A client that the suite can be.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Whether the secret goes into the body.
    pub(crate) posts_secret: bool,
}

impl Suite {
    /// The client of the plan.
    pub(crate) async fn client(&self) -> Client {
        self.known("suite", false).await
    }

    /// Another one, which must not get what is the first one's.
    pub(crate) async fn other_client(&self) -> Client {
        self.known("suite-2", false).await
    }

    /// One that authenticates by `client_secret_post`.
    pub(crate) async fn posting_client(&self) -> Client {
        self.known("suite-post", true).await
    }

    async fn known(&self, client_id: &str, posts_secret: bool) -> Client {
        match self.registration {
            Registration::Static => {
                Client { client_id: client_id.to_owned(), client_secret: secret_of(client_id), posts_secret }
            }
        }
    }

    /// A token request.
    pub(crate) async fn token(&self, client: &Client, fields: &[(&str, &str)]) -> Reply {
        let mut form: Form<'_> = fields.iter().copied().collect();
        let mut header = None;
        if client.posts_secret {
            form.push("client_id", client.client_id.as_str());
            form.push("client_secret", client.client_secret.as_str());
        } else {
            let (client_id, client_secret) = (client.client_id.clone(), client.client_secret.as_str().into());
            header = Some(BasicCredentials { client_id, client_secret }.header());
        }
        let header = header.as_ref().map(|header| header.expose().as_str());
        self.post(self.endpoint("token_endpoint"), header, form.encode()).await
    }

    /// Redeems a code.
    pub(crate) async fn redeem(&self, client: &Client, code: &str) -> Reply {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
        self.token(client, &fields).await
    }
}

/// The configuration of a run: three clients for the plan's response type, and a person of whom everything is known.
pub(crate) fn config(database: &str, plan: &Plan) -> String {
    let has = |part: &str| plan.response_type.split(' ').any(|word| word == part);
    let mut grants = Vec::new();
    if has("code") {
        grants.extend(["authorization_code", "refresh_token"]);
    }
    if has("id_token") || has("token") {
        grants.push("implicit");
    }
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
"#,
            secret_of(client_id),
            plan.response_type,
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

/// Known to nobody but this file.
fn secret_of(client_id: &str) -> String {
    format!("a-secret-of-the-client-{client_id}-that-is-long-enough")
}
