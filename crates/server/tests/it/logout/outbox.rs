//! What is tried again, by whom, and when it is given up — OpenID Connect Back-Channel Logout 1.0 §2.8.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::log::Log;

use super::{HEARS, answers, sign_out, signed_in, told, world};

async fn deliver(issuer: &TestIssuer) -> usize {
    issuer.server.deliver().await.expect("the store works")
}

/// Signs Ada in and out again, while `web` answers so.
async fn signed_out_while(issuer: &TestIssuer, status: u16) {
    answers(issuer, status);
    let browser = issuer.browser();
    let id_token = signed_in(issuer, &browser).await;
    sign_out(&browser, &id_token).await;
}

/// The pause grows; each attempt has a token of its own for the same session.
#[tokio::test]
async fn a_client_that_fails_is_tried_again_until_it_answers() {
    for status in [500, 503, 404, 429, 302] {
        let issuer = world().await;
        signed_out_while(&issuer, status).await;
        assert_eq!(told(&issuer).await.len(), 1, "{status}");
        assert_eq!(deliver(&issuer).await, 0, "{status}: not at once");
        issuer.clock.advance(10);
        assert_eq!(deliver(&issuer).await, 1, "{status}");
        issuer.clock.advance(10);
        assert_eq!(deliver(&issuer).await, 0, "{status}: the second pause is longer");
        issuer.clock.advance(10);
        answers(&issuer, 200);
        assert_eq!(deliver(&issuer).await, 1, "{status}");

        issuer.clock.advance(3600);
        assert_eq!(deliver(&issuer).await, 0, "{status}: it has answered");
        let told = told(&issuer).await;
        assert_eq!(told.len(), 3, "{status}");
        assert!(told.iter().all(|claims| claims["sid"] == told[0]["sid"]));
        assert!(told[0]["jti"] != told[1]["jti"] && told[1]["jti"] != told[2]["jti"]);
        assert_eq!(told[2]["iat"], issuer.now().unix() - 3600, "a token of that moment");
    }
}

/// §2.8: 400 means that the token was refused, which the next one would be too. Somebody should look into it.
#[tokio::test]
async fn a_client_that_refuses_is_not_asked_again() {
    let issuer = world().await;
    let log = Log::start();

    signed_out_while(&issuer, 400).await;

    issuer.clock.advance(3600);
    assert_eq!((deliver(&issuer).await, told(&issuer).await.len()), (0, 1));
    let log = log.take();
    assert!(log.contains("logout_refused") && log.contains("user-ada"), "{log}");
}

/// After a day nobody tries any more, and the log says so.
#[tokio::test]
async fn a_client_that_is_gone_is_given_up_after_a_day() {
    let issuer = world().await;
    let log = Log::start();
    signed_out_while(&issuer, 500).await;

    for _ in 0..30 {
        issuer.clock.advance(3600);
        deliver(&issuer).await;
    }

    let tried = told(&issuer).await.len();
    assert!((24..=27).contains(&tried), "{tried}");
    assert_eq!(log.take().matches("logout_given_up").count(), 1);
    issuer.clock.advance(7 * 24 * 3600);
    assert_eq!(deliver(&issuer).await, 0);
}

/// The node that ended the session stops in the middle of it: another one takes it up, and only one.
#[tokio::test]
async fn another_node_delivers_what_was_left() {
    let issuer = world().await;
    let node = issuer.another_node().await;
    let browser = issuer.browser();
    signed_in(&issuer, &browser).await;
    issuer.store.end_sessions_of("user-ada", issuer.now()).await.expect("the store works");

    let (one, two) = (deliver(&issuer).await, deliver(&node).await);

    assert_eq!((one, two), (1, 0));
    assert_eq!(told(&issuer).await.len(), 1);
    assert!(!browser.get("/").await.body.contains("Ada Lovelace"));
}

/// A first attempt whose node was lost is made again when its time is over, not before.
#[tokio::test]
async fn an_attempt_that_was_lost_is_made_again() {
    let issuer = world().await;
    issuer.web.silent(HEARS);
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    sign_out(&browser, &id_token).await;
    answers(&issuer, 200);

    issuer.clock.advance(29);
    assert_eq!(deliver(&issuer).await, 0);
    issuer.clock.advance(1);
    assert_eq!(deliver(&issuer).await, 1);
    assert_eq!(told(&issuer).await.len(), 2);
}

/// The log says what was tried, and holds no token.
#[tokio::test]
async fn no_logout_token_is_in_the_log() {
    let issuer = world().await;
    let log = Log::start();
    signed_out_while(&issuer, 500).await;
    issuer.clock.advance(10);
    answers(&issuer, 400);
    deliver(&issuer).await;

    let log = log.take();
    assert!(log.contains("could not be told") && log.contains("it answered 500"), "{log}");
    for request in issuer.web.requests(HEARS) {
        let form = hallpass_proto::param::Form::parse(&request.body).expect("a form");
        let token = form.get("logout_token").expect("a token");
        assert!(!token.split('.').any(|part| log.contains(part)), "{log}");
    }
}
