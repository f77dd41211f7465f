//! The clients of the suite.

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use serde_json::{Value, json};

use hallpass_proto::client_secret::BasicCredentials;
use hallpass_proto::param::Form;
use hallpass_testkit::Reply;

use super::config::{grant_types, secret_of};
use super::modules::request_object::REQUEST;
use super::{CALLBACK, POST_LOGOUT, Registration, Suite};

/// A client that the suite can be.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Whether the secret goes into the body.
    pub(crate) posts_secret: bool,
    /// What the registration endpoint answered, if that is how it came to be known.
    pub(crate) registration: Value,
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
            Registration::Static => Client {
                client_id: client_id.to_owned(),
                client_secret: secret_of(client_id),
                posts_secret,
                registration: Value::Null,
            },
            Registration::Dynamic => {
                let method = if posts_secret { "client_secret_post" } else { "client_secret_basic" };
                self.registered(json!({ "token_endpoint_auth_method": method })).await
            }
        }
    }

    /// A client that registers itself, with what a plan's client needs and these members beside.
    pub(crate) async fn registered(&self, members: Value) -> Client {
        let reply = self.register(members).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        let registration = reply.json();
        Client {
            client_id: registration["client_id"].as_str().expect("a client_id").to_owned(),
            client_secret: registration["client_secret"].as_str().unwrap_or_default().to_owned(),
            posts_secret: registration["token_endpoint_auth_method"] == "client_secret_post",
            registration,
        }
    }

    /// A registration request.
    pub(crate) async fn register(&self, members: Value) -> Reply {
        let mut metadata = json!({
            "client_name": "The suite",
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [POST_LOGOUT],
            "response_types": [self.response_type],
            "grant_types": grant_types(self.response_type),
            "request_uris": [self.host.url(REQUEST)],
        });
        for given in [&self.members, &members] {
            for (name, value) in given.as_object().expect("an object") {
                metadata[name] = value.clone();
            }
        }
        let request = HttpRequest::post(self.endpoint("registration_endpoint"))
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Body::from(metadata.to_string()));
        self.send(request.expect("a request")).await
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
