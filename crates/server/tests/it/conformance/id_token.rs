//! How ID tokens are signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_server::entity::client::Client;
use hallpass_testkit::TestIssuer;

use super::world::{CLIENT, Flow, RESPONSE_TYPES, parameters_of, url};

fn header_of(token: &str) -> Value {
    let (header, _) = token.split_once('.').expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

/// oidcc-idtoken-signature, oidcc-idtoken-rs256: RS256 for a client that asks for it, and for one that asks for nothing.
#[tokio::test]
async fn id_tokens_are_signed_by_rs256_by_default() {
    let by_default = Client::new("any", Time::from_unix(0)).id_token_signed_response_alg;
    assert_eq!(by_default, RegisteredAlg::Signed(SigningAlg::Rs256));
    let issuer = TestIssuer::start().await;
    issuer.change_client(CLIENT, |client| client.id_token_signed_response_alg = by_default).await;
    let browser = issuer.browser();
    for response_type in RESPONSE_TYPES {
        let reply = browser.complete(&url(response_type, &[])).await;
        if let Some(id_token) = parameters_of(&reply).get("id_token") {
            assert_eq!(header_of(id_token)["alg"], "RS256", "{response_type}");
        }
        let flow = Flow::of(&issuer, &reply).await;
        if !flow.tokens.id_token.is_empty() {
            assert_eq!(header_of(&flow.tokens.id_token)["alg"], "RS256", "{response_type}");
        }
        assert_eq!(flow.id_tokens.is_empty(), response_type == ResponseType::TOKEN, "{response_type}");
    }
}

/// oidcc-idtoken-unsigned: with the code flow, for a client that asks for `none`; and the metadata offers it.
#[tokio::test]
async fn an_id_token_is_not_signed_where_the_client_asks_for_that() {
    let issuer = TestIssuer::start().await;
    let document = issuer.get("/.well-known/openid-configuration").await.json();
    let offered = document["id_token_signing_alg_values_supported"].as_array().expect("a list");
    assert!(offered.iter().any(|alg| alg == "none"));
    issuer.change_client(CLIENT, |client| client.id_token_signed_response_alg = RegisteredAlg::None).await;
    let browser = issuer.browser();
    let reply = browser.complete(&url(ResponseType::CODE, &[])).await;
    let code = parameters_of(&reply)["code"].clone();

    let tokens = hallpass_testkit::Tokens::of(&issuer.redeem(CLIENT, &code).await);

    assert_eq!(header_of(&tokens.id_token)["alg"], "none");
    assert!(tokens.id_token.ends_with('.'));
    for response_type in RESPONSE_TYPES.into_iter().filter(|response_type| response_type.id_token()) {
        let response = parameters_of(&browser.complete(&url(response_type, &[])).await);
        assert_eq!(response["error"], "unauthorized_client", "{response_type}");
        assert!(!response.contains_key("id_token") && !response.contains_key("code"), "{response_type}");
    }
}
