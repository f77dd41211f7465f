//! Codes: single use, and who may use them — RFC 6749 §4.1.2, §4.1.3, RFC 7636 §4.6, RFC 9700 §4.8.2.

use std::sync::Arc;

use hallpass_server::entity::code::{Code, CodeProof, CodeUnfit};
use hallpass_server::entity::grant::RefreshOutcome;
use hallpass_server::store::{Issued, Store, Unfit};

use super::world::*;

/// The redemption answers with everything that tokens are made of.
pub async fn a_code_gives_its_grant_and_records_the_refresh_token(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;

    let authority = done(world.redeem("c", "r", START).await);

    assert_eq!(authority.grant, grant("g"));
    assert_eq!(authority.user.id, ADA);
    assert_eq!(authority.user.claims, user(ADA).claims);
    assert_eq!(authority.scope, grant("g").scope);
    assert_eq!(authority.nonce.as_deref(), Some("nonce of c"));
    assert_eq!(authority.refresh, RefreshOutcome::Issued);
    let (token, of, person) =
        world.0.refresh_token(digest("r"), START).await.unwrap().expect("a refresh token");
    assert_eq!((token.digest, token.grant_id.as_str(), token.expires_at), (digest("r"), "g", START + DAY));
    assert_eq!((of, person.id.as_str()), (grant("g"), ADA));
    assert!(world.access_is_good("g", START).await);
}

/// Not every redemption gives a refresh token.
pub async fn a_code_without_a_refresh_token_gives_none(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let plain = Code { code_challenge: None, nonce: None, ..code("c", grant("g")) };
    world.issue(&plain).await;

    let proof = CodeProof { code_challenge: None, ..proof("c") };
    let authority = done(world.redeem_with("c", proof, &Issued { refresh: None }, START).await.unwrap());

    assert_eq!((authority.refresh, authority.nonce), (RefreshOutcome::None, None));
    assert!(world.access_is_good("g", START).await);
}

/// RFC 6749 §4.1.2: "The client MUST NOT use the authorization code more than once": 64 at once are 63 too many.
pub async fn of_64_redemptions_at_once_one_is_done_and_the_grant_ends(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;

    of_64_one_is_done(&world, |world, refresh| async move { world.redeem("c", &refresh, START).await }).await;
}

/// §4.1.2: "SHOULD revoke (when possible) all tokens previously issued based on that authorization code."
pub async fn a_second_redemption_ends_every_token_of_the_grant(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;
    done(world.redeem("c", "r1", START).await);
    done(world.refresh("r1", ROTATE, "r2", START + 10).await);

    let second = world.redeem("c", "r3", START + 20).await;

    replayed(&second, "g");
    assert!(!world.access_is_good("g", START + 20).await);
    for token in ["r1", "r2", "r3"] {
        assert!(!world.refresh_is_good(token, START + 20).await, "{token}");
    }
    replayed(&world.redeem("c", "r4", START + 30).await, "g");
}

/// There is nothing to redeem.
pub async fn an_unknown_code_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    refused(&world.redeem("c", "r", START).await, Unfit::Unknown);
    assert!(!world.refresh_is_good("r", START).await);
}

/// §4.1.3: the code "was issued to the authenticated confidential client". A thief must not be able to burn it.
pub async fn another_client_cannot_burn_a_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;

    let stolen = CodeProof { client_id: OTHER_APP, ..proof("c") };
    let refusal = world.redeem_with("c", stolen, &issued("r"), START).await.unwrap();

    refused(&refusal, Unfit::Code(CodeUnfit::OtherClient));
    assert!(!world.refresh_is_good("r", START).await);
    done(world.redeem("c", "r", START).await);
}

/// Nor can a thief who learns an old code end the session of its owner.
pub async fn another_client_cannot_end_the_grant_of_a_spent_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;
    done(world.redeem("c", "r", START).await);

    let stolen = CodeProof { client_id: OTHER_APP, ..proof("c") };
    let refusal = world.redeem_with("c", stolen, &issued("r2"), START).await.unwrap();

    refused(&refusal, Unfit::Code(CodeUnfit::OtherClient));
    assert!(world.refresh_is_good("r", START).await && world.access_is_good("g", START).await);
}

