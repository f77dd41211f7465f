//! The server's keys as the suite sees them.

use serde_json::Value;

use hallpass_testkit::TestIssuer;

async fn kids(issuer: &TestIssuer) -> Vec<String> {
    let jwks = issuer.get("/jwks").await.json();
    let keys = jwks["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

/// `oidcc-server-rotate-keys`: a new key is there, the old ones still are, and tokens of both verify.
#[tokio::test]
async fn after_a_rotation_new_and_old_keys_are_published() {
    let issuer = TestIssuer::start().await;
    let before = kids(&issuer).await;
    let old = issuer.tokens("web", &[]).await;

    let ahead = issuer.rotate_keys().await;
    issuer.clock.advance(ahead + 1);
    let new = issuer.tokens("web", &[]).await;

    let after = kids(&issuer).await;
    assert!(before.iter().all(|kid| after.contains(kid)), "{before:?} {after:?}");
    assert!(after.len() > before.len(), "{before:?} {after:?}");
    let kid = |token: &str| {
        let jws = hallpass_proto::jose::jws::CompactJws::parse(token).expect("a token");
        jws.header().kid.clone().expect("a kid")
    };
    assert!(!before.contains(&kid(&new.id_token)), "the new key signs");
    for token in [&old.id_token, &new.id_token] {
        let claims: Value = issuer.verified(token).await;
        assert_eq!(claims["sub"], "user-ada");
    }
}
