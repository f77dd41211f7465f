//! Keys that are followed by others without anybody saying so.

use std::collections::BTreeSet;

use hallpass_server::entity::key::KeyPurpose;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::issuer::ISSUER;

use super::*;

/// A month before its end the next key is not there, a day before it is, and at its end it signs.
#[tokio::test]
async fn a_key_is_followed_when_it_is_old_enough() {
    let issuer = TestIssuer::with(ISSUER, |config| config.rotate_keys_every = Some(30 * DAY)).await;
    let (first, all) = (signs(&issuer).await, published(&issuer).await);

    issuer.clock.advance(29 * DAY - 1);
    issuer.server.sweep().await.expect("sweeps");
    assert_eq!(published(&issuer).await, all);

    issuer.clock.advance(1);
    issuer.server.sweep().await.expect("sweeps");
    assert_eq!(published(&issuer).await.len(), 2 * all.len());
    assert_eq!(signs(&issuer).await, first);
    issuer.server.sweep().await.expect("sweeps");
    assert_eq!(published(&issuer).await.len(), 2 * all.len(), "once");

    issuer.clock.advance(DAY);
    let next = signs(&issuer).await;
    assert_eq!(next, head(&issuer, ES256).await.kid);
    assert!(!all.contains(&next));
}

/// A server that was off for a year does not skip the time in which the next key is only published.
#[tokio::test]
async fn a_late_rotation_is_published_ahead_too() {
    let issuer = TestIssuer::start().await;
    let first = signs(&issuer).await;
    issuer.clock.advance(365 * DAY);

    issuer.server.sweep().await.expect("sweeps");
    assert_eq!(signs(&issuer).await, first);

    issuer.clock.advance(DAY - 1);
    assert_eq!(signs(&issuer).await, first);
    issuer.clock.advance(1);
    assert_ne!(signs(&issuer).await, first);
}

/// Nodes that find the same key due at the same moment make one new key together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_nodes_one_rotates() {
    let issuer = TestIssuer::start().await;
    issuer.clock.advance(89 * DAY);
    let before = issuer.store.keys().await.expect("the store works").keys.len();

    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let node = issuer.another_node().await;
        nodes.spawn(async move {
            node.server.sweep().await.expect("sweeps");
            node
        });
    }
    let nodes = nodes.join_all().await;

    let keys = issuer.store.keys().await.expect("the store works").keys;
    // RS256, ES256 and the one that seals have a successor, the one that derives has none
    assert_eq!(keys.len(), before + 3);
    assert!(keys.iter().all(|key| key.purpose != KeyPurpose::Derive || key.used_until.is_none()));
    issuer.clock.advance(1);
    let mut sets = BTreeSet::new();
    for node in &nodes {
        sets.insert(node.get("/jwks").await.body);
    }
    assert_eq!(sets.len(), 1);
}

/// Without a schedule, nobody rotates.
#[tokio::test]
async fn without_a_schedule_keys_stay() {
    let issuer = TestIssuer::with(ISSUER, |config| config.rotate_keys_every = None).await;
    let all = published(&issuer).await;

    issuer.clock.advance(3650 * DAY);
    issuer.server.sweep().await.expect("sweeps");

    assert_eq!(published(&issuer).await, all);
}

/// A rotation at every opportunity does not let the JWKS grow without bound.
#[tokio::test]
async fn the_key_set_stays_small() {
    let issuer = TestIssuer::with(ISSUER, |config| {
        config.rotate_keys_every = Some(420);
        config.publish_keys_ahead = 420;
    })
    .await;
    let mut most = 0;
    // Only ES256 would be quick to make in a test of many rotations.
    for key in issuer.store.keys().await.expect("the store works").keys {
        if key.purpose != ES256 && matches!(key.purpose, KeyPurpose::Sign(_)) {
            issuer.server.keys().retire(&key.kid).await.expect("retires");
        }
    }
    for _ in 0..200 {
        issuer.clock.advance(60);
        issuer.server.sweep().await.expect("sweeps");
        most = most.max(published(&issuer).await.len());
    }
    // one that signs, one that waits, and those whose tokens live for an hour and two minutes; and the RSA key
    assert!((10..=13).contains(&most), "{most}");
}
