//! What breaks on our side is never told as the peer's mistake, and never as success.

use std::sync::Arc;

use hallpass_proto::issuer::Issuer;
use hallpass_proto::param::Form;
use hallpass_proto::token::DEVICE_CODE;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::fault::Fault;
use hallpass_testkit::browser::{VERIFIER, authorize_url, form_of};
use hallpass_testkit::clock::test_env;
use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{Browser, Reply, TestIssuer, Tokens};

use crate::failing_store::{Break, DETAIL, FailingStore};

const WEB_CB: &str = "https://web.example/cb";
const SPA_CB: &str = "https://spa.example/cb";

/// A request of a program that needs the store.
#[derive(Clone, Copy, Debug)]
enum Call {
    Redeem,
    Refresh,
    DeviceCodes,
    Device,
    Password,
    IntrospectAccess,
    IntrospectRefresh,
    UserInfo,
    RevokeAccess,
    RevokeRefresh,
}

/// Each with the steps of the store that it takes.
const CALLS: [(Call, &[&str]); 10] = [
    (Call::Redeem, &["client", "redeem_code"]),
    (Call::Refresh, &["client", "redeem_refresh"]),
    (Call::DeviceCodes, &["client", "issue_device"]),
    (Call::Device, &["client", "redeem_device"]),
    (Call::Password, &["client", "user_by_login", "record_grant"]),
    (Call::IntrospectAccess, &["client", "access_token"]),
    (Call::IntrospectRefresh, &["client", "refresh_token"]),
    (Call::UserInfo, &["client", "access_token"]),
    (Call::RevokeAccess, &["client", "revoke"]),
    (Call::RevokeRefresh, &["client", "revoke"]),
];

struct World {
    issuer: TestIssuer,
    code: String,
    device_code: String,
    tokens: Tokens,
}

impl World {
    async fn call(&self, call: Call) -> Reply {
        let Self { issuer, code, device_code, tokens } = self;
        match call {
            Call::Redeem => {
                let grant = ("grant_type", "authorization_code");
                let form = [grant, ("code", code), ("redirect_uri", WEB_CB), ("code_verifier", VERIFIER)];
                issuer.token("web", &form).await
            }
            Call::Refresh => {
                let form =
                    [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.as_str())];
                issuer.token("web", &form).await
            }
            Call::DeviceCodes => issuer.post("/device_authorization", None, &[("client_id", "tv")]).await,
            Call::Device => {
                let form = [("grant_type", DEVICE_CODE), ("device_code", device_code.as_str())];
                issuer.token_public("tv", &form).await
            }
            Call::Password => {
                let form = [("grant_type", "password"), ("username", "ada"), ("password", PASSWORD_OF_ALL)];
                let legacy = [("client_id", "legacy"), ("client_secret", SECRET)];
                issuer.post("/token", None, &[&form[..], &legacy].concat()).await
            }
            Call::IntrospectAccess => self.post("/introspect", &tokens.access_token).await,
            Call::IntrospectRefresh => self.post("/introspect", &tokens.refresh_token).await,
            Call::UserInfo => issuer.userinfo(&tokens.access_token).await,
            Call::RevokeAccess => self.post("/revoke", &tokens.access_token).await,
            Call::RevokeRefresh => self.post("/revoke", &tokens.refresh_token).await,
        }
    }

    async fn post(&self, path: &str, token: &str) -> Reply {
        self.issuer.post(path, Some(&basic("web", SECRET)), &[("token", token)]).await
    }
}

/// The device code of a device that Ada has allowed.
async fn approved_device(issuer: &TestIssuer) -> String {
    let codes = issuer.post("/device_authorization", None, &[("client_id", "tv")]).await.json();
    let browser = issuer.browser_of_ada().await;
    let page = browser.open("/device").await;
    let user_code = codes["user_code"].as_str().expect("a code");
    let reply = browser.submit(&page, "device", &[("user_code", user_code)]).await;
    let page = browser.follow(reply).await;
    browser.submit(&page, "device-confirm", &[("action", "allow")]).await;
    codes["device_code"].as_str().expect("a code").to_owned()
}

/// security.md 60, T4: a store that is down or busy is 503 with a time to come back; nothing was spent, revoked or
/// counted, and the same request succeeds afterwards.
#[tokio::test]
async fn a_store_that_is_away_is_503_and_costs_nothing() {
    for how in [Break::Down, Break::Busy] {
        for (call, steps) in CALLS {
            let (issuer, store) = FailingStore::issuer().await;
            let (code, tokens) = (issuer.code("web", &[]).await, issuer.tokens("web", &[]).await);
            let device_code = approved_device(&issuer).await;
            let world = World { issuer, code, device_code, tokens };
            for step in steps {
                world.issuer.clock.advance(1); // clients are remembered for a second
                store.fail(step, how);
                for _ in 0..2 {
                    let reply = world.call(call).await;
                    reply.assert_refused(503, "temporarily_unavailable");
                    assert_eq!(reply.header("retry-after"), "1", "{call:?} {step}");
                    assert!(!reply.headers.contains_key("www-authenticate"), "{call:?} {step}");
                    assert_eq!(reply.json().get("error_description"), None, "{call:?} {step}");
                }
                store.heal();
                world.issuer.clock.advance(1);
                assert!(world.issuer.is_active("web", &world.tokens.access_token).await, "{call:?} {step}");
            }
            let reply = world.call(call).await;
            assert_eq!(reply.status, 200, "{call:?}: {}", reply.body);
        }
    }
}

