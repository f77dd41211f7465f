//! Sign-out that a client starts — OpenID Connect RP-Initiated Logout 1.0.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use hallpass_proto::param::Form;
use hallpass_testkit::{Browser, Reply};

use crate::suite::browser::shows;
use crate::suite::{Client, POST_LOGOUT, Suite};

const STATE: &str = "the state of 1 sign-out";

/// A person who is signed in, and the client's ID token.
pub(super) struct SignedIn {
    pub(super) suite: Suite,
    pub(super) client: Client,
    pub(super) browser: Browser,
    pub(super) id_token: String,
}

impl SignedIn {
    pub(super) async fn new(suite: Suite) -> Self {
        let (client, browser) = (suite.client().await, suite.browser());
        let id_token = suite.tokens(&browser, &client, &suite.request(&client)).await.id_token;
        Self { suite, client, browser, id_token }
    }

    /// Starts a sign-out, and says yes where a page asks.
    pub(super) async fn sign_out(&self, parameters: &[(&str, &str)]) -> Reply {
        let query: Form<'_> = parameters.iter().copied().collect();
        let url = format!("{}?{}", self.suite.endpoint("end_session_endpoint"), query.encode());
        let reply = self.browser.open(&url).await;
        if !shows(&reply, "sign-out") {
            return reply;
        }
        let answered = self.browser.submit(&reply, "sign-out", &[("action", "sign-out")]).await;
        self.browser.follow(answered).await
    }

    /// Whether the browser is still signed in.
    pub(super) async fn lasts(&self) -> bool {
        let request = self.suite.request(&self.client).with("prompt", "none");
        let reply = self.browser.open(&self.suite.url(&request)).await;
        let response = self.suite.read(&reply, &request);
        if response.get("error").is_some() {
            response.assert_error(&["login_required"]);
        }
        response.get("error").is_none()
    }
}

/// `oidcc-rp-initiated-logout-discovery-endpoint-verification`
pub(crate) async fn discovery(suite: Suite) {
    suite.endpoint("end_session_endpoint");
}

/// `oidcc-rp-initiated-logout`
pub(crate) async fn with_everything(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let hint = person.id_token.clone();
    let parameters =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", POST_LOGOUT), ("state", STATE)];
    let reply = person.sign_out(&parameters).await;
    let state: Form<'_> = [("state", STATE)].into_iter().collect();
    assert_eq!(reply.location(), format!("{POST_LOGOUT}?{}", state.encode()));
    assert!(!person.lasts().await);
}

/// `oidcc-rp-initiated-logout-no-state`
pub(crate) async fn without_state(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let hint = person.id_token.clone();
    let reply = person.sign_out(&[("id_token_hint", &hint), ("post_logout_redirect_uri", POST_LOGOUT)]).await;
    assert_eq!(reply.location(), POST_LOGOUT);
    assert!(!person.lasts().await);
}

/// `oidcc-rp-initiated-logout-bad-post-logout-redirect-uri`
pub(crate) async fn unknown_uri(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let hint = person.id_token.clone();
    let uri = "https://suite.example/somewhere-else";
    stays(&person.sign_out(&[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)]).await);
}

/// `oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri`
pub(crate) async fn query_added(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let hint = person.id_token.clone();
    let uri = format!("{POST_LOGOUT}?foo=bar");
    stays(&person.sign_out(&[("id_token_hint", &hint), ("post_logout_redirect_uri", &uri)]).await);
}

/// `oidcc-rp-initiated-logout-modified-id-token-hint`: `alg` is `none`.
pub(crate) async fn unsigned_hint(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let payload = person.id_token.split('.').nth(1).expect("a payload");
    let hint = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    stays(&person.sign_out(&[("id_token_hint", &hint), ("post_logout_redirect_uri", POST_LOGOUT)]).await);
}

/// `oidcc-rp-initiated-logout-bad-id-token-hint`: somebody else's signature.
pub(crate) async fn foreign_hint(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let (signed, signature) = person.id_token.rsplit_once('.').expect("a signature");
    let mut signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    signature.reverse();
    let hint = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    stays(&person.sign_out(&[("id_token_hint", &hint), ("post_logout_redirect_uri", POST_LOGOUT)]).await);
}

/// `oidcc-rp-initiated-logout-no-id-token-hint`: without a client nobody can say whose URI it is.
pub(crate) async fn without_hint(suite: Suite) {
    let person = SignedIn::new(suite).await;
    stays(&person.sign_out(&[("post_logout_redirect_uri", POST_LOGOUT)]).await);
}

/// `oidcc-rp-initiated-logout-no-params`
pub(crate) async fn without_parameters(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let reply = person.sign_out(&[]).await;
    signed_out(&reply);
    assert!(!person.lasts().await);
}

/// `oidcc-rp-initiated-logout-no-post-logout-redirect-uri`
pub(crate) async fn without_uri(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let hint = person.id_token.clone();
    let reply = person.sign_out(&[("id_token_hint", &hint)]).await;
    signed_out(&reply);
    assert!(!person.lasts().await);
}

/// `oidcc-rp-initiated-logout-only-state`
pub(crate) async fn state_alone(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let reply = person.sign_out(&[("state", STATE)]).await;
    signed_out(&reply);
    assert!(!person.lasts().await);
}

/// A page of ours, and the browser is sent nowhere.
#[track_caller]
fn stays(reply: &Reply) {
    let told = format!("{} {} {}", reply.status, reply.header("location"), reply.body);
    assert!(!reply.status.is_redirection() && reply.body.starts_with("<!doctype html>"), "{told}");
    assert!(!reply.body.contains("suite.example"), "{told}");
}

/// The page that says so.
#[track_caller]
fn signed_out(reply: &Reply) {
    stays(reply);
    assert!(reply.status == 200 && reply.body.contains("signed out"), "{} {}", reply.status, reply.body);
}
