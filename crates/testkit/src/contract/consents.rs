//! What people have allowed clients.

use std::collections::BTreeSet;
use std::sync::Arc;

use hallpass_server::entity::consent::Consent;
use hallpass_server::store::{Store, Unfit};

use super::world::*;

fn consent(user_id: &str, client_id: &str, text: &str) -> Consent {
    Consent {
        user_id: user_id.to_owned(),
        client_id: client_id.to_owned(),
        scope: scope(text),
        claims: BTreeSet::new(),
        granted_at: START,
    }
}

/// For one person and one client.
pub async fn a_consent_is_found(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let given = consent(ADA, APP, "openid read");

    world.0.put_consent(&given).await.unwrap();

    assert_eq!(world.0.consent(ADA, APP).await.unwrap(), Some(given));
    assert_eq!(world.0.consent(ADA, OTHER_APP).await.unwrap(), None);
    assert_eq!(world.0.consent("bob", APP).await.unwrap(), None);
}

/// The scope is added to the one that is there.
pub async fn a_wider_consent_keeps_the_date_of_the_first(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_consent(&consent(ADA, APP, "openid read")).await.unwrap();

    let later = Consent { granted_at: START + DAY, ..consent(ADA, APP, "write read") };
    world.0.put_consent(&later).await.unwrap();

    assert_eq!(world.0.consent(ADA, APP).await.unwrap(), Some(consent(ADA, APP, "openid read write")));
}

/// Claims beside those of the scope are added as well, whether or not the scope says anything new.
pub async fn the_claims_of_a_wider_consent_are_added(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let with = |claims: &[&str]| Consent {
        claims: claims.iter().map(|name| (*name).to_owned()).collect(),
        ..consent(ADA, APP, "openid")
    };
    world.0.put_consent(&with(&["email", "name"])).await.unwrap();

    world.0.put_consent(&with(&["phone_number", "email"])).await.unwrap();
    world.0.put_consent(&consent(ADA, APP, "read")).await.unwrap();

    let all = Consent { scope: scope("openid read"), ..with(&["email", "name", "phone_number"]) };
    assert_eq!(world.0.consent(ADA, APP).await.unwrap(), Some(all.clone()));
    assert_eq!(world.0.consents(ADA).await.unwrap(), [all]);
}

/// Reading and adding is one step.
pub async fn consents_of_64_requests_at_once_are_all_there(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    at_once(64, |i| {
        let store = world.0.clone();
        async move { store.put_consent(&consent(ADA, APP, &format!("s{i}"))).await.unwrap() }
    })
    .await;

    let all = world.0.consent(ADA, APP).await.unwrap().expect("a consent").scope;
    assert_eq!(all.len(), 64);
}

/// By `client_id`, for the account page.
pub async fn a_person_sees_all_clients_they_allowed_and_nobody_elses(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    for (person, client) in [(ADA, "c2"), (ADA, "c1"), ("ad", "c3"), ("adam", "c4"), ("adb", "c5")] {
        world.0.put_consent(&consent(person, client, "read")).await.unwrap();
    }

    let seen = world.0.consents(ADA).await.unwrap();

    assert_eq!(seen, [consent(ADA, "c1", "read"), consent(ADA, "c2", "read")]);
    assert_eq!(world.0.consents("nobody").await.unwrap(), []);
}

/// Everything that the person gave the client ends, offline or not, code or grant.
pub async fn withdrawing_a_consent_ends_grants_and_codes(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_consent(&consent(ADA, APP, "openid read write")).await.unwrap();
    world.family(&grant("g1"), "r1").await;
    world.0.start_session(&session("s", "sid"), None, START).await.unwrap();
    world.family(&grant_in("g2", "sid"), "r2").await;
    world.issue(&code("fresh", grant("g3"))).await;
    world.issue(&code("spent", grant("g4"))).await;
    done(world.redeem("spent", "r4", START).await);

    world.0.withdraw_consent(ADA, APP, START + 1).await.unwrap();

    assert_eq!(world.0.consent(ADA, APP).await.unwrap(), None);
    for (id, token) in [("g1", "r1"), ("g2", "r2"), ("g4", "r4")] {
        assert!(
            !world.access_is_good(id, START + 1).await && !world.refresh_is_good(token, START + 1).await,
            "{id}"
        );
    }
    refused(&world.redeem("fresh", "r3", START + 1).await, Unfit::Unknown);
    replayed(&world.redeem("spent", "r5", START + 1).await, "g4");
    world.family(&grant("g6"), "r6").await;
    assert!(world.access_is_good("g6", START + 2).await, "what is given later is not touched");
}

/// One person, one client.
pub async fn withdrawing_leaves_other_people_and_clients(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_user(&user("bob")).await.unwrap();
    let mut elsewhere = grant("g1");
    elsewhere.client_id = OTHER_APP.to_owned();
    let mut bobs = grant("g2");
    bobs.user_id = "bob".to_owned();
    world.family(&elsewhere, "r1").await;
    world.family(&bobs, "r2").await;
    for (person, client) in [(ADA, OTHER_APP), ("bob", APP)] {
        world.0.put_consent(&consent(person, client, "read")).await.unwrap();
    }

    world.0.withdraw_consent(ADA, APP, START).await.unwrap();

    assert!(world.access_is_good("g1", START).await && world.access_is_good("g2", START).await);
    assert!(world.0.consent(ADA, OTHER_APP).await.unwrap().is_some());
    assert!(world.0.consent("bob", APP).await.unwrap().is_some());
}