/// A record that cannot be read will not mend itself: 500, and nothing of it is told.
#[tokio::test]
async fn a_store_that_makes_no_sense_is_500() {
    let (issuer, store) = FailingStore::issuer().await;
    let (code, tokens) = (issuer.code("web", &[]).await, issuer.tokens("web", &[]).await);
    let device_code = approved_device(&issuer).await;
    let world = World { issuer, code, device_code, tokens };
    for (call, steps) in CALLS {
        for step in steps {
            world.issuer.clock.advance(1);
            store.fail(step, Break::Corrupt);
            let reply = world.call(call).await;
            reply.assert_refused(500, "server_error");
            assert!(!reply.headers.contains_key("retry-after"), "{call:?} {step}");
            assert!(!reply.body.contains(DETAIL), "{}", reply.body);
        }
    }
}

/// RFC 6749 §4.1.2.1: before it is known where the answer goes, a page says that something is wrong on our side; from
/// then on the client is told, and nothing but the code. No code, no session and no consent come of it.
#[tokio::test]
async fn the_client_is_told_that_it_is_us() {
    let (issuer, store) = FailingStore::issuer().await;
    let browser = issuer.browser_of_ada().await;
    browser.code("web", WEB_CB, &[]).await;
    for step in ["client", "session"] {
        issuer.clock.advance(1);
        store.fail(step, Break::Down);
        assert_failed_page(&browser.get(&authorize_url("web", WEB_CB, &[])).await);
    }
    for step in ["consent", "issue_code"] {
        for (how, error) in [
            (Break::Down, "temporarily_unavailable"),
            (Break::Busy, "temporarily_unavailable"),
            (Break::Corrupt, "server_error"),
        ] {
            store.fail(step, how);
            assert_told(&browser.get(&authorize_url("web", WEB_CB, &[])).await, &format!("{WEB_CB}?"), error);
        }
    }
    store.heal();
    let implicit = authorize_url("spa", SPA_CB, &[("response_type", "id_token token"), ("prompt", "none")]);
    browser.code("spa", SPA_CB, &[]).await;
    store.fail("record_grant", Break::Down);
    assert_told(&browser.get(&implicit).await, &format!("{SPA_CB}#"), "temporarily_unavailable");
    store.heal();
    assert!(browser.get(&implicit).await.location().contains("access_token="));
}

/// The same on the pages: nobody is left in front of a form that cannot work.
#[tokio::test]
async fn the_pages_tell_the_client_that_it_is_us() {
    let (issuer, store) = FailingStore::issuer().await;
    let stranger = issuer.browser();
    let page = stranger.open(&authorize_url("web", WEB_CB, &[])).await;
    for step in ["user_by_login", "start_session"] {
        store.fail(step, Break::Down);
        let fields = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
        let reply = stranger.submit(&page, "sign-in", &fields).await;
        assert_told(&reply, &format!("{WEB_CB}?"), "temporarily_unavailable");
        assert!(!has_session(&stranger));
    }
    store.heal();

    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("spa", SPA_CB, &[])).await;
    for step in ["put_consent", "issue_code"] {
        store.fail(step, Break::Down);
        let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
        assert_told(&reply, &format!("{SPA_CB}?"), "temporarily_unavailable");
    }
    store.heal();
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    assert!(reply.location().starts_with(&format!("{SPA_CB}?code=")), "{}", reply.location());
}

/// A device waits elsewhere: a page says that it is us, and the person can try again.
#[tokio::test]
async fn the_pages_of_a_device_say_that_it_is_us() {
    let (issuer, store) = FailingStore::issuer().await;
    let browser = issuer.browser_of_ada().await;
    let codes = issuer.post("/device_authorization", None, &[("client_id", "tv")]).await.json();
    let form = browser.open("/device").await;
    let typed = [("user_code", codes["user_code"].as_str().expect("a code"))];
    store.fail("open_device", Break::Down);
    for _ in 0..7 {
        assert_failed_page(&browser.submit(&form, "device", &typed).await);
    }
    store.heal();
    let reply = browser.submit(&form, "device", &typed).await;
    let question = browser.follow(reply).await;
    store.fail("decide_device", Break::Down);
    assert_failed_page(&browser.submit(&question, "device-confirm", &[("action", "allow")]).await);
    store.heal();
    let reply = browser.submit(&question, "device-confirm", &[("action", "allow")]).await;
    assert!(reply.location().ends_with("/device/done?answer=allowed"), "{}", reply.location());
}

