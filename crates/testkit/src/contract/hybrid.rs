//! Codes beside which tokens go out: one grant for all of one answer — OpenID Connect Core §3.3.

use std::sync::Arc;

use hallpass_server::entity::code::{Code, CodeProof, CodeState, CodeUnfit};
use hallpass_server::store::{Store, Unfit};

use super::world::*;

/// The access token in the front channel works before the code is redeemed.
pub async fn a_grant_that_is_recorded_with_its_code_is_good_at_once(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;
    world.issue(&code("plain", grant("g2"))).await;

    assert!(world.access_is_good("g", START).await);
    assert!(!world.access_is_good("g2", START).await);
}

/// What the redemption gives descends from the same grant.
pub async fn a_redemption_joins_the_grant_of_its_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;

    let authority = done(world.redeem("c", "r", START).await);

    assert_eq!((authority.grant, authority.user.id.as_str()), (grant("g"), ADA));
    let (_, of, _) = world.0.refresh_token(digest("r"), START).await.unwrap().expect("a refresh token");
    assert_eq!(of, grant("g"));
    assert!(world.access_is_good("g", START).await);
    world.revoke_refresh("r", APP, START).await;
    assert!(!world.access_is_good("g", START).await);
}

/// RFC 6749 §4.1.2: a second use ends all tokens, those of the front channel too.
pub async fn a_second_redemption_ends_what_went_out_beside_the_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;
    done(world.redeem("c", "r", START).await);

    replayed(&world.redeem("c", "r2", START).await, "g");

    assert!(!world.access_is_good("g", START).await && !world.refresh_is_good("r", START).await);
}

/// Single use is as strict as without.
pub async fn of_64_redemptions_that_join_one_is_done_and_the_grant_ends(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;

    of_64_one_is_done(&world, |world, refresh| async move { world.redeem("c", &refresh, START).await }).await;
}

/// Once the grant is ended, its code is worth nothing: it does not bring it back.
pub async fn a_code_whose_grant_was_ended_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;
    end_of_grant(&world).await;

    refused(&world.redeem("c", "r", START).await, Unfit::Code(CodeUnfit::GrantEnded));
    let wrong = CodeProof { redirect_uri: None, ..proof("c") };
    let refusal = world.redeem_with("c", wrong, &issued("r"), START).await.unwrap();
    refused(&refusal, Unfit::Code(CodeUnfit::GrantEnded));
    assert!(!world.access_is_good("g", START).await && !world.refresh_is_good("r", START).await);
}

/// Nor when the grant was cleared away before the code came.
pub async fn a_code_whose_grant_was_ended_is_refused_after_a_sweep(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;
    end_of_grant(&world).await;
    assert_eq!(world.0.sweep(100, START + 1).await.unwrap(), 1, "the grant");

    refused(&world.redeem("c", "r", START + 1).await, Unfit::Code(CodeUnfit::GrantEnded));
    assert!(!world.access_is_good("g", START + 1).await && !world.refresh_is_good("r", START + 1).await);
}

/// A sign-out ends the whole answer.
pub async fn ending_the_session_ends_the_code_and_what_went_out_beside_it(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.start_session(&session("s", "sid"), None, START).await.unwrap();
    world.issue(&code_beside_tokens("c", grant_in("g", "sid"))).await;

    world.0.end_session(digest("s"), START).await.unwrap();

    assert!(!world.access_is_good("g", START).await);
    refused(&world.redeem("c", "r", START).await, Unfit::Unknown);
}

/// So does a consent that is taken back.
pub async fn withdrawing_ends_the_code_and_what_went_out_beside_it(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;

    world.0.withdraw_consent(ADA, APP, START).await.unwrap();

    assert!(!world.access_is_good("g", START).await);
    refused(&world.redeem("c", "r", START).await, Unfit::Unknown);
}

/// Both or neither.
pub async fn a_code_is_recorded_with_its_grant_or_not_at_all(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;
    world.family(&grant("taken"), "r").await;

    assert!(world.0.issue_code(&code_beside_tokens("c", grant("g2"))).await.is_err());
    assert!(world.0.issue_code(&code_beside_tokens("c2", grant("taken"))).await.is_err());

    assert!(!world.access_is_good("g2", START).await);
    refused(&world.redeem("c2", "r2", START).await, Unfit::Unknown);
    done(world.redeem("c", "r3", START).await);
}

/// All or nothing: where the refresh token cannot be recorded, the code is not spent, and the grant goes on.
pub async fn a_redemption_that_cannot_join_spends_nothing(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("other"), "taken").await;
    world.issue(&code_beside_tokens("c", grant("g"))).await;

    assert!(world.redeem_with("c", proof("c"), &issued("taken"), START).await.is_err());

    assert!(world.access_is_good("g", START).await && world.access_is_good("other", START).await);
    done(world.redeem("c", "r", START).await);
}

/// Ends the grant `g` and leaves its codes: by the second use of another code that stands for it.
async fn end_of_grant(world: &World) {
    world.issue(&Code { state: CodeState::Spent(START), ..code("spent", grant("g")) }).await;
    replayed(&world.redeem("spent", "r", START).await, "g");
}
