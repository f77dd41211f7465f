//! The real server in memory, with a clock to turn.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;
use tower::ServiceExt as _;

use hallpass_proto::client_secret::BasicCredentials;
use hallpass_proto::env::{Env, Time};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;
use hallpass_server::client_secret;
use hallpass_server::config::Config;
use hallpass_server::core::{Server, ServerBuilder};
use hallpass_server::entity::client::Client;
use hallpass_server::entity::key::KeyPurpose;
use hallpass_server::entity::user::User;
use hallpass_server::store::Store;
use hallpass_server::store::memory::MemoryStore;

use crate::browser::Browser;
use crate::clock::{ManualClock, test_env};
use crate::fixture;
use crate::reply::Reply;
use crate::web::Web;

/// The issuer that [`TestIssuer::start`] is.
pub const ISSUER: &str = "https://login.example";

/// An authorization server, reached without a socket.
#[derive(Clone)]
pub struct TestIssuer {
    /// The server.
    pub server: Server,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its time and randomness.
    pub env: Env,
    /// Its store.
    pub store: Arc<dyn Store>,
    /// Its identifier.
    pub issuer: Issuer,
    /// What its own requests reach.
    pub web: Arc<Web>,
    router: Router,
}

impl TestIssuer {
    /// A server at [`ISSUER`] with the clients and people of [`fixture`].
    pub async fn start() -> Self {
        Self::with(ISSUER, |_| {}).await
    }

    /// A server at another issuer, or with other settings.
    pub async fn with(issuer: &str, settings: impl FnOnce(&mut Config)) -> Self {
        Self::over(issuer, Arc::new(MemoryStore::new()), settings).await
    }

    /// A server over any store.
    pub async fn over(issuer: &str, store: Arc<dyn Store>, settings: impl FnOnce(&mut Config)) -> Self {
        Self::built(issuer, store, settings, |builder| builder).await
    }

    /// A server with parts of its own: accounts, pages.
    pub async fn made_of(parts: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        Self::built(ISSUER, Arc::new(MemoryStore::new()), |_| {}, parts).await
    }

    /// # Panics
    /// When the server cannot start.
    async fn built(
        issuer: &str,
        store: Arc<dyn Store>,
        settings: impl FnOnce(&mut Config),
        parts: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let (env, clock) = test_env();
        let issuer = Issuer::parse(issuer).expect("an issuer");
        for client in fixture::clients() {
            store.put_client(&client).await.expect("recorded");
        }
        for user in [fixture::ada(&env), fixture::grace(&env)] {
            store.put_user(&user).await.expect("recorded");
        }
        for key in fixture::signing_keys() {
            store.ensure_key(key).await.expect("recorded");
        }
        let mut config = Config::new(issuer.clone());
        settings(&mut config);
        let web = Arc::new(Web::default());
        let builder = Server::builder(config, env.clone(), store.clone()).outbound(web.clone());
        let server = parts(builder).build().await.expect("starts");
        for mut client in fixture::clients().into_iter().filter(Client::needs_its_secret) {
            let secret = Secret::from(fixture::SECRET);
            client_secret::give(&server.keys(), &mut client, &secret).await.expect("sealed");
            store.put_client(&client).await.expect("recorded");
        }
        Self { router: server.router(), server, clock, env, store, issuer, web }
    }

    /// The same issuer, started once more over the same store: another node, or this one after a restart. Nothing that
    /// was in memory alone is there.
    ///
    /// # Panics
    /// When it cannot start.
    pub async fn another_node(&self) -> Self {
        let config = Config::new(self.issuer.clone());
        let builder =
            Server::builder(config, self.env.clone(), self.store.clone()).outbound(self.web.clone());
        let server = builder.build().await.expect("starts");
        Self { router: server.router(), server, ..self.clone() }
    }

    /// The time by its clock.
    pub fn now(&self) -> Time {
        self.env.now()
    }

    /// Changes a client, and turns the clock past the second for which the old one is remembered.
    ///
    /// # Panics
    /// When there is no such client.
    pub async fn change_client(&self, client_id: &str, change: impl FnOnce(&mut Client)) {
        let mut client = self.store.client(client_id).await.expect("the store works").expect("a client");
        change(&mut client);
        self.store.put_client(&client).await.expect("recorded");
        self.clock.advance(1);
    }

