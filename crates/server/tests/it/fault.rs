//! What breaks on our side is never told as the peer's mistake, and never as success.

use std::sync::Arc;

use hallpass_proto::issuer::Issuer;
use hallpass_proto::token::DEVICE_CODE;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::fault::Fault;
use hallpass_testkit::browser::{VERIFIER, authorize_url};
use hallpass_testkit::clock::test_env;
use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{Browser, Reply, TestIssuer, Tokens};

use crate::failing_store::{Break, DETAIL, FailingStore};

const WEB_CB: &str = "https://web.example/cb";

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

/// A page says that something is wrong on our side, with 503; no code, no session and no consent come of it.
#[tokio::test]
async fn pages_say_that_it_is_us() {
    let (issuer, store) = FailingStore::issuer().await;
    let browser = issuer.browser_of_ada().await;
    browser.code("web", WEB_CB, &[]).await;
    for step in ["client", "session", "consent", "issue_code"] {
        issuer.clock.advance(1);
        store.fail(step, Break::Down);
        assert_failed_page(&browser.get(&authorize_url("web", WEB_CB, &[])).await);
    }
    store.heal();

    let stranger = issuer.browser();
    let page = stranger.open(&authorize_url("web", WEB_CB, &[])).await;
    for step in ["user_by_login", "start_session"] {
        store.fail(step, Break::Down);
        let fields = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
        assert_failed_page(&stranger.submit(&page, "sign-in", &fields).await);
        assert!(!has_session(&stranger));
    }
    store.heal();

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

    let page = browser.open(&authorize_url("spa", "https://spa.example/cb", &[])).await;
    for step in ["put_consent", "issue_code"] {
        store.fail(step, Break::Down);
        assert_failed_page(&browser.submit(&page, "consent", &[("action", "allow")]).await);
    }
    store.heal();
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    assert!(reply.location().starts_with("https://spa.example/cb?code="), "{}", reply.location());
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
