//! Grants and refresh tokens that are kept — RFC 6749 §6.

use std::sync::Arc;

use hallpass_server::entity::grant::{Grant, RefreshOutcome};
use hallpass_server::entity::refresh::{RefreshProof, RefreshUnfit, Rotation};
use hallpass_server::store::{Issued, Store, Unfit};

use super::world::*;

/// FAPI 2.0 §5.3.2.1: no rotation; each use moves the end.
pub async fn a_kept_token_stays_good_and_its_expiry_moves(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    let authority = done(world.refresh("r", Rotation::Keep, "r", START + DAY - 1).await);

    assert_eq!((authority.refresh, authority.nonce), (RefreshOutcome::Kept, None));
    assert_eq!((authority.grant, authority.user.id.as_str()), (grant("g"), ADA));
    let (token, ..) = world.0.refresh_token(digest("r"), START + DAY).await.unwrap().expect("still good");
    assert_eq!(token.expires_at, START + 2 * DAY - 1);
    done(world.refresh("r", Rotation::Keep, "r", START + DAY).await);
    let proof = proof_of_token(APP, Rotation::Keep);
    done(world.refresh_with("r", proof, &Issued { refresh: None }, START + DAY).await.unwrap());
    assert!(world.refresh_is_good("r", START + 2 * DAY - 1).await);
}

/// The last second before `expires_at` is good, `expires_at` is not.
pub async fn a_refresh_token_ends_at_its_expiry_by_the_time_given(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    assert!(world.refresh_is_good("r", START + DAY - 1).await);
    assert!(!world.refresh_is_good("r", START + DAY).await);
    for rotation in [Rotation::Keep, ROTATE] {
        let refusal = world.refresh("r", rotation, "next", START + DAY).await;
        refused(&refusal, Unfit::Refresh(RefreshUnfit::Expired));
    }
    assert!(!world.refresh_is_good("next", START + DAY).await);
    done(world.refresh("r", Rotation::Keep, "r", START + DAY - 1).await);
}

/// §6: a narrower scope is for this access token alone.
pub async fn a_narrower_scope_is_given_and_the_grant_keeps_its_own(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;
    let read = scope("read");
    let proof = RefreshProof { scope: Some(&read), ..proof_of_token(APP, Rotation::Keep) };

    let authority = done(world.refresh_with("r", proof, &issued("r"), START).await.unwrap());

    assert_eq!((authority.scope, authority.grant.scope), (read, grant("g").scope));
    assert_eq!(done(world.refresh("r", Rotation::Keep, "r", START).await).scope, grant("g").scope);
}

/// §6: the scope "MUST NOT include any scope not originally granted".
pub async fn a_scope_beyond_the_grant_is_refused_without_effect(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;
    let admin = scope("read admin");

    for rotation in [Rotation::Keep, ROTATE] {
        let proof = RefreshProof { scope: Some(&admin), ..proof_of_token(APP, rotation) };
        let refusal = world.refresh_with("r", proof, &issued_at("next", START + 9), START + 9).await.unwrap();
        refused(&refusal, Unfit::Refresh(RefreshUnfit::ScopeBeyondGrant));
    }

    let (token, ..) = world.0.refresh_token(digest("r"), START).await.unwrap().expect("still good");
    assert_eq!(token.expires_at, START + DAY);
    assert!(!world.refresh_is_good("next", START).await);
}

/// What was taken out of the client's registration is not given, and the token is there when it comes back.
pub async fn a_scope_that_was_withdrawn_is_refused_without_effect(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;
    let (registered, read) = (scope("openid read"), scope("read"));

    for rotation in [Rotation::Keep, ROTATE] {
        let proof = RefreshProof { registered: &registered, ..proof_of_token(APP, rotation) };
        let refusal = world.refresh_with("r", proof, &issued_at("next", START + 9), START + 9).await.unwrap();
        refused(&refusal, Unfit::Refresh(RefreshUnfit::ScopeWithdrawn));
    }

    let (token, ..) = world.0.refresh_token(digest("r"), START).await.unwrap().expect("still good");
    assert_eq!(token.expires_at, START + DAY);
    let proof =
        RefreshProof { registered: &registered, scope: Some(&read), ..proof_of_token(APP, Rotation::Keep) };
    assert_eq!(done(world.refresh_with("r", proof, &issued("r"), START).await.unwrap()).scope, read);
    done(world.refresh("r", ROTATE, "next", START).await);
}

