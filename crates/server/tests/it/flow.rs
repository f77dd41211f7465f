//! Whole flows, from the authorization request to the end of the tokens.

use hallpass_testkit::browser::{VERIFIER, authorize_url, response_of};
use hallpass_testkit::fixture::API;
use hallpass_testkit::{TestIssuer, fixture};

#[tokio::test]
async fn a_code_becomes_tokens_that_work() {
    let issuer = TestIssuer::start().await;
    let code = issuer.browser().code("web", "https://web.example/cb", &[]).await;

    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://web.example/cb"),
        ("code_verifier", VERIFIER),
    ];
    let reply = issuer.token("web", &form).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
    let tokens = reply.json();
    let access_token = tokens["access_token"].as_str().expect("an access token");
    let claims = issuer.verified(access_token).await;
    assert_eq!(claims["aud"], serde_json::json!([API, "https://login.example"]));
    assert_eq!(claims["scope"], "openid profile");
    let id_token = issuer.verified(tokens["id_token"].as_str().expect("an ID token")).await;
    assert_eq!((id_token["sub"].as_str(), id_token["nonce"].as_str()), (Some("user-ada"), Some("the-nonce")));
    let info = issuer.userinfo(access_token).await;
    assert_eq!((info.status.as_u16(), info.json()["name"].as_str()), (200, Some("Ada Lovelace")));
    assert_eq!(info.json().get("email"), None, "email was not asked for");
    assert_eq!(issuer.introspect("web", access_token).await["active"], true);

    // the same code again: refused, and what came of it has ended
    let again = issuer.token("web", &form).await;
    assert_eq!((again.status.as_u16(), again.error().as_str()), (400, "invalid_grant"));
    assert_eq!(issuer.introspect("web", access_token).await, serde_json::json!({"active": false}));
    assert_eq!(issuer.userinfo(access_token).await.status, 401);
}

#[tokio::test]
async fn the_implicit_flow_answers_in_the_fragment() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url(
        "spa",
        "https://spa.example/cb",
        &[("response_type", "id_token token"), ("code_challenge", ""), ("code_challenge_method", "")],
    );

    let reply = issuer.browser().complete(&url).await;

    assert_eq!(reply.status, 303);
    assert!(reply.location().starts_with("https://spa.example/cb#"), "{}", reply.location());
    let response = response_of(&reply);
    assert_eq!(response.state.as_deref(), Some("the-state"));
    assert_eq!(response.iss.as_deref(), Some("https://login.example"));
    let access_token = response.access_token.expect("an access token");
    assert_eq!(issuer.userinfo(access_token.expose()).await.status, 200);
    let id_token = issuer.verified(response.id_token.expect("an ID token").expose()).await;
    assert!(id_token["at_hash"].is_string());
}

#[tokio::test]
async fn a_client_acts_for_itself() {
    let issuer = TestIssuer::start().await;

    let reply =
        issuer.token("service", &[("grant_type", "client_credentials"), ("scope", "items:read")]).await;

    let tokens = reply.json();
    assert_eq!(reply.status, 200);
    assert_eq!((tokens.get("refresh_token"), tokens.get("id_token")), (None, None));
    let claims = issuer.verified(tokens["access_token"].as_str().expect("a token")).await;
    assert_eq!((claims["sub"].as_str(), claims["scope"].as_str()), (Some("service"), Some("items:read")));
}

#[tokio::test]
async fn a_password_becomes_tokens_for_a_client_registered_for_it() {
    let issuer = TestIssuer::start().await;
    let form = [
        ("grant_type", "password"),
        ("client_id", "legacy"),
        ("client_secret", fixture::SECRET),
        ("username", "Ada@Example.com"),
        ("password", fixture::PASSWORD_OF_ALL),
    ];

    let reply = issuer.post("/token", None, &form).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
    let claims = issuer.verified(reply.json()["access_token"].as_str().expect("a token")).await;
    assert_eq!(claims["sub"], "user-ada");
}
