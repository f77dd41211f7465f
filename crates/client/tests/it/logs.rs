//! security.md 71: no secret in the logs, at any level, whether it goes well or not.

use hallpass_testkit::log::Log;

use crate::login::{Browser, SESSION_KEY, World, callback_path};
use crate::world::{ACCESS_TOKEN, CODE, REFRESH_TOKEN, SECRET, parameter};

#[tokio::test]
async fn no_secret_is_logged() {
    let log = Log::start();
    let (world, browser) = (World::new(), Browser::default());
    world.sign_in(&browser).await;
    let session = browser.session().expect("a session");
    let url = world.begin(&browser, "/login").await;
    let attempts: Vec<String> = browser.cookies.lock().expect("whole").values().cloned().collect();
    let bodies = [
        (400, r#"{"error":"invalid_grant","error_description":"no"}"#.to_owned()),
        (200, format!("<html>{ACCESS_TOKEN} {CODE} {SECRET}</html>")),
        (500, format!("{ACCESS_TOKEN} {CODE}")),
    ];
    for (status, body) in bodies {
        let url = world.begin(&browser, "/login").await;
        world.issuer.answer("/token", status, "text/html", &body);
        world.get(&browser, &callback_path(&parameter(&url, "state"))).await;
    }
    world.get(&Browser::default(), &callback_path("canary-state-0123456789")).await;

    let log = log.take();
    assert!(log.contains("a sign-in failed") && log.contains("signed in"), "something was logged: {log}");
    let mut secrets = vec![ACCESS_TOKEN, REFRESH_TOKEN, CODE, SECRET, SESSION_KEY, "canary-state-0123456789"];
    let (state, nonce) = (parameter(&url, "state"), parameter(&url, "nonce"));
    secrets.extend([session.as_str(), state.as_str(), nonce.as_str()]);
    secrets.extend(attempts.iter().map(String::as_str));
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}
