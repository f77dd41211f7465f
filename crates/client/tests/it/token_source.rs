//! A token that is always good — apps.md, rows 5, 6, 7 and 11.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hallpass_client::error::{Error, Recovery};
use hallpass_client::http_client::BoxFuture;
use hallpass_client::token_source::{KeepError, KeepTokens, TokenSource};
use hallpass_client::tokens::Tokens;
use hallpass_proto::scope::Scope;
use serde_json::json;

use crate::world::{FakeIssuer, respond};

/// An issuer whose tokens have numbers, good for so many seconds.
fn numbered(issuer: &FakeIssuer, expires_in: i64) {
    let count = AtomicUsize::new(0);
    issuer.answer_with("/token", move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({
            "access_token": format!("access-{number}"), "token_type": "Bearer", "expires_in": expires_in,
            "refresh_token": format!("refresh-{number}"),
        });
        respond(200, "application/json", &body.to_string())
    });
}

fn service(issuer: &Arc<FakeIssuer>) -> TokenSource {
    issuer.client().token_source(&Scope::empty()).build()
}

async fn held(issuer: &Arc<FakeIssuer>) -> Tokens {
    issuer.client().client_credentials(&Scope::empty()).await.expect("tokens")
}

async fn token(source: &TokenSource) -> Result<String, Error> {
    source.token().await.map(|token| token.expose().clone())
}

/// Lets the tasks in the background run.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Issue 4: "one refresh however many callers (200 callers, one token request)".
#[tokio::test]
async fn two_hundred_callers_cause_one_token_request() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let gate = issuer.hold_back();
    let source = service(&issuer);
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { token(&source).await })
        })
        .collect();
    settle().await;
    gate.add_permits(10);
    for caller in callers {
        assert_eq!(caller.await.expect("ends").expect("a token"), "access-1");
    }
    assert_eq!(issuer.count("/token"), 1);
}

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end_without_anybody_waiting() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let source = service(&issuer);
    assert_eq!(token(&source).await.expect("a token"), "access-1");
    issuer.clock.advance(539);
    assert_eq!(token(&source).await.expect("a token"), "access-1");
    settle().await;
    assert_eq!(issuer.count("/token"), 1, "not due yet");

    issuer.clock.advance(1);
    assert_eq!(token(&source).await.expect("a token"), "access-1", "the old one serves meanwhile");
    settle().await;
    assert_eq!(token(&source).await.expect("a token"), "access-2");
    assert_eq!(issuer.count("/token"), 2);
}

/// A life that is shorter than the usual lead would otherwise be renewed at every look.
#[tokio::test]
async fn a_short_life_is_renewed_at_its_half() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 20);
    let source = service(&issuer);
    token(&source).await.expect("a token");
    issuer.clock.advance(9);
    for _ in 0..5 {
        token(&source).await.expect("a token");
        settle().await;
    }
    assert_eq!(issuer.count("/token"), 1);
}

/// apps.md, row 7: "an outage of the issuer deletes sessions". Not here: the token serves while it lives.
#[tokio::test(start_paused = true)]
async fn an_outage_is_not_noticed_while_the_token_lives() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let source = service(&issuer);
    token(&source).await.expect("a token");
    issuer.go_down();
    issuer.clock.advance(599);
    assert_eq!(token(&source).await.expect("serves on"), "access-1");
    issuer.clock.advance(1);
    let error = token(&source).await.expect_err("it has ended");
    assert!(matches!(error.recovery(), Recovery::Retry { .. }), "{error}");

    issuer.come_back();
    issuer.clock.advance(60);
    assert_eq!(token(&source).await.expect("back"), "access-2");
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_tried_again_and_retry_after_kept_to() {
    let issuer = FakeIssuer::new();
    let count = AtomicUsize::new(0);
    issuer.answer_with("/token", move |_| {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            let mut busy = respond(503, "text/plain", "busy");
            busy.headers_mut().insert("retry-after", "3".parse().expect("a value"));
            return busy;
        }
        let body = json!({"access_token": "access", "token_type": "Bearer", "expires_in": 600});
        respond(200, "application/json", &body.to_string())
    });
    let before = tokio::time::Instant::now();
    assert_eq!(token(&service(&issuer)).await.expect("the second try"), "access");
    assert_eq!(before.elapsed().as_secs(), 3);
}

