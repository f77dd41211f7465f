//! Sweeping: only what can have no effect any more goes, in batches that do not hold others up.

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_server::entity::grant::Grant;
use hallpass_server::store::{REVOCATION_KEPT, SPENT_CODE_KEPT, Store, Unfit};

use super::world::*;

impl World {
    /// Sweeps until nothing is left to remove; how much there was.
    async fn sweep_all(&self, limit: usize, now: Time) -> usize {
        let mut all = 0;
        loop {
            let removed = self.0.sweep(limit, now).await.expect("a batch");
            assert!(removed <= limit, "{removed} rows in a batch of {limit}");
            all += removed;
            if removed < limit {
                return all;
            }
        }
    }
}

/// One of each kind, all of them in force.
pub async fn nothing_that_still_counts_is_removed(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g1"))).await;
    world.family(&grant("g2"), "r2").await;
    world.0.start_session(&session("s", "sid"), None, START).await.unwrap();
    world.revoke_access("g2.7", START + 60, START).await;

    assert_eq!(world.sweep_all(100, START + 59).await, 0);

    assert!(world.session_is_good("s", START + 59).await && world.refresh_is_good("r2", START + 59).await);
    assert!(!world.jti_is_good(Some("g2"), "g2.7", START + 59).await);
    done(world.redeem("c", "r", START + 59).await);
}

/// Ended grants and their tokens, old codes, sessions and revocations: all gone, none of them good before or after.
pub async fn everything_that_is_over_is_removed_in_batches(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    for i in 0..5 {
        world.issue(&code(&format!("c{i}"), grant(&format!("never{i}")))).await;
        world.family(&grant(&format!("revoked{i}")), &format!("r{i}")).await;
        world.revoke_refresh(&format!("r{i}"), APP, START).await;
        let short = Grant { expires_at: START + 60, ..grant(&format!("expired{i}")) };
        world.family(&short, &format!("e{i}")).await;
        world.0.start_session(&session(&format!("s{i}"), "sid"), None, START).await.unwrap();
        world.revoke_access(&format!("jti{i}"), START + 60, START).await;
    }
    world.family(&grant("live"), "live").await;

    let later = START + 10 * DAY;
    assert_eq!(world.sweep_all(4, START + 60).await, 20, "grants and their tokens");
    assert_eq!(world.sweep_all(4, later).await, 15, "codes, sessions, revocations");

    assert_eq!(world.sweep_all(4, later).await, 0);
    assert!(world.access_is_good("live", later).await);
    for i in 0..5 {
        assert!(!world.access_is_good(&format!("revoked{i}"), START).await);
        assert!(!world.refresh_is_good(&format!("e{i}"), START).await);
        refused(&world.redeem(&format!("c{i}"), "new", START).await, Unfit::Unknown);
    }
}

/// A family that was rotated for a month does not make one batch a big one.
pub async fn a_big_family_is_removed_in_batches(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r0").await;
    for i in 0..20 {
        done(world.refresh(&format!("r{i}"), ROTATE, &format!("r{}", i + 1), START).await);
    }
    world.revoke_refresh("r20", APP, START).await;

    assert_eq!(world.0.sweep(6, START).await.unwrap(), 6);
    assert!(!world.access_is_good("g", START).await && !world.refresh_is_good("r20", START).await);
    assert_eq!(world.sweep_all(6, START).await, 16, "15 tokens and the grant");
}

/// A late second use still ends the grant.
pub async fn a_spent_code_is_kept_to_detect_its_second_use(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;
    done(world.redeem("c", "r", START + 59).await);
    let last = START + 59 + SPENT_CODE_KEPT;

    world.sweep_all(10, last).await;

    assert!(world.access_is_good("g", last).await);
    replayed(&world.redeem("c", "r2", last).await, "g");
    assert!(!world.access_is_good("g", last).await);
}

/// However old it is: as long as its family lives, its reuse is a theft.
pub async fn a_superseded_token_is_kept_to_detect_its_reuse(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START + DAY - 1).await);
    done(world.refresh("r2", ROTATE, "r3", START + 2 * DAY - 2).await);
    let later = START + 3 * DAY - 4;

    world.sweep_all(10, later).await;

    assert!(world.refresh_is_good("r3", later).await);
    replayed(&world.refresh("r1", ROTATE, "r2", later).await, "g");
    world.sweep_all(10, later).await;
    let refusal = world.refresh("r3", ROTATE, "r4", later).await;
    assert!(!world.refresh_is_good("r4", later).await);
    refused(&refusal, Unfit::Unknown);
}

/// A clock that is a little behind must not bring it back.
pub async fn a_revoked_access_token_stays_revoked_after_its_end(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.revoke_access("own.1", START + 60, START).await;

    assert_eq!(world.sweep_all(10, START + 60 + REVOCATION_KEPT - 1).await, 0);
    assert!(!world.jti_is_good(None, "own.1", START + 60).await);
    assert_eq!(world.sweep_all(10, START + 60 + REVOCATION_KEPT).await, 1);
}

/// It can do its work.
pub async fn the_store_is_ready(store: Arc<dyn Store>) {
    store.ready().await.expect("ready");
}
