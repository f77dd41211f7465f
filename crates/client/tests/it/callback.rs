//! The authorization response — security.md 72, 73, 76, 77.

use hallpass_client::authorize::Start;
use hallpass_client::client::Client;
use hallpass_client::error::{CallbackError, Error};
use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::error::{ErrorBody, ErrorCode};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::param::{Form, FormError};
use hallpass_proto::pkce::CodeVerifier;

use crate::world::{CALLBACK, CODE, FakeIssuer, answer, keys, metadata, parameter, sign};

async fn start(client: &Client) -> Start {
    client.authorize().scope(&"openid email".parse().expect("a scope")).start().await.expect("starts")
}

async fn refused(change: impl FnOnce(&mut AuthorizationResponse)) -> CallbackError {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let start = start(&client).await;
    let mut response = answer(start.pending.state().expose());
    change(&mut response);
    let error = client.complete(start.pending, response).await.expect_err("refused");
    assert_eq!(issuer.count("/token"), 0, "nothing was sent to the issuer");
    match error {
        Error::Callback(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_foreign_or_missing_state_is_refused() {
    assert_eq!(refused(|r| r.state = None).await, CallbackError::StateMissing);
    assert_eq!(refused(|r| r.state = Some("other".into())).await, CallbackError::StateDiffers);
}

#[tokio::test]
async fn a_wrong_or_missing_iss_is_refused() {
    let evil = "https://evil.example";
    assert_eq!(refused(|r| r.iss = Some(evil.into())).await, CallbackError::IssDiffers(evil.into()));
    let slash = "https://as.example/";
    assert_eq!(refused(|r| r.iss = Some(slash.into())).await, CallbackError::IssDiffers(slash.into()));
    assert_eq!(refused(|r| r.iss = None).await, CallbackError::IssMissing);
}

#[tokio::test]
async fn iss_may_be_missing_where_it_is_not_promised() {
    let issuer = FakeIssuer::new();
    let mut silent = metadata();
    silent["authorization_response_iss_parameter_supported"] = false.into();
    issuer.publish(silent);
    let client = issuer.client();
    let start = start(&client).await;
    issuer.grant(&sign(&keys()[0], &issuer.claims(start.pending.nonce().expect("a nonce"))));
    let response = AuthorizationResponse { iss: None, ..answer(start.pending.state().expose()) };
    client.complete(start.pending, response).await.expect("completes");
}

#[tokio::test]
async fn an_error_counts_also_with_a_code_beside_it() {
    let denied = ErrorBody::new(ErrorCode::AccessDenied, "no");
    assert_eq!(refused(|r| r.error = Some(denied.clone())).await, CallbackError::Refused(denied.clone()));
}

#[tokio::test]
async fn without_a_code_there_is_nothing_to_exchange() {
    assert_eq!(refused(|r| r.code = None).await, CallbackError::MissingCode);
}

#[test]
fn a_parameter_that_comes_twice_is_refused() {
    for query in ["code=a&code=b&state=s", "iss=a&iss=b", "state=a&state=a", "code=a&co%64e=b"] {
        let read = AuthorizationResponse::parse(query.as_bytes());
        assert!(matches!(read, Err(FormError::Duplicate(_))), "{query}");
    }
}

/// The honest issuer's attempt is answered at the evil one's client, or the other way round.
#[tokio::test]
async fn an_attempt_is_completed_with_the_issuer_that_it_was_started_with() {
    let (honest, evil) = (FakeIssuer::new(), FakeIssuer::new());
    let mut other = metadata();
    other["issuer"] = "https://evil.example".into();
    let provider = hallpass_client::provider::Provider::builder(
        Issuer::parse("https://evil.example").expect("an issuer"),
        evil.clone(),
    );
    let provider = provider.env(evil.env.clone()).metadata(serde_json::from_value(other).expect("metadata"));
    let builder = Client::builder(&provider.expect("the same issuer"), "app").redirect_uri(CALLBACK);
    let evil_client = builder.build().expect("a client");

    let start = start(&honest.client()).await;
    let response = answer(start.pending.state().expose());
    let error = evil_client.complete(start.pending, response).await.expect_err("refused");
    assert!(matches!(error, Error::Callback(CallbackError::OtherFlow)), "{error}");
    assert_eq!(evil.count("/token"), 0, "the code stays away from the evil issuer");
}

#[tokio::test]
async fn the_exchange_has_the_verifier_of_the_challenge() {
    let issuer = FakeIssuer::new();
    let client = issuer.client();
    let start = start(&client).await;
    assert_eq!(parameter(&start.url, "code_challenge_method"), "S256");
    let challenge = parameter(&start.url, "code_challenge");
    issuer.grant(&sign(&keys()[0], &issuer.claims(start.pending.nonce().expect("a nonce"))));
    let response = answer(start.pending.state().expose());
    let tokens = client.complete(start.pending, response).await.expect("completes");
    assert_eq!(tokens.id_token.expect("an ID token").claims.sub, "ada");

    let body = issuer.last_body("/token");
    let form = Form::parse(body.as_bytes()).expect("a form");
    let verifier = CodeVerifier::parse(form.get("code_verifier").expect("a verifier")).expect("well-formed");
    assert_eq!(verifier.challenge().as_str(), challenge);
    assert_eq!(form.get("redirect_uri"), Some(CALLBACK));
    assert_eq!(form.get("code"), Some(CODE));
}

#[tokio::test]
async fn no_two_attempts_share_a_secret() {
    let client = FakeIssuer::new().client();
    let (first, second) = (start(&client).await, start(&client).await);
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&first.url, name), parameter(&second.url, name), "{name}");
    }
}
