//! Token requests as each client of the tests makes them.

use hallpass_proto::assertion::{AssertionClaims, JWT_BEARER};
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::secret::Secret;
use hallpass_server::entity::client::Client;

use crate::browser::VERIFIER;
use crate::fixture::{SECRET, client_key};
use crate::issuer::basic;
use crate::{Browser, Reply, TestIssuer};

/// What a token response brought. What it did not bring is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// `access_token`.
    pub access_token: String,
    /// `refresh_token`.
    pub refresh_token: String,
    /// `id_token`.
    pub id_token: String,
    /// `scope`.
    pub scope: String,
}

impl Tokens {
    /// Reads a response.
    ///
    /// # Panics
    /// When it is a refusal.
    #[track_caller]
    pub fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let json = reply.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self {
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
            id_token: text("id_token"),
            scope: text("scope"),
        }
    }
}

impl TestIssuer {
    /// A request of a client that authenticates as it is registered.
    ///
    /// # Panics
    /// When there is no such client.
    pub async fn post_as(&self, client_id: &str, path: &str, form: &[(&str, &str)]) -> Reply {
        let client = self.registered(client_id).await;
        let mut form = form.to_vec();
        match client.token_endpoint_auth_method {
            AuthMethod::ClientSecretBasic => {
                return self.post(path, Some(&basic(client_id, SECRET)), &form).await;
            }
            AuthMethod::ClientSecretPost => {
                form.extend([("client_id", client_id), ("client_secret", SECRET)]);
            }
            AuthMethod::None => form.push(("client_id", client_id)),
            AuthMethod::PrivateKeyJwt => {
                return self.post_with(path, &self.assertion(client_id, client_key()), &form).await;
            }
            AuthMethod::ClientSecretJwt => {
                let key = SigningKey::hmac(SigningAlg::Hs256, SECRET.as_bytes()).expect("a key");
                return self.post_with(path, &self.assertion(client_id, &key), &form).await;
            }
        }
        self.post(path, None, &form).await
    }

    /// A new assertion of a client for this issuer, good for a minute.
    ///
    /// # Panics
    /// When the key does not sign.
    pub fn assertion(&self, client_id: &str, key: &SigningKey) -> Secret {
        let claims = AssertionClaims::new(client_id, self.issuer.as_str(), self.env.id(), self.now(), 60);
        claims.sign(key).expect("an assertion")
    }

    /// A request that is authenticated by an assertion.
    pub async fn post_with(&self, path: &str, assertion: &Secret, form: &[(&str, &str)]) -> Reply {
        let mut form = form.to_vec();
        form.push(("client_assertion_type", JWT_BEARER));
        form.push(("client_assertion", assertion.expose()));
        self.post(path, None, &form).await
    }

    /// A code for a client and its first redirect URI: Ada signs in, in a new browser, and allows.
    ///
    /// # Panics
    /// When there is none.
    pub async fn code(&self, client_id: &str, parameters: &[(&str, &str)]) -> String {
        self.browser().code(client_id, &self.redirect_uri(client_id).await, parameters).await
    }

    /// Redeems such a code as it should be.
    pub async fn redeem(&self, client_id: &str, code: &str) -> Reply {
        let redirect_uri = self.redirect_uri(client_id).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        self.post_as(client_id, "/token", &form).await
    }

    /// The tokens of such a code.
    ///
    /// # Panics
    /// When there are none.
    pub async fn tokens(&self, client_id: &str, parameters: &[(&str, &str)]) -> Tokens {
        let code = self.code(client_id, parameters).await;
        Tokens::of(&self.redeem(client_id, &code).await)
    }

    /// The tokens of a code that whoever is signed in in a browser gets and allows.
    ///
    /// # Panics
    /// When there are none.
    pub async fn tokens_of(&self, browser: &Browser, client_id: &str) -> Tokens {
        let code = browser.code(client_id, &self.redirect_uri(client_id).await, &[]).await;
        Tokens::of(&self.redeem(client_id, &code).await)
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, client_id: &str, refresh_token: &str) -> Reply {
        self.refresh_for(client_id, refresh_token, "").await
    }

    /// Uses a refresh token for some scope.
    pub async fn refresh_for(&self, client_id: &str, refresh_token: &str, scope: &str) -> Reply {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)];
        self.post_as(client_id, "/token", &form).await
    }

    /// Revokes a token.
    pub async fn revoke(&self, client_id: &str, token: &str) -> Reply {
        self.post_as(client_id, "/revoke", &[("token", token)]).await
    }

    /// Whether introspection calls a token active, for a client that may ask.
    ///
    /// # Panics
    /// When it says neither.
    pub async fn is_active(&self, client_id: &str, token: &str) -> bool {
        let reply = self.post_as(client_id, "/introspect", &[("token", token)]).await;
        reply.json()["active"].as_bool().unwrap_or_else(|| panic!("{} {}", reply.status, reply.body))
    }

    async fn redirect_uri(&self, client_id: &str) -> String {
        self.registered(client_id).await.redirect_uris.first().expect("a redirect URI").as_str().to_owned()
    }

    async fn registered(&self, client_id: &str) -> Client {
        self.store.client(client_id).await.expect("the store works").expect("a client")
    }
}
