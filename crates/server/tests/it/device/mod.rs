//! The device flow — RFC 8628: its endpoint, its grant, its pages.

mod authorization;
mod code;
mod confirm;
mod guessing;
mod token;

use hallpass_proto::device::DeviceAuthorizationResponse;
use hallpass_proto::token::DEVICE_CODE;
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::{Browser, Reply, TestIssuer};

/// What Ada types.
const ADA: [(&str, &str); 2] = [("username", "ada@example.com"), ("password", PASSWORD_OF_ALL)];
/// What Grace types.
const GRACE: [(&str, &str); 2] = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];

/// A device of the client asks for its codes.
async fn codes(issuer: &TestIssuer, client_id: &str, scope: &str) -> DeviceAuthorizationResponse {
    let reply = issuer.post_as(client_id, "/device_authorization", &[("scope", scope)]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    serde_json::from_str(&reply.body).expect("a device authorization response")
}

/// The device asks whether the person has answered.
async fn poll(issuer: &TestIssuer, client_id: &str, codes: &DeviceAuthorizationResponse) -> Reply {
    let form = [("grant_type", DEVICE_CODE), ("device_code", codes.device_code.expose().as_str())];
    issuer.post_as(client_id, "/token", &form).await
}

/// Sends a code at `/device`.
async fn enter(browser: &Browser, user_code: &str) -> Reply {
    let page = browser.open("/device").await;
    browser.submit(&page, "device", &[("user_code", user_code)]).await
}

/// Goes as far as the question: somebody who is signed in sends the code.
async fn question(browser: &Browser, codes: &DeviceAuthorizationResponse) -> Reply {
    let reply = enter(browser, &codes.user_code).await;
    browser.follow(reply).await
}

/// Ada answers, in a browser where she is signed in.
async fn answer(browser: &Browser, codes: &DeviceAuthorizationResponse, action: &str) -> Reply {
    let page = question(browser, codes).await;
    let reply = browser.submit(&page, "device-confirm", &[("action", action)]).await;
    browser.follow(reply).await
}