/// So it is on the page where people make accounts.
#[tokio::test]
async fn the_sign_up_page_tells_the_client_that_it_is_us() {
    let (issuer, store) = FailingStore::issuer_with(|config| config.sign_up = true).await;
    let browser = issuer.browser();
    let page = browser.open(&authorize_url("web", WEB_CB, &[("prompt", "create")])).await;
    for step in ["user_by_login", "start_session"] {
        store.fail(step, Break::Down);
        let fields = [("username", step), ("password", "mechanism of the heavens")];
        let reply = browser.submit(&page, "sign-up", &fields).await;
        assert_told(&reply, &format!("{WEB_CB}?"), "temporarily_unavailable");
        assert!(!has_session(&browser));
        store.heal();
    }
}

/// Who has signed in stays signed in when what comes next breaks: the old session is gone, and the new one counts.
#[tokio::test]
async fn a_sign_in_outlives_what_breaks_behind_it() {
    let (issuer, store) = FailingStore::issuer().await;
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(&authorize_url("web", WEB_CB, &[("prompt", "login")])).await;
    store.fail("consent", Break::Down);
    let fields = [("username", "ada"), ("password", PASSWORD_OF_ALL)];

    let reply = browser.submit(&page, "sign-in", &fields).await;

    assert_told(&reply, &format!("{WEB_CB}?"), "temporarily_unavailable");
    store.heal();
    let reply = browser.get(&authorize_url("web", WEB_CB, &[("prompt", "none")])).await;
    reply.assert_sent_back(WEB_CB, "consent_required");
}

/// By form post it is a form like any other answer.
#[tokio::test]
async fn a_form_post_tells_it_too() {
    let (issuer, store) = FailingStore::issuer().await;
    let browser = issuer.browser_of_ada().await;
    store.fail("consent", Break::Corrupt);

    let page = browser.get(&authorize_url("web", WEB_CB, &[("response_mode", "form_post")])).await;

    let form = form_of(&page, "form-post");
    let names: Vec<&str> = form.fields.keys().map(String::as_str).collect();
    assert_eq!((names, form.fields["error"].as_str()), (vec!["error", "iss", "state"], "server_error"));
    assert_eq!(page.status, 200);
}

#[track_caller]
fn assert_told(reply: &Reply, start: &str, error: &str) {
    let told = format!("{} {:?} {}", reply.status, reply.headers.get("location"), reply.body);
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (303, "no-store"), "{told}");
    assert!(!reply.headers.contains_key("retry-after"), "RFC 9110 §10.2.3: a browser would wait: {told}");
    let encoded = reply.location().strip_prefix(start).unwrap_or_else(|| panic!("not to {start}: {told}"));
    let form = Form::parse(encoded.as_bytes()).expect("parameters");
    let pairs: Vec<_> = form.iter().collect();
    assert_eq!(pairs, [("error", error), ("state", "the-state"), ("iss", ISSUER)], "{told}");
}

fn assert_failed_page(reply: &Reply) {
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert_eq!((reply.header("retry-after"), reply.header("cache-control")), ("1", "no-store"));
    assert!(!reply.headers.contains_key("location"));
    assert!(reply.body.contains("temporarily_unavailable"), "{}", reply.body);
    assert!(!reply.body.contains(DETAIL), "{}", reply.body);
}

fn has_session(browser: &Browser) -> bool {
    browser.cookies().keys().any(|name| name.contains("session"))
}

/// What stands in memory is served although the store is away: resource servers find the keys.
#[tokio::test]
async fn keys_and_metadata_need_no_store() {
    let (issuer, store) = FailingStore::issuer().await;
    for step in ["client", "keys", "ready"] {
        store.fail(step, Break::Down);
        assert_eq!(issuer.get("/jwks").await.status, 200);
        assert_eq!(issuer.get("/.well-known/openid-configuration").await.status, 200);
    }
}

/// A server does not start on a store that it cannot read, and a sweep that fails says so.
#[tokio::test]
async fn a_start_and_a_sweep_say_what_is_wrong() {
    for step in ["keys", "change_keys", "clients"] {
        let store = Arc::new(FailingStore::default());
        store.fail(step, Break::Down);
        let config = Config::new(Issuer::parse(ISSUER).expect("an issuer"));
        let started = Server::new(config, test_env().0, store).await;
        assert!(matches!(started, Err(Fault::Store(_))), "{step}");
    }
    let (issuer, store) = FailingStore::issuer().await;
    store.fail("sweep", Break::Down);
    assert!(matches!(issuer.server.sweep().await, Err(Fault::Store(_))));
}
