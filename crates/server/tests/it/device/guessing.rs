//! Guessing user codes — RFC 8628 §5.1, security.md 46; and passwords on the way, security.md 68.

use hallpass_testkit::{Browser, Reply, TestIssuer};
use tokio::task::JoinSet;

use super::{answer, codes, enter, question};

/// Some code that nobody waits under.
const WRONG: &str = "BBBB-BBBB";

/// security.md 46: five wrong codes in a minute; then a right one waits too, and is good afterwards.
#[tokio::test]
async fn the_sixth_code_of_a_minute_waits() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    let browser = issuer.browser();
    for _ in 0..5 {
        assert_eq!(enter(&browser, WRONG).await.status, 400);
        issuer.clock.advance(10);
    }

    for code in [WRONG, "", codes.user_code.as_str()] {
        let reply = enter(&browser, code).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "10"));
        assert!(
            reply.body.contains("Too many wrong codes. Please try again in 10 seconds."),
            "{}",
            reply.body
        );
        assert!(!reply.headers.contains_key("location"));
    }
    assert_eq!(enter(&issuer.browser(), &codes.user_code).await.status, 303, "nobody else waits");
    issuer.clock.advance(10);
    assert_eq!(enter(&browser, &codes.user_code).await.status, 303);
}

/// Right codes do not count: a household may connect what it likes.
#[tokio::test]
async fn right_codes_do_not_count() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await.from_address("192.0.2.7");

    for _ in 0..12 {
        answer(&browser, &codes(&issuer, "tv", "").await, "allow").await;
    }
}

/// security.md 46: throwing the cookies away does not help: the address counts, of IPv6 the network.
#[tokio::test]
async fn an_address_counts_over_all_its_browsers() {
    for (first, same, other) in
        [("192.0.2.7", "192.0.2.7", "192.0.2.8"), ("2001:db8::7", "2001:db8::ffff:8", "2001:db8:0:1::7")]
    {
        let issuer = TestIssuer::start().await;
        for _ in 0..5 {
            assert_eq!(enter(&issuer.browser().from_address(first), WRONG).await.status, 400);
        }

        assert_eq!(enter(&issuer.browser().from_address(same), WRONG).await.status, 429, "{same}");
        assert_eq!(enter(&issuer.browser().from_address(other), WRONG).await.status, 400, "{other}");
    }
}

/// security.md 46: nor do many addresses help somebody who is signed in.
#[tokio::test]
async fn a_person_counts_over_all_their_browsers() {
    let issuer = TestIssuer::start().await;
    for i in 0..5 {
        let browser = issuer.browser_of_ada().await.from_address(&format!("192.0.2.{i}"));
        assert_eq!(enter(&browser, WRONG).await.status, 400);
    }

    let browser = issuer.browser_of_ada().await.from_address("192.0.2.99");
    assert_eq!(enter(&browser, WRONG).await.status, 429);
}

/// security.md 46: all the world together has a bound: whoever has any number of addresses finds no code.
#[tokio::test]
async fn everybody_together_has_a_bound() {
    let issuer = TestIssuer::start().await;
    let codes = codes(&issuer, "tv", "").await;
    for i in 0..300 {
        let browser = issuer.browser().from_address(&format!("198.18.{}.{}", i / 256, i % 256));
        assert_eq!(enter(&browser, WRONG).await.status, 400, "{i}");
    }

    assert_eq!(enter(&issuer.browser(), &codes.user_code).await.status, 429);
    issuer.clock.advance(60);
    assert_eq!(enter(&issuer.browser(), &codes.user_code).await.status, 303);
}

/// Many codes in the same moment are many codes.
#[tokio::test(flavor = "multi_thread")]
async fn codes_in_parallel_count() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let page = browser.open("/device").await;
    let mut tries = JoinSet::new();
    for _ in 0..30 {
        let (browser, page): (Browser, Reply) = (browser.clone(), page.clone());
        tries.spawn(
            async move { browser.submit(&page, "device", &[("user_code", WRONG)]).await.status.as_u16() },
        );
    }

    let statuses = tries.join_all().await;

    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 25, "{statuses:?}");
}

/// security.md 68: the sign-in on the way to a device counts with all others.
#[tokio::test]
async fn passwords_on_the_way_count_with_all_others() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let sign_in = question(&browser, &codes(&issuer, "tv", "").await).await;
    for _ in 0..5 {
        let wrong = [("username", "ada"), ("password", "wrong")];
        assert_eq!(browser.submit(&sign_in, "sign-in", &wrong).await.status, 401);
    }

    let form = [("grant_type", "password"), ("username", "ada@example.com"), ("password", "wrong")];
    issuer.post_as("legacy", "/token", &form).await.assert_refused(429, "temporarily_unavailable");
    let right = [("username", "ada"), ("password", hallpass_testkit::fixture::PASSWORD_OF_ALL)];
    assert_eq!(browser.submit(&sign_in, "sign-in", &right).await.status, 429);
}