/// §4.1.3: the two "values MUST be identical".
pub async fn a_wrong_redirect_uri_does_not_burn_a_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;

    for redirect_uri in
        [None, Some(""), Some("https://app.example/callback/"), Some("https://thief.example/")]
    {
        let proof = CodeProof { redirect_uri, ..proof("c") };
        let refusal = world.redeem_with("c", proof, &issued("r"), START).await.unwrap();
        refused(&refusal, Unfit::Code(CodeUnfit::RedirectUriDiffers));
    }

    done(world.redeem("c", "r", START).await);
}

/// RFC 7636 §4.6, RFC 9700 §4.8.2. A guess must not cost the owner the code.
pub async fn a_wrong_missing_or_unexpected_verifier_does_not_burn_a_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;
    world.issue(&Code { code_challenge: None, ..code("plain", grant("g2")) }).await;
    let with = |code_challenge| CodeProof { code_challenge, ..proof("c") };

    let wrong = world.redeem_with("c", with(Some(challenge("guess"))), &issued("r"), START).await.unwrap();
    let missing = world.redeem_with("c", with(None), &issued("r"), START).await.unwrap();
    let unexpected =
        world.redeem_with("plain", with(Some(challenge("c"))), &issued("r"), START).await.unwrap();

    refused(&wrong, Unfit::Code(CodeUnfit::VerifierWrong));
    refused(&missing, Unfit::Code(CodeUnfit::VerifierMissing));
    refused(&unexpected, Unfit::Code(CodeUnfit::VerifierUnexpected));
    done(world.redeem("c", "r", START).await);
    done(world.redeem_with("plain", with(None), &issued("r2"), START).await.unwrap());
}

/// The last second before `expires_at` is good, `expires_at` is not, whatever the machine's clock says.
pub async fn a_code_ends_at_its_expiry_by_the_time_given(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("early", grant("g1"))).await;
    world.issue(&code("late", grant("g2"))).await;

    done(world.redeem("early", "r1", START + 59).await);
    refused(&world.redeem("late", "r2", START + 60).await, Unfit::Code(CodeUnfit::Expired));
    assert!(!world.access_is_good("g2", START + 60).await);
}

/// The account was switched off between sign-in and redemption.
pub async fn a_disabled_person_cannot_redeem_and_the_code_stays(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;
    world.disable(ADA).await;

    refused(&world.redeem("c", "r", START).await, Unfit::User);
    assert!(!world.refresh_is_good("r", START).await);

    world.0.put_user(&user(ADA)).await.unwrap();
    done(world.redeem("c", "r", START).await);
}

/// A code for nobody is worth nothing.
pub async fn a_person_who_is_gone_cannot_redeem(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let mut of_nobody = grant("g");
    of_nobody.user_id = "nobody".to_owned();
    world.issue(&code("c", of_nobody)).await;

    refused(&world.redeem("c", "r", START).await, Unfit::User);
}

/// A digest stands for one code.
pub async fn a_code_is_issued_once(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue(&code("c", grant("g"))).await;

    let again = world.0.issue_code(&code("c", grant("g2"))).await;

    assert!(again.is_err());
    assert_eq!(done(world.redeem("c", "r", START).await).grant.id, "g");
}

/// All or nothing: where the refresh token cannot be recorded, the code is not spent.
pub async fn a_redemption_that_breaks_spends_nothing(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("other"), "taken").await;
    world.issue(&code("c", grant("g"))).await;

    let broken = world.redeem_with("c", proof("c"), &issued("taken"), START).await;

    assert!(broken.is_err());
    assert!(!world.access_is_good("g", START).await);
    assert!(world.access_is_good("other", START).await);
    done(world.redeem("c", "r", START).await);
}