    /// Lets every signing key be followed by another one, and turns the clock past the second for which the old ones are
    /// remembered. The new ones sign when it has been turned by what this returns, in seconds.
    ///
    /// # Panics
    /// When one was rotated a moment ago, and its next key does not sign yet.
    pub async fn rotate_keys(&self) -> i64 {
        let keys = self.server.keys();
        let ahead = keys.schedule.publish_ahead;
        for key in self.store.keys().await.expect("the store works").keys {
            if key.used_until.is_none() && matches!(key.purpose, KeyPurpose::Sign(_)) {
                keys.rotate(key.purpose, ahead).await.expect("rotates");
            }
        }
        self.clock.advance(1);
        ahead
    }

    /// Changes a person.
    ///
    /// # Panics
    /// When there is no such person.
    pub async fn change_user(&self, id: &str, change: impl FnOnce(&mut User)) {
        let mut user = self.store.user(id).await.expect("the store works").expect("a user");
        change(&mut user);
        self.store.put_user(&user).await.expect("recorded");
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), self.issuer.clone())
    }

    /// A browser with its cookies, reaching the issuer at this node.
    pub fn serves(&self, browser: &Browser) -> Browser {
        browser.at(self.router.clone())
    }

    /// A browser in which Ada is signed in.
    pub async fn browser_of_ada(&self) -> Browser {
        let browser = self.browser();
        browser.sign_in("ada@example.com").await;
        browser
    }

    /// Sends a request as it is.
    ///
    /// # Panics
    /// Never: the router answers everything.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let Ok(response) = self.router.clone().oneshot(request).await;
        Reply::read(response).await
    }

    /// GETs a path.
    ///
    /// # Panics
    /// When the path is not one.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// POSTs a form to a path, with an `Authorization` header if there is one.
    pub async fn post(&self, path: &str, authorization: Option<&str>, form: &[(&str, &str)]) -> Reply {
        let form: Form<'_> = form.iter().copied().collect();
        self.post_raw(path, authorization, &form.encode()).await
    }

    /// POSTs a body that is a form by its content type.
    ///
    /// # Panics
    /// When the path or the header is not one.
    pub async fn post_raw(&self, path: &str, authorization: Option<&str>, body: &str) -> Reply {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// Sends JSON to a path, or nothing, with a bearer token if there is one.
    ///
    /// # Panics
    /// When the path or the token is not one.
    pub async fn json(&self, method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a request")).await
    }

    /// A token request of a client that authenticates by `client_secret_basic`.
    pub async fn token(&self, client_id: &str, form: &[(&str, &str)]) -> Reply {
        self.post("/token", Some(&basic(client_id, fixture::SECRET)), form).await
    }

    /// A token request of a public client.
    pub async fn token_public(&self, client_id: &str, form: &[(&str, &str)]) -> Reply {
        let form: Vec<_> = [("client_id", client_id)].into_iter().chain(form.iter().copied()).collect();
        self.post("/token", None, &form).await
    }

    /// The claims of a token that this server has signed, after a look at its published keys.
    ///
    /// # Panics
    /// When it has not.
    pub async fn verified(&self, token: &str) -> Value {
        use hallpass_proto::jose::jwk::JwkSet;
        use hallpass_proto::jose::jws::VerifyingKey;
        let jwks = JwkSet::parse(self.get("/jwks").await.body.as_bytes()).expect("a key set");
        let jws = CompactJws::parse(token).expect("a token");
        let kid = jws.header().kid.clone().expect("a kid");
        let key = VerifyingKey::from_jwk(jwks.find(&kid).expect("a published key")).expect("a usable key");
        serde_json::from_slice(jws.verify(&key).expect("signed")).expect("JSON")
    }

    /// The answer of introspection to the client that the token was issued to.
    pub async fn introspect(&self, client_id: &str, token: &str) -> Value {
        let reply =
            self.post("/introspect", Some(&basic(client_id, fixture::SECRET)), &[("token", token)]).await;
        reply.json()
    }

    /// The answer of UserInfo.
    ///
    /// # Panics
    /// When the token is not a header value.
    pub async fn userinfo(&self, token: &str) -> Reply {
        let request = Request::get("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }
}

/// The `Authorization` header of `client_secret_basic`.
pub fn basic(client_id: &str, secret: &str) -> String {
    let credentials = BasicCredentials { client_id: client_id.to_owned(), client_secret: secret.into() };
    credentials.header().expose().clone()
}
