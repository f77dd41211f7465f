//! Request objects: what is not supported is refused, never passed over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::suite::{CALLBACK, Suite};

/// `oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported`: the `state` inside wins.
pub(crate) async fn unsigned(suite: Suite) {
    let client = suite.client().await;
    let claims = serde_json::json!({
        "client_id": client.client_id,
        "response_type": suite.response_type,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "nonce": "the-nonce-0123456789",
        "state": "the state of the object",
    });
    let object = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let request = suite.request(&client).with("request", &object);
    let reply = suite.browser().complete(&suite.url(&request)).await;
    if suite.metadata["request_parameter_supported"] == true {
        let request = request.with("state", "the state of the object");
        let response = suite.read(&reply, &request);
        suite.tokens_of(&response, &client, &request).await;
    } else {
        suite.read(&reply, &request).assert_error(&["request_not_supported"]);
    }
}

/// `oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported`: one that was never registered.
pub(crate) async fn by_reference(suite: Suite) {
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
