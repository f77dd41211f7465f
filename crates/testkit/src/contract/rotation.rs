//! Refresh tokens that are rotated — RFC 9700 §4.14, with a grace for answers that were lost.

use std::sync::Arc;

use hallpass_server::entity::grant::RefreshOutcome;
use hallpass_server::entity::refresh::{RefreshUnfit, Rotation};
use hallpass_server::store::{Issued, Redeemed, Store, Unfit};

use super::world::*;

/// The old one is no head any more; the new one belongs to the same grant.
pub async fn a_successor_takes_the_place_of_the_old_token(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;

    let authority = done(world.refresh("r1", ROTATE, "r2", START + 5).await);

    assert_eq!((authority.refresh, authority.grant.id.as_str()), (RefreshOutcome::Issued, "g"));
    assert!(!world.refresh_is_good("r1", START + 5).await);
    let (token, of, _) = world.0.refresh_token(digest("r2"), START + 5).await.unwrap().expect("the new head");
    assert_eq!((token.grant_id.as_str(), token.expires_at, of), ("g", START + 5 + DAY, grant("g")));
    done(world.refresh("r2", ROTATE, "r3", START + 6).await);
}

/// A lost response must not sign a person out: the same successor is given as often as it takes.
pub async fn a_lost_answer_is_given_again_inside_the_grace(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START).await);

    for now in [START, START + 1, START + GRACE] {
        let authority = done(world.refresh("r1", ROTATE, "r2", now).await);
        assert_eq!((authority.refresh, authority.grant.id.as_str()), (RefreshOutcome::Issued, "g"));
    }

    assert!(
        world.refresh_is_good("r2", START + GRACE).await && world.access_is_good("g", START + GRACE).await
    );
}

/// Nobody but the holder of the first answer is given a token of the family.
pub async fn another_successor_is_not_given_inside_the_grace(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START).await);

    replayed(&world.refresh("r1", ROTATE, "fork", START + 1).await, "g");
    assert!(!world.refresh_is_good("fork", START + 1).await && !world.refresh_is_good("r2", START + 1).await);
}

/// RFC 9700 §4.14.2: the server "cannot determine which party submitted the invalid refresh token", so all end.
pub async fn a_reuse_after_the_grace_ends_the_family(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START).await);
    let late = START + GRACE + 1;

    replayed(&world.refresh("r1", ROTATE, "r2", late).await, "g");

    assert!(!world.refresh_is_good("r2", late).await && !world.access_is_good("g", late).await);
    let refusal = world.refresh("r2", ROTATE, "r3", late).await;
    refused(&refusal, Unfit::Refresh(RefreshUnfit::GrantEnded));
}

/// The answer was not lost: its token is in use.
pub async fn a_reuse_after_the_successor_was_used_ends_the_family(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START).await);
    done(world.refresh("r2", ROTATE, "r3", START + 1).await);

    replayed(&world.refresh("r1", ROTATE, "r2", START + 2).await, "g");

    assert!(!world.refresh_is_good("r3", START + 2).await && !world.access_is_good("g", START + 2).await);
}

/// A client that became confidential has no grace: its tokens are not superseded any more.
pub async fn a_superseded_token_is_reuse_for_a_client_that_keeps_its_own(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START).await);

    replayed(&world.refresh("r1", Rotation::Keep, "r1", START + 1).await, "g");
    assert!(!world.refresh_is_good("r2", START + 1).await);
}

/// Many tabs with one token: each gets the same successor.
pub async fn of_64_rotations_to_one_successor_all_are_done_and_one_head_lives(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;

    let rotations = at_once(64, |_| {
        let world = world.clone();
        async move { world.refresh("r1", ROTATE, "r2", START).await }
    })
    .await;

    for rotation in rotations {
        assert_eq!(done(rotation).refresh, RefreshOutcome::Issued);
    }
    assert!(!world.refresh_is_good("r1", START).await && world.refresh_is_good("r2", START).await);
    done(world.refresh("r2", ROTATE, "r3", START).await);
}

/// However a race ends, there is never a second head.
pub async fn of_64_rotations_to_different_successors_one_is_done_and_the_family_ends(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;

    let rotations = at_once(64, |i| {
        let world = world.clone();
        async move { world.refresh("r1", ROTATE, &format!("fork{i}"), START).await }
    })
    .await;

    assert_eq!(rotations.iter().filter(|r| matches!(r, Redeemed::Done(_))).count(), 1);
    assert_eq!(rotations.iter().filter(|r| matches!(r, Redeemed::Replayed { .. })).count(), 1);
    assert!(!world.access_is_good("g", START).await);
    for i in 0..64 {
        assert!(!world.refresh_is_good(&format!("fork{i}"), START).await);
    }
}

/// A thief's client cannot sign the owner out.
pub async fn another_client_cannot_end_a_family_by_reuse(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    done(world.refresh("r1", ROTATE, "r2", START).await);

    let proof = proof_of_token(OTHER_APP, ROTATE);
    let refusal = world.refresh_with("r1", proof, &issued("r2"), START + DAY).await.unwrap();

    refused(&refusal, Unfit::Refresh(RefreshUnfit::OtherClient));
    assert!(world.refresh_is_good("r2", START).await);
}

/// The caller forgot what goes out: a fault, and the token is not spent.
pub async fn a_rotation_without_a_successor_breaks_without_effect(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r1").await;
    world.family(&grant("g2"), "taken").await;
    let proof = proof_of_token(APP, ROTATE);

    assert!(world.refresh_with("r1", proof.clone(), &Issued { refresh: None }, START).await.is_err());
    assert!(world.refresh_with("r1", proof, &issued("taken"), START).await.is_err());

    done(world.refresh("r1", ROTATE, "r2", START).await);
}
