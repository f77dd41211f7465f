//! The login engine through its real router.

mod attempts;
mod failures;
mod logged_in;
mod sessions;
mod sign_out;
mod single_logout;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use hallpass_client::client::Client;
use hallpass_client::login::{LoggedIn, Login, LoginConfig};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{CLIENT, CODE, FakeIssuer, ISSUER, SECRET, keys, parameter, sign};

pub(crate) const SESSION_KEY: &str = "canary-session-key-0123456789abcdef";

/// A web app, and a browser in front of it.
pub(crate) struct World {
    pub(crate) issuer: Arc<FakeIssuer>,
    pub(crate) app: Router,
}

#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with("https://app.example", |config| config)
    }

    pub(crate) fn with(public_url: &str, change: impl FnOnce(LoginConfig) -> LoginConfig) -> Self {
        let issuer = FakeIssuer::new();
        issuer.answer_json("/userinfo", serde_json::json!({ "sub": "ada", "name": "Ada", "iss": "evil" }));
        let client = Client::builder(&issuer.provider_builder().lazy(), CLIENT).secret(SECRET);
        let config = change(LoginConfig::new(SESSION_KEY));
        let login = Login::new(client.build().expect("a client"), public_url, config).expect("a login");
        let app = Router::new()
            .route(
                "/private",
                get(|user: LoggedIn| async move { user.sub.clone() }).post(|_: LoggedIn| async {}),
            )
            .route("/claims", get(|user: LoggedIn<Value>| async move { axum::Json(user.claims) }))
            .route(
                "/any",
                get(|user: Option<LoggedIn>| async move { user.map_or("nobody".into(), |u| u.sub.clone()) }),
            )
            .merge(login.routes())
            .layer(login.layer());
        Self { issuer, app }
    }

    pub(crate) async fn send(&self, browser: &Browser, mut request: Request<Body>) -> Reply {
        let cookies = browser.cookies.lock().expect("whole").clone();
        let header: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !header.is_empty() {
            request.headers_mut().insert("cookie", header.join("; ").parse().expect("a value"));
        }
        let response: Response = self.app.clone().oneshot(request).await.expect("answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("arrives").to_bytes();
        for set in parts.headers.get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let (name, value) =
                set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let mut jar = browser.cookies.lock().expect("whole");
            if set.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8(bytes.to_vec()).expect("text");
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// A navigation, as a browser makes it.
    pub(crate) async fn get(&self, browser: &Browser, path: &str) -> Reply {
        let request = Request::get(path).header("accept", "text/html").header("sec-fetch-mode", "navigate");
        self.send(browser, request.body(Body::empty()).expect("a request")).await
    }

    /// A program's request.
    pub(crate) async fn get_json(&self, browser: &Browser, path: &str) -> Reply {
        let request = Request::get(path).header("accept", "application/json").body(Body::empty());
        self.send(browser, request.expect("a request")).await
    }

    /// Goes to `/login` and gives the issuer's URL.
    pub(crate) async fn begin(&self, browser: &Browser, path: &str) -> String {
        self.get(browser, path).await.location()
    }

    /// What the issuer sends the browser back with after a sign-in that was started with this URL.
    pub(crate) fn callback(&self, url: &str) -> String {
        self.issuer.grant(&sign(&keys()[0], &self.issuer.claims(&parameter(url, "nonce"))));
        callback_path(&parameter(url, "state"))
    }

    /// A whole sign-in.
    pub(crate) async fn sign_in(&self, browser: &Browser) -> Reply {
        let url = self.begin(browser, "/login?return_to=/private").await;
        let reply = self.get(browser, &self.callback(&url)).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply
    }
}

impl Browser {
    pub(crate) fn names(&self) -> Vec<String> {
        self.cookies.lock().expect("whole").keys().cloned().collect()
    }

    pub(crate) fn attempts(&self) -> usize {
        self.names().iter().filter(|name| name.contains("-attempt-")).count()
    }

    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.cookies.lock().expect("whole");
        cookies.iter().find(|(name, _)| name.ends_with("-session")).map(|(_, value)| value.clone())
    }
}

impl Reply {
    pub(crate) fn location(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn detail(&self) -> String {
        let body: Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body));
        body["detail"].as_str().expect("a detail").to_owned()
    }
}

pub(crate) fn callback_path(state: &str) -> String {
    let form = hallpass_proto::param::Form::from_iter([("code", CODE), ("state", state), ("iss", ISSUER)]);
    format!("/callback?{}", form.encode())
}
