//! The implicit flow — RFC 6749 §4.2.2, OpenID Connect Core §3.2.2.

use hallpass_client::authorize::Start;
use hallpass_client::client::Client;
use hallpass_client::complete::Implicit;
use hallpass_client::error::{CallbackError, Error};
use hallpass_proto::authorize::{AuthorizationResponse, ResponseType};
use hallpass_proto::jose::jwt::JwtError;
use serde_json::Value;
use std::sync::Arc;

use crate::world::{ACCESS_TOKEN, FakeIssuer, ISSUER, answer, keys, parameter, sign};

async fn start(client: &Client, response_type: ResponseType) -> Start {
    let scope = "openid".parse().expect("a scope");
    client.authorize().scope(&scope).implicit(response_type).start().await.expect("starts")
}

async fn receive(
    response_type: ResponseType,
    change: impl FnOnce(&mut AuthorizationResponse, Value),
) -> Result<Implicit, Error> {
    let issuer: Arc<FakeIssuer> = FakeIssuer::new();
    let client = issuer.client();
    let start = start(&client, response_type).await;
    let claims = issuer.claims(start.pending.nonce().expect("a nonce"));
    let mut response = AuthorizationResponse {
        access_token: Some(ACCESS_TOKEN.into()),
        token_type: Some("bearer".into()),
        expires_in: Some(600),
        id_token: Some(sign(&keys()[0], &claims).into()),
        state: Some(start.pending.state().expose().clone()),
        iss: Some(ISSUER.into()),
        ..AuthorizationResponse::default()
    };
    change(&mut response, claims);
    let received = client.complete_implicit(start.pending, response).await;
    assert_eq!(issuer.count("/token"), 0);
    received
}

#[tokio::test]
async fn each_response_type_gives_what_it_asks_for() {
    for (response_type, access, id) in [
        (ResponseType::TOKEN, true, false),
        (ResponseType::ID_TOKEN, false, true),
        (ResponseType::ID_TOKEN_TOKEN, true, true),
    ] {
        let received = receive(response_type, |_, _| {}).await.expect("accepted");
        assert_eq!(
            (received.access_token.is_some(), received.id_token.is_some()),
            (access, id),
            "{response_type}"
        );
    }
}

#[tokio::test]
async fn the_access_token_must_be_the_one_of_at_hash() {
    let swapped = receive(ResponseType::ID_TOKEN_TOKEN, |r, _| r.access_token = Some("other".into())).await;
    assert!(matches!(swapped, Err(Error::IdToken(JwtError::HashDiffers("at_hash")))), "{swapped:?}");
    let absent = receive(ResponseType::ID_TOKEN_TOKEN, |r, mut claims| {
        claims.as_object_mut().expect("an object").remove("at_hash");
        r.id_token = Some(sign(&keys()[0], &claims).into());
    });
    assert!(matches!(absent.await, Err(Error::IdToken(JwtError::ClaimMissing("at_hash")))));
}

#[tokio::test]
async fn what_was_asked_for_must_be_there() {
    let no_token = receive(ResponseType::TOKEN, |r, _| r.access_token = None).await;
    assert!(matches!(no_token, Err(Error::Callback(CallbackError::TokenMissing("access_token")))));
    let no_id_token = receive(ResponseType::ID_TOKEN, |r, _| r.id_token = None).await;
    assert!(matches!(no_id_token, Err(Error::Callback(CallbackError::TokenMissing("id_token")))));
    for token_type in [None, Some("mac".to_owned())] {
        let typed = receive(ResponseType::TOKEN, |r, _| r.token_type = token_type).await;
        assert!(matches!(typed, Err(Error::Callback(CallbackError::TokenType))));
    }
    let foreign = receive(ResponseType::TOKEN, |r, _| r.state = Some("other".into())).await;
    assert!(matches!(foreign, Err(Error::Callback(CallbackError::StateDiffers))));
}

#[tokio::test]
async fn one_flow_is_not_completed_as_the_other() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let implicit = start(&client, ResponseType::TOKEN).await;
    assert_eq!(parameter(&implicit.url, "code_challenge"), "");
    let response = answer(implicit.pending.state().expose());
    let as_code = client.complete(implicit.pending, response).await;
    assert!(matches!(as_code, Err(Error::Callback(CallbackError::OtherFlow))));

    let code = client.authorize().start().await.expect("starts");
    let response = answer(code.pending.state().expose());
    let as_implicit = client.complete_implicit(code.pending, response).await;
    assert!(matches!(as_implicit, Err(Error::Callback(CallbackError::OtherFlow))));
    assert_eq!(issuer.count("/token"), 0);
}
