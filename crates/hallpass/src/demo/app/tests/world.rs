//! The issuer, the web app and a browser with cookies that walks from one to the other, all in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::param::Form;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::store::memory::MemoryStore;
use hallpass_testkit::Reply;
use hallpass_testkit::html::forms;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::super::super::{Places, seed};
use super::super::{AppSettings, Credential, router};

pub(super) const ISSUER: &str = "http://localhost:9000";
pub(super) const APP: &str = "http://localhost:8000";
pub(super) const API: &str = "http://localhost:8001";

/// The issuer, the app and an API, reached by port.
#[derive(Clone)]
pub(super) struct World {
    issuer: Router,
    app: Router,
    pub(super) down: Arc<Mutex<bool>>,
}

/// The way from the app to the other two.
struct InMemory {
    issuer: Router,
    api: Router,
    down: Arc<Mutex<bool>>,
}

impl HttpClient for InMemory {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<axum::http::Response<Bytes>, HttpError>> {
        Box::pin(async move {
            if *self.down.lock().expect("whole") {
                let refused = Box::<dyn std::error::Error + Send + Sync>::from("connection refused");
                return Err(HttpError::Connect(Arc::from(refused)));
            }
            let router = if request.uri().port_u16() == Some(9000) { &self.issuer } else { &self.api };
            let Ok(response) = router.clone().oneshot(request.map(Body::from)).await;
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("arrives");
            Ok(axum::http::Response::from_parts(parts, bytes))
        })
    }
}

/// Answers whoever brings a token.
async fn items(headers: HeaderMap) -> (StatusCode, Json<Value>) {
    match headers.get("authorization") {
        Some(_) => (StatusCode::OK, Json(json!([{ "name": "Difference engine" }]))),
        None => (StatusCode::UNAUTHORIZED, Json(json!({}))),
    }
}

pub(super) async fn world() -> World {
    let (env, store) = (Env::system(), Arc::new(MemoryStore::new()));
    let places = Places { issuer: ISSUER.to_owned(), app: APP.to_owned(), api: API.to_owned() };
    seed::seed(store.as_ref(), &env, &places).await.expect("seeded");
    let mut config = Config::new(Issuer::parse(ISSUER).expect("an issuer"));
    config.scopes.extend(seed::scope_texts());
    let server = Server::new(config, env.clone(), store).await.expect("starts");
    let (issuer, down) = (server.router(), Arc::new(Mutex::new(false)));
    let api = Router::new().route("/items", get(items));
    let credential = |client: &seed::DemoClient| Credential {
        client_id: client.client_id.to_owned(),
        secret: client.secret.expect("a secret").into(),
    };
    let settings = AppSettings {
        issuer: Issuer::parse(ISSUER).expect("an issuer"),
        public_url: APP.to_owned(),
        api_url: API.to_owned(),
        web: credential(&seed::WEB),
        spa_client_id: seed::SPA.client_id.to_owned(),
        service: credential(&seed::SERVICE),
        legacy: credential(&seed::LEGACY),
        session_key: "0123456789abcdef0123456789abcdef".into(),
        env,
        http: Arc::new(InMemory { issuer: issuer.clone(), api, down: Arc::clone(&down) }),
    };
    World { issuer, app: router(settings).expect("fits"), down }
}

/// A browser: one jar for all ports of localhost, as browsers have it.
#[derive(Clone, Default)]
pub(super) struct Browser(Arc<Mutex<BTreeMap<String, String>>>);

/// Where the browser ended, and what it shows.
pub(super) struct Page {
    pub(super) url: String,
    pub(super) reply: Reply,
}

impl World {
    pub(super) async fn send(&self, browser: &Browser, url: &str, mut request: Request<Body>) -> Reply {
        let cookies: Vec<String> =
            browser.0.lock().expect("whole").iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert("cookie", cookies.join("; ").parse().expect("a value"));
        }
        let router = if url.starts_with(ISSUER) { &self.issuer } else { &self.app };
        let Ok(response) = router.clone().oneshot(request).await;
        let reply = Reply::read(response).await;
        for set in reply.headers.get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let (name, value) =
                set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let mut jar = browser.0.lock().expect("whole");
            if set.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    async fn follow(&self, browser: &Browser, from: &str, mut reply: Reply) -> Page {
        let mut url = from.to_owned();
        for _ in 0..10 {
            if !reply.status.is_redirection() {
                return Page { url, reply };
            }
            let base = url::Url::parse(&url).expect("a URL");
            url = base.join(reply.location()).expect("a URL").to_string();
            reply = self.send(browser, &url, navigation(&url)).await;
        }
        panic!("too many redirects at {url}");
    }

    /// Goes to a path of the app, and on to wherever that leads.
    pub(super) async fn open(&self, browser: &Browser, path: &str) -> Page {
        let url = format!("{APP}{path}");
        let reply = self.send(browser, &url, navigation(&url)).await;
        self.follow(browser, &url, reply).await
    }

    /// Sends a form of the page at `page.url`.
    pub(super) async fn submit(
        &self,
        browser: &Browser,
        page: &Page,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let form = forms(&page.reply.body).into_iter().find(|form| form.action == action);
        let form = form.unwrap_or_else(|| panic!("no form {action} in {}", page.reply.body));
        let mut values = form.fields;
        values.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let url = url::Url::parse(&page.url).expect("a URL").join(action).expect("a URL").to_string();
        let body = values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Form<'_>>().encode();
        let request = Request::post(&url)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .body(Body::from(body));
        let reply = self.send(browser, &url, request.expect("a request")).await;
        self.follow(browser, &url, reply).await
    }

    /// From the issuer's sign-in page to wherever the app sends the person.
    pub(super) async fn sign_in_at(&self, browser: &Browser, page: Page) -> Page {
        assert!(page.url.starts_with(&format!("{ISSUER}/sign-in")), "{}", page.url);
        let fields = [("username", seed::LOGIN), ("password", seed::PASSWORD_OF_ADA)];
        let page = self.submit(browser, &page, "/sign-in", &fields).await;
        if page.url.starts_with(&format!("{ISSUER}/consent")) {
            return self.submit(browser, &page, "/consent", &[("action", "allow")]).await;
        }
        page
    }

    pub(super) async fn sign_in(&self, browser: &Browser, path: &str) -> Page {
        let page = self.open(browser, path).await;
        self.sign_in_at(browser, page).await
    }

    pub(super) async fn json(&self, browser: &Browser, path: &str) -> Reply {
        let url = format!("{APP}{path}");
        let request = Request::get(&url).header("accept", "application/json").body(Body::empty());
        self.send(browser, &url, request.expect("a request")).await
    }
}

pub(super) fn navigation(url: &str) -> Request<Body> {
    let request =
        Request::get(url).header("accept", "text/html,*/*;q=0.8").header("sec-fetch-mode", "navigate");
    request.body(Body::empty()).expect("a request")
}
