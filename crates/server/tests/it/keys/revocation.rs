//! A key that somebody else may have goes at once.

use hallpass_testkit::TestIssuer;

use super::*;

/// security.md 55: nothing that the key has signed is accepted any more, at any node; another one signs.
#[tokio::test]
async fn a_revoked_key_takes_its_tokens_along() {
    let issuer = TestIssuer::start().await;
    let other = issuer.another_node().await;
    let tokens = issuer.tokens("web", &[("scope", "openid offline_access")]).await;
    let stolen = kid_of(&tokens.access_token);

    let another = issuer.server.keys().revoke(&stolen).await.expect("revoked").expect("another one").kid;
    issuer.clock.advance(1);

    for node in [&issuer, &other] {
        let kids = published(node).await;
        assert!(!kids.contains(&stolen) && kids.contains(&another));
        assert!(!node.is_active("web", &tokens.access_token).await);
        assert_eq!(node.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(signs(node).await, another);
    }
    // What is not signed goes on: nobody has to sign in again.
    let again = Tokens::of(&issuer.refresh("web", &tokens.refresh_token).await);
    assert_eq!(issuer.userinfo(&again.access_token).await.status, 200);
}

/// A key that is published and waits is known to everybody already: better than one that nobody has seen.
#[tokio::test]
async fn the_next_key_takes_the_place_of_a_revoked_one() {
    let issuer = TestIssuer::start().await;
    let stolen = signs(&issuer).await;
    let next = issuer.server.keys().rotate(ES256, DAY).await.expect("rotates").kid;

    let follows = issuer.server.keys().revoke(&stolen).await.expect("revoked");
    issuer.clock.advance(1);

    assert_eq!((follows.expect("the next one").kid, signs(&issuer).await), (next.clone(), next));
}

/// The next key itself may be the one that was lost: nothing was signed by it, and nothing changes for anybody.
#[tokio::test]
async fn a_next_key_that_is_revoked_leaves_no_trace() {
    let issuer = TestIssuer::start().await;
    let (old, before) = (token(&issuer).await, published(&issuer).await);
    let next = issuer.server.keys().rotate(ES256, 600).await.expect("rotates").kid;

    assert!(issuer.server.keys().revoke(&next).await.expect("revoked").is_none());
    issuer.clock.advance(601);

    assert_eq!((published(&issuer).await, signs(&issuer).await), (before, kid_of(&old)));
    assert!(issuer.server.keys().revoke(&next).await.is_err(), "it is gone");
}

/// A `kid` that is mistyped must not pass for a key that is gone.
#[tokio::test]
async fn a_key_that_is_not_there_is_told() {
    let issuer = TestIssuer::start().await;
    let told = issuer.server.keys().revoke("nothing").await.expect_err("there is none").to_string();
    assert!(told.contains("there is no key \"nothing\""), "{told}");
}
