//! Request objects: what is not supported is refused, never passed over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use hallpass_testkit::Reply;

use crate::suite::request::Request;
use crate::suite::{CALLBACK, Client, Suite};

/// Where the suite lays objects.
pub(crate) const REQUEST: &str = "/request.jwt";
const STATE: &str = "the state of the object";

/// `oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported`: the `state` inside wins.
pub(crate) async fn unsigned(suite: Suite) {
    let client = suite.client().await;
    let request = suite.request(&client).with("request", &object(&suite, &client));
    let reply = suite.browser().complete(&suite.url(&request)).await;
    if suite.metadata["request_parameter_supported"] == true {
        answers_the_object(&suite, &client, &reply, request).await;
    } else {
        suite.read(&reply, &request).assert_error(&["request_not_supported"]);
    }
}

/// `oidcc-request-uri-unsigned`: the same from the suite's own server.
pub(crate) async fn by_reference(suite: Suite) {
    let client = suite.client().await;
    let uri = suite.host.put(REQUEST, "application/oauth-authz-req+jwt", object(&suite, &client));
    let request = suite.request(&client).with("request_uri", &uri);
    let reply = suite.browser().complete(&suite.url(&request)).await;
    if suite.metadata["request_uri_parameter_supported"] == true {
        answers_the_object(&suite, &client, &reply, request).await;
    } else {
        suite.read(&reply, &request).assert_error(&["request_uri_not_supported"]);
    }
}

/// One that was never registered is not fetched.
pub(crate) async fn by_unregistered_reference(suite: Suite) {
    let client = suite.client().await;
    let request = suite.request(&client).with("request_uri", "https://suite.example/test/request");
    let reply = suite.browser().open(&suite.url(&request)).await;
    let error = if suite.metadata["request_uri_parameter_supported"] == true {
        "invalid_request_uri"
    } else {
        "request_uri_not_supported"
    };
    suite.read(&reply, &request).assert_error(&[error]);
}

async fn answers_the_object(suite: &Suite, client: &Client, reply: &Reply, request: Request) {
    let request = request.with("state", STATE);
    let response = suite.read(reply, &request);
    suite.tokens_of(&response, client, &request).await;
}

fn object(suite: &Suite, client: &Client) -> String {
    let mut claims = serde_json::json!({
        "client_id": client.client_id,
        "response_type": suite.response_type,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "nonce": "the-nonce-0123456789",
        "state": STATE,
    });
    // What counts is the object (RFC 9101 §6.3), so the mode is said there too.
    if let Some(mode) = suite.response_mode {
        claims["response_mode"] = mode.into();
    }
    let [header, payload] =
        [r#"{"alg":"none"}"#.to_owned(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{payload}.")
}
