//! Revocation — RFC 7009, and what it means to the tokens that descend from a grant.

use std::sync::Arc;

use hallpass_server::entity::refresh::Rotation;
use hallpass_server::store::{AccessTokenId, Issued, Revoked, Store};

use super::world::*;

/// RFC 7009 §2.1: "the authorization server SHOULD also invalidate all access tokens based on the same
/// authorization grant".
pub async fn revoking_a_refresh_token_ends_the_access_tokens_of_its_grant(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;
    world.family(&grant("g2"), "r2").await;

    assert_eq!(world.revoke_refresh("r", APP, START).await, Revoked::Done);

    assert!(!world.access_is_good("g", START).await && !world.refresh_is_good("r", START).await);
    assert!(world.access_is_good("g2", START).await && world.refresh_is_good("r2", START).await);
}

/// The family ends, not a member of it: nothing that descends from it is good at any later time.
pub async fn whichever_token_of_a_family_is_revoked_all_of_them_end(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    for member in 0..4 {
        let id = format!("g{member}");
        let token = |i: usize| format!("{id}-r{i}");
        world.family(&grant(&id), &token(0)).await;
        for i in 0..3 {
            done(world.refresh(&token(i), ROTATE, &token(i + 1), START + 1).await);
        }

        assert_eq!(world.revoke_refresh(&token(member), APP, START + 2).await, Revoked::Done);

        for now in [START + 2, START + 3, START + DAY, START + 40 * DAY] {
            assert!(!world.access_is_good(&id, now).await, "{id} at {now}");
            for i in 0..4 {
                assert!(!world.refresh_is_good(&token(i), now).await, "{} at {now}", token(i));
            }
        }
    }
}

/// RFC 7009 §2.2: a token that is revoked already is no error.
pub async fn revoking_again_is_done_again(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    for _ in 0..2 {
        assert_eq!(world.revoke_refresh("r", APP, START).await, Revoked::Done);
        assert_eq!(world.revoke_access("g.7", START + 60, START).await, Revoked::Done);
    }
}

/// RFC 7009 §2.1: the server "verifies whether the token was issued to the client making the revocation request".
pub async fn another_clients_token_stays_as_it_is(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    assert_eq!(world.revoke_refresh("r", OTHER_APP, START).await, Revoked::Unknown);
    assert!(world.access_is_good("g", START).await && world.refresh_is_good("r", START).await);
}

/// There is nothing to revoke.
pub async fn an_unknown_token_is_unknown(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    assert_eq!(world.revoke_refresh("r", APP, START).await, Revoked::Unknown);
}

/// Its brothers, and the refresh token they came from, stay good.
pub async fn an_access_token_is_revoked_alone(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    assert_eq!(world.revoke_access("g.1", START + 600, START).await, Revoked::Done);

    assert!(!world.jti_is_good(Some("g"), "g.1", START).await);
    assert!(world.jti_is_good(Some("g"), "g.2", START).await);
    done(world.refresh("r", Rotation::Keep, "r", START).await);
}

/// A client that acts for itself has tokens without a grant.
pub async fn an_access_token_without_a_grant_is_revoked_by_its_jti(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let own = world.0.access_token(AccessTokenId { grant_id: None, jti: "own.1" }, START).await.unwrap();
    assert!(matches!(own, Some(None)));

    assert_eq!(world.revoke_access("own.1", START + 600, START).await, Revoked::Done);

    assert!(!world.jti_is_good(None, "own.1", START).await);
    assert!(world.jti_is_good(None, "own.2", START).await);
}

/// What the store does not know is not good.
pub async fn an_access_token_of_an_unknown_grant_is_not_good(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.record_grant(&grant("g"), &Issued { refresh: None }).await.unwrap();

    let found = world.0.access_token(AccessTokenId { grant_id: Some("g"), jti: "g.1" }, START).await.unwrap();
    let (of, person) = found.flatten().expect("a grant and its person");
    assert_eq!((of, person.id.as_str()), (grant("g"), ADA));
    assert!(!world.access_is_good("unknown", START).await);
}

/// However a revocation and a rotation race, nothing of the family is good once both have answered.
pub async fn a_revocation_while_refreshing_leaves_nothing_good(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;

    at_once(16, |i| {
        let world = world.clone();
        async move {
            if i % 2 == 0 {
                world.refresh("r1", ROTATE, "r2", START).await;
            } else {
                world.revoke_refresh("r1", APP, START).await;
            }
        }
    })
    .await;

    assert!(!world.access_is_good("g", START).await);
    assert!(!world.refresh_is_good("r1", START).await && !world.refresh_is_good("r2", START).await);
}