/// What the issuer refuses is not asked for again: three tries would not change a wrong secret.
#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let issuer = FakeIssuer::new();
    issuer.answer("/token", 401, "application/json", r#"{"error":"invalid_client"}"#);
    assert!(matches!(token(&service(&issuer)).await, Err(Error::OAuth { .. })));
    assert_eq!(issuer.count("/token"), 1);
}

/// apps.md, row 11: a caller that goes away takes nothing with it.
#[tokio::test]
async fn a_caller_that_goes_away_does_not_end_the_renewal() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let gate = issuer.hold_back();
    let source = service(&issuer);
    let impatient = tokio::spawn({
        let source = source.clone();
        async move { token(&source).await }
    });
    settle().await;
    impatient.abort();
    gate.add_permits(10);
    assert_eq!(token(&source).await.expect("a token"), "access-1");
    assert_eq!(issuer.count("/token"), 1);
}

#[tokio::test]
async fn a_token_that_was_refused_is_renewed_once() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let source = service(&issuer);
    let first = source.token().await.expect("a token");
    for _ in 0..10 {
        source.refused(&first);
    }
    assert_eq!(token(&source).await.expect("another"), "access-2");
    source.refused(&first);
    assert_eq!(token(&source).await.expect("the same"), "access-2");
    assert_eq!(issuer.count("/token"), 2);
}

#[tokio::test]
async fn a_person_s_tokens_are_renewed_by_each_refresh_token_in_its_turn() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let source = issuer.client().token_source_of(held(&issuer).await).build();
    assert_eq!(token(&source).await.expect("there already"), "access-1");
    for number in 2..5 {
        issuer.clock.advance(600);
        assert_eq!(token(&source).await.expect("renewed"), format!("access-{number}"));
        let body = issuer.last_body("/token");
        assert!(body.contains(&format!("refresh_token=refresh-{}", number - 1)), "{body}");
    }
}

/// apps.md, row 5, and security.md 78: `invalid_grant` ends it once, and the issuer is left alone afterwards.
#[tokio::test]
async fn a_spent_refresh_token_means_to_sign_in_again() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let source = issuer.client().token_source_of(held(&issuer).await).build();
    issuer.answer("/token", 400, "application/json", r#"{"error":"invalid_grant"}"#);
    issuer.clock.advance(600);
    for _ in 0..5 {
        let error = token(&source).await.expect_err("spent");
        assert_eq!(error.recovery(), Recovery::Reauthenticate);
        issuer.clock.advance(600);
    }
    assert_eq!(issuer.count("/token"), 2, "the first tokens, and one refresh");
}

#[tokio::test]
async fn without_a_refresh_token_nothing_is_asked() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let tokens = Tokens { refresh_token: None, ..held(&issuer).await };
    let source = issuer.client().token_source_of(tokens).build();
    issuer.clock.advance(600);
    let error = token(&source).await.expect_err("it has ended");
    assert_eq!(error.recovery(), Recovery::Reauthenticate);
    assert_eq!(issuer.count("/token"), 1);
}

/// Keeps what it is given, when it works.
#[derive(Default)]
struct Kept {
    tokens: Mutex<Vec<String>>,
    broken: AtomicBool,
}

impl KeepTokens for Kept {
    fn keep<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async move {
            if self.broken.load(Ordering::SeqCst) {
                return Err(KeepError("the disk is full".to_owned()));
            }
            let token = tokens.refresh_token.as_ref().expect("one").expose().clone();
            self.tokens.lock().expect("sound").push(token);
            Ok(())
        })
    }
}

/// apps.md, row 6: a refreshed token is kept before it is used, and is not lost when keeping fails.
#[tokio::test]
async fn renewed_tokens_are_kept_before_they_are_used() {
    let issuer = FakeIssuer::new();
    numbered(&issuer, 600);
    let kept = Arc::new(Kept::default());
    let source = issuer.client().token_source_of(held(&issuer).await).keep(kept.clone()).build();
    kept.broken.store(true, Ordering::SeqCst);
    issuer.clock.advance(600);
    assert!(matches!(token(&source).await, Err(Error::Keep(_))));

    kept.broken.store(false, Ordering::SeqCst);
    issuer.clock.advance(10);
    assert_eq!(token(&source).await.expect("kept now"), "access-2");
    assert_eq!(*kept.tokens.lock().expect("sound"), ["refresh-2"]);
    assert_eq!(issuer.count("/token"), 2, "the refresh token was not spent again");
}