/// §6: "the authorization server MUST … ensure that the refresh token was issued to the authenticated client".
pub async fn another_client_cannot_use_a_refresh_token(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    for rotation in [Rotation::Keep, ROTATE] {
        let proof = proof_of_token(OTHER_APP, rotation);
        let refusal = world.refresh_with("r", proof, &issued("next"), START).await.unwrap();
        refused(&refusal, Unfit::Refresh(RefreshUnfit::OtherClient));
    }

    assert!(world.refresh_is_good("r", START).await);
    assert!(!world.refresh_is_good("next", START).await);
}

/// There is nothing to use.
pub async fn an_unknown_refresh_token_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    refused(&world.refresh("r", Rotation::Keep, "r", START).await, Unfit::Unknown);
    refused(&world.refresh("r", ROTATE, "r2", START).await, Unfit::Unknown);
    assert!(!world.refresh_is_good("r", START).await && !world.refresh_is_good("r2", START).await);
}

/// The account was switched off since the last use.
pub async fn a_disabled_person_cannot_refresh_and_the_token_stays(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;
    world.disable(ADA).await;

    for rotation in [Rotation::Keep, ROTATE] {
        refused(&world.refresh("r", rotation, "next", START + 9).await, Unfit::User);
    }

    world.0.put_user(&user(ADA)).await.unwrap();
    let (token, ..) = world.0.refresh_token(digest("r"), START).await.unwrap().expect("still good");
    assert_eq!(token.expires_at, START + DAY);
    assert!(!world.refresh_is_good("next", START).await);
}

/// A disabled account ends what depends on it for as long as it is disabled.
pub async fn a_disabled_person_has_no_good_tokens_until_enabled_again(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    world.disable(ADA).await;
    assert!(!world.access_is_good("g", START).await && !world.refresh_is_good("r", START).await);

    world.0.put_user(&user(ADA)).await.unwrap();
    assert!(world.access_is_good("g", START).await && world.refresh_is_good("r", START).await);
}

/// A grant has an end of its own, however often it is refreshed.
pub async fn a_grant_ends_at_its_expiry_with_all_its_tokens(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&Grant { expires_at: START + 100, ..grant("g") }, "r").await;

    assert!(world.access_is_good("g", START + 99).await && world.refresh_is_good("r", START + 99).await);
    assert!(!world.access_is_good("g", START + 100).await && !world.refresh_is_good("r", START + 100).await);
    let refusal = world.refresh("r", Rotation::Keep, "r", START + 100).await;
    refused(&refusal, Unfit::Refresh(RefreshUnfit::GrantEnded));
}

/// The password grant and the implicit grant have no code.
pub async fn a_recorded_grant_is_there_with_its_refresh_token(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    world.0.record_grant(&grant("g1"), &issued("r")).await.unwrap();
    world.0.record_grant(&grant("g2"), &Issued { refresh: None }).await.unwrap();

    let (token, of, person) =
        world.0.refresh_token(digest("r"), START).await.unwrap().expect("a refresh token");
    assert_eq!((token.grant_id.as_str(), of, person.id.as_str()), ("g1", grant("g1"), ADA));
    assert!(world.access_is_good("g1", START).await && world.access_is_good("g2", START).await);
}

/// An id stands for one grant, a digest for one token; where one is taken, nothing is recorded.
pub async fn a_grant_is_recorded_once(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("g"), "r").await;

    assert!(world.0.record_grant(&grant("g"), &issued("r2")).await.is_err());
    assert!(world.0.record_grant(&grant("g2"), &issued("r")).await.is_err());

    assert!(!world.refresh_is_good("r2", START).await && !world.access_is_good("g2", START).await);
    assert_eq!(world.0.refresh_token(digest("r"), START).await.unwrap().expect("still good").1.id, "g");
}
