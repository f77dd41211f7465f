//! A person's browser: cookies, redirects, forms, tabs. Clones are tabs of the same browser.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use tower::ServiceExt as _;

use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::param::Form;

use crate::fixture::PASSWORD_OF_ALL;
use crate::html::{HtmlForm, forms};
use crate::reply::Reply;

/// PKCE of every request that [`Browser::code`] makes (RFC 7636 Appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge of [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser, or a tab of one.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    issuer: Issuer,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    address: Option<SocketAddr>,
}

impl Browser {
    /// A browser without cookies.
    pub fn new(router: Router, issuer: Issuer) -> Self {
        Self { router, issuer, cookies: Arc::default(), address: None }
    }

    /// Another tab, which shares the cookies.
    #[must_use]
    pub fn tab(&self) -> Self {
        self.clone()
    }

    /// The same browser, reaching the issuer at another node.
    #[must_use]
    pub fn at(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// The same browser, on a machine of this address.
    ///
    /// # Panics
    /// When it is no address.
    #[must_use]
    pub fn from_address(&self, address: &str) -> Self {
        let address = SocketAddr::new(address.parse().expect("an address"), 50_000);
        Self { address: Some(address), ..self.clone() }
    }

    /// The cookies by name.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets a cookie, as another page of the host would.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }

    /// Forgets every cookie.
    pub fn clear_cookies(&self) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Sends a request with the cookies, and keeps those of the answer.
    ///
    /// # Panics
    /// When a cookie is not a header value.
    pub async fn send(&self, mut request: Request<Body>) -> Reply {
        let cookies = self.cookies();
        if !cookies.is_empty() {
            let header = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
            request.headers_mut().insert(header::COOKIE, header.parse().expect("a header value"));
        }
        if let Some(address) = self.address {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let Ok(response) = self.router.clone().oneshot(request).await;
        let reply = Reply::read(response).await;
        let mut jar = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for set in reply.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text");
            let (name, value) =
                set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if set.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(jar);
        reply
    }

    /// GETs a URL of the issuer, or a path. Redirects are not followed.
    ///
    /// # Panics
    /// When the URL is not one.
    pub async fn get(&self, url: &str) -> Reply {
        self.send(Request::get(self.path_of(url)).body(Body::empty()).expect("a request")).await
    }

    /// GETs a URL and follows redirects as long as they stay at the issuer.
    pub async fn open(&self, url: &str) -> Reply {
        let reply = self.get(url).await;
        self.follow(reply).await
    }

    /// Follows redirects as long as they stay at the issuer.
    ///
    /// # Panics
    /// When they go round in circles.
    pub async fn follow(&self, mut reply: Reply) -> Reply {
        for _ in 0..10 {
            if !reply.status.is_redirection() || !reply.location().starts_with(self.issuer.origin()) {
                return reply;
            }
            reply = self.get(reply.location()).await;
        }
        panic!("redirects go round in circles");
    }

    /// POSTs a form as a browser does from a page of the issuer. Redirects are not followed.
    ///
    /// # Panics
    /// When the URL is not one.
    pub async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Reply {
        let headers = [("origin", "null"), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
        self.post_with(url, &headers, fields).await
    }

    /// POSTs a form with the headers that are given, and no other but the `Content-Type` of a form when none is.
    /// Redirects are not followed.
    ///
    /// # Panics
    /// When the URL or a header is not one.
    pub async fn post_with(&self, url: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Reply {
        let form: Form<'_> = fields.iter().copied().collect();
        let mut request = Request::post(self.path_of(url));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(form.encode())).expect("a request")).await
    }

    /// Fills in a form of a page and sends it. Redirects are not followed.
    ///
    /// # Panics
    /// When the page has no such form.
    pub async fn submit(&self, page: &Reply, form_id: &str, fields: &[(&str, &str)]) -> Reply {
        let form = form_of(page, form_id);
        let mut all = form.fields.clone();
        for (name, value) in fields {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        let fields: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.post(&form.action, &fields).await
    }

    /// Signs in, by a request of the web app that is then left unanswered.
    ///
    /// # Panics
    /// When that fails.
    pub async fn sign_in(&self, login: &str) {
        let page = self.open(&authorize_url("web", "https://web.example/cb", &[("prompt", "login")])).await;
        let reply =
            self.submit(&page, "sign-in", &[("username", login), ("password", PASSWORD_OF_ALL)]).await;
        assert!(reply.status.is_redirection(), "sign-in failed: {} {}", reply.status, reply.body);
    }

    /// Opens an authorization URL and does what its pages ask: signs in as Ada, allows. Returns the redirect to the
    /// client, or the page where that came to an end.
    ///
    /// # Panics
    /// When the pages go round in circles.
    pub async fn complete(&self, url: &str) -> Reply {
        let mut reply = self.open(url).await;
        for _ in 0..4 {
            let ids: Vec<String> = forms(&reply.body).into_iter().map(|form| form.id).collect();
            let next = if ids.iter().any(|id| id == "sign-in") {
                let fields = [("username", "ada@example.com"), ("password", PASSWORD_OF_ALL)];
                self.submit(&reply, "sign-in", &fields).await
            } else if ids.iter().any(|id| id == "consent") {
                self.submit(&reply, "consent", &[("action", "allow")]).await
            } else {
                return reply;
            };
            reply = self.follow(next).await;
        }
        panic!("the pages go round in circles: {}", reply.body);
    }

    /// A code for a client, by way of all the pages that it takes.
    ///
    /// # Panics
    /// When there is none.
    pub async fn code(&self, client_id: &str, redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
        let reply = self.complete(&authorize_url(client_id, redirect_uri, parameters)).await;
        let response = response_of(&reply);
        response.code.unwrap_or_else(|| panic!("no code: {:?}", response.error)).expose().clone()
    }

    fn path_of<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(self.issuer.origin()).unwrap_or(url)
    }
}

/// A form of a page.
///
/// # Panics
/// When there is none of that id.
pub fn form_of(page: &Reply, id: &str) -> HtmlForm {
    let found = forms(&page.body).into_iter().find(|form| form.id == id);
    found.unwrap_or_else(|| panic!("no form {id}: {} {}", page.status, page.body))
}

/// An authorization request for a code with PKCE, `state` and `nonce`, and the scope `openid profile`; `parameters`
/// replace these, and an empty value takes one out.
pub fn authorize_url(client_id: &str, redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    let defaults = [
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = defaults.into_iter().filter(|(name, _)| !parameters.iter().any(|(n, _)| n == name));
    let form: Form<'_> =
        kept.chain(parameters.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
    format!("/authorize?{}", form.encode())
}

/// The parameters that a redirect brings to the client, from its query or its fragment.
///
/// # Panics
/// When it is not such a redirect.
pub fn response_of(reply: &Reply) -> AuthorizationResponse {
    let location = reply.location();
    let encoded =
        location.split_once('#').or_else(|| location.split_once('?')).map_or("", |(_, encoded)| encoded);
    AuthorizationResponse::parse(encoded.as_bytes()).expect("an authorization response")
}
