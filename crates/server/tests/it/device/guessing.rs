//! Guessing user codes — RFC 8628 §5.1, security.md 46; and passwords on the way, security.md 68.

use hallpass_testkit::{Browser, Reply, TestIssuer};
use tokio::task::JoinSet;

use super::{ADA, answer, codes, enter, poll, question};

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

/// security.md 46: of IPv6 a site counts over all its networks, of which it has 65536.
#[tokio::test]
async fn a_site_counts_over_all_its_networks() {
    let issuer = TestIssuer::start().await;
    for i in 0..30 {
        let browser = issuer.browser().from_address(&format!("2001:db8:1:{i:x}::7"));
        assert_eq!(enter(&browser, WRONG).await.status, 400, "{i}");
    }

    assert_eq!(enter(&issuer.browser().from_address("2001:db8:1:ffff::7"), WRONG).await.status, 429);
    assert_eq!(enter(&issuer.browser().from_address("2001:db8:2::7"), WRONG).await.status, 400);
}

/// Strangers with any number of addresses have used up what all of them have.
async fn flooded() -> TestIssuer {
    let issuer = TestIssuer::start().await;
    for i in 0..300 {
        let browser = issuer.browser().from_address(&format!("198.18.{}.{}", i / 256, i % 256));
        assert_eq!(enter(&browser, WRONG).await.status, 400, "{i}");
    }
    issuer
}

/// security.md 46: all strangers together have a bound, and lock nobody out: whoever signs in goes on. Until then a right
/// code is not told from a wrong one.
#[tokio::test]
async fn beyond_the_bound_of_all_strangers_a_person_signs_in_first() {
    let issuer = flooded().await;
    let codes = codes(&issuer, "tv", "").await;
    let guess = issuer.browser();
    let page = guess.open(enter(&guess, WRONG).await.location()).await;
    assert_eq!((page.status.as_u16(), page.body.contains("your device")), (200, true));

    let browser = issuer.browser();
    let page = browser.open(enter(&browser, &codes.user_code).await.location()).await;
    assert!(page.body.contains("id=\"sign-in\"") && page.body.contains("your device"), "{}", page.body);
    let reply = browser.submit(&page, "sign-in", &ADA).await;
    let page = browser.follow(reply).await;
    assert!(page.body.contains(&codes.user_code), "the code is still there: {}", page.body);
    let reply = browser.submit(&page, "device", &[]).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "device-confirm", &[("action", "allow")]).await;
    assert_eq!(browser.follow(reply).await.status, 200);
    assert_eq!(poll(&issuer, "tv", &codes).await.status, 200);

    issuer.clock.advance(60);
    let later = super::codes(&issuer, "tv", "").await;
    let page = question(&issuer.browser(), &later).await;
    assert!(page.status == 200 && !page.body.contains("your device"), "as ever: {}", page.body);
}

/// security.md 46: signed in, a person has the bound of a person; and who took too long begins again.
#[tokio::test]
async fn beyond_the_bound_of_all_strangers_a_person_has_their_own() {
    let issuer = flooded().await;
    let ada = issuer.browser_of_ada().await;
    for _ in 0..5 {
        assert_eq!(enter(&ada, WRONG).await.status, 400);
    }
    assert_eq!(enter(&ada, WRONG).await.status, 429);

    let stranger = issuer.browser();
    let reply = enter(&stranger, WRONG).await;
    issuer.clock.advance(600);
    assert_eq!(stranger.open(reply.location()).await.status, 400);
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
