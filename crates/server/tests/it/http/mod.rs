//! What every answer has in common: headers, cookies, methods, and where URLs come from.

mod cookie;
mod cors;
mod cross_site;
mod headers;
mod host;
mod issuer_path;
mod log;
mod method;
mod open_redirect;
mod read;

use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::{Browser, Reply, TestIssuer};

/// The redirect URI of the client `web`.
const WEB: &str = "https://web.example/cb";

/// One of every page, by name: what a person may have in front of them.
async fn pages(issuer: &TestIssuer) -> Vec<(&'static str, Reply)> {
    let path = issuer.issuer.path();
    let url = |extra: &[_]| format!("{path}{}", authorize_url("web", WEB, extra));
    let stranger = issuer.browser();
    let ada = signed_in(issuer).await;
    vec![
        ("sign-in", stranger.open(&url(&[])).await),
        ("consent", ada.open(&url(&[])).await),
        ("select-account", ada.open(&url(&[("prompt", "select_account")])).await),
        ("device", stranger.open(&format!("{path}/device?user_code=WDJB-MJHT")).await),
        ("device-confirm", device_question(issuer, &ada).await),
        ("device-done", stranger.open(&format!("{path}/device/done")).await),
        ("sign-out", ada.open(&format!("{path}/end-session")).await),
        ("signed-out", stranger.open(&format!("{path}/signed-out")).await),
        ("home", ada.get(&format!("{path}/")).await),
        ("error", ada.get(&format!("{path}/authorize?client_id=nobody")).await),
        ("form-post", ada.get(&url(&[("response_mode", "form_post"), ("prompt", "none")])).await),
    ]
}

/// What Ada is asked about a device.
async fn device_question(issuer: &TestIssuer, ada: &Browser) -> Reply {
    let path = issuer.issuer.path();
    let codes = issuer.post(&format!("{path}/device_authorization"), None, &[("client_id", "tv")]).await;
    let user_code = codes.json()["user_code"].as_str().expect("a code").to_owned();
    let page = ada.open(&format!("{path}/device")).await;
    let reply = ada.submit(&page, "device", &[("user_code", &user_code)]).await;
    ada.follow(reply).await
}

/// A browser in which Ada is signed in, and has allowed nothing.
async fn signed_in(issuer: &TestIssuer) -> Browser {
    let browser = issuer.browser();
    let path = issuer.issuer.path();
    let page = browser.open(&format!("{path}{}", authorize_url("web", WEB, &[]))).await;
    let fields = [("username", "ada"), ("password", hallpass_testkit::fixture::PASSWORD_OF_ALL)];
    let reply = browser.submit(&page, "sign-in", &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    browser
}
