//! Clients that register themselves, the tokens that let them, and clients that go.

use std::sync::Arc;

use hallpass_server::entity::client::Client;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::registration_token::RegistrationToken;
use hallpass_server::store::{Registered, Store, Unfit};

use super::world::*;

fn client(client_id: &str, name: &str) -> Client {
    Client { client_name: name.to_owned(), ..Client::new(client_id, START) }
}

fn token(id: &str, uses_left: Option<u32>) -> RegistrationToken {
    RegistrationToken {
        digest: digest(id),
        id: id.to_owned(),
        label: format!("for {id}"),
        uses_left,
        expires_at: Some(START + DAY),
        created_at: START,
    }
}

async fn uses_left(store: &Arc<dyn Store>, id: &str) -> Option<u32> {
    let all = store.registration_tokens().await.unwrap();
    all.into_iter().find(|token| token.id == id).expect("a token").uses_left
}

/// Under an id that nobody has.
pub async fn a_client_is_registered_once(store: Arc<dyn Store>) {
    assert_eq!(store.register_client(&client(APP, "first"), None, START).await.unwrap(), Registered::Done);

    assert!(store.register_client(&client(APP, "second"), None, START).await.is_err());

    assert_eq!(store.client(APP).await.unwrap(), Some(client(APP, "first")));
}

/// However many come with it at once.
pub async fn a_token_is_good_for_its_uses(store: Arc<dyn Store>) {
    store.issue_registration_token(&token("t", Some(3))).await.unwrap();

    let answers = at_once(32, |i| {
        let store = store.clone();
        async move {
            let new = client(&format!("c{i}"), "new");
            store.register_client(&new, Some(digest("t")), START).await.unwrap()
        }
    })
    .await;

    let done = answers.iter().filter(|answer| **answer == Registered::Done).count();
    assert_eq!((done, store.clients().await.unwrap().len()), (3, 3));
    assert_eq!(uses_left(&store, "t").await, Some(0));
}

/// Unknown, spent, or too old by the time given: nothing is recorded.
pub async fn a_token_that_is_no_good_registers_nothing(store: Arc<dyn Store>) {
    store.issue_registration_token(&token("t", Some(0))).await.unwrap();
    store.issue_registration_token(&token("any", None)).await.unwrap();

    for (name, now) in [("t", START), ("any", START + DAY), ("unknown", START)] {
        let answer = store.register_client(&client(APP, "new"), Some(digest(name)), now).await.unwrap();
        assert_eq!(answer, Registered::TokenUnfit, "{name}");
    }
    assert_eq!(store.clients().await.unwrap(), []);

    let last = START + DAY - 1;
    for id in ["a", "b"] {
        let answer = store.register_client(&client(id, "new"), Some(digest("any")), last).await.unwrap();
        assert_eq!(answer, Registered::Done, "any number of times");
    }
    assert_eq!(uses_left(&store, "any").await, None);
}

/// Both or neither.
pub async fn a_registration_that_breaks_spends_no_use(store: Arc<dyn Store>) {
    store.issue_registration_token(&token("t", Some(1))).await.unwrap();
    store.put_client(&client(APP, "there")).await.unwrap();

    assert!(store.register_client(&client(APP, "new"), Some(digest("t")), START).await.is_err());

    assert_eq!(uses_left(&store, "t").await, Some(1));
    assert_eq!(store.client(APP).await.unwrap(), Some(client(APP, "there")));
}

/// As they were issued, the oldest first; what is revoked is gone, and its digest opens nothing.
pub async fn tokens_are_listed_and_revoked(store: Arc<dyn Store>) {
    let old = RegistrationToken { created_at: START - 1, expires_at: None, ..token("z", None) };
    store.issue_registration_token(&token("t", Some(7))).await.unwrap();
    store.issue_registration_token(&old).await.unwrap();
    assert!(store.issue_registration_token(&token("t", Some(9))).await.is_err());

    assert_eq!(store.registration_tokens().await.unwrap(), [old.clone(), token("t", Some(7))]);
    assert_eq!(store.registration_token(digest("t")).await.unwrap(), Some(token("t", Some(7))));
    assert_eq!(store.registration_token(digest("z")).await.unwrap(), Some(old.clone()));
    assert_eq!(store.registration_token(digest("unknown")).await.unwrap(), None);

    assert!(store.revoke_registration_token("t").await.unwrap());
    assert!(!store.revoke_registration_token("t").await.unwrap());
    assert_eq!(store.registration_tokens().await.unwrap(), [old]);
    assert_eq!(store.registration_token(digest("t")).await.unwrap(), None);
    let answer = store.register_client(&client(APP, "new"), Some(digest("t")), START).await.unwrap();
    assert_eq!(answer, Registered::TokenUnfit);
}

/// One of many at once changes what all of them have seen.
pub async fn of_16_updates_at_once_one_is_done(store: Arc<dyn Store>) {
    let before = client(APP, "before");
    store.put_client(&before).await.unwrap();

    let answers = at_once(16, |i| {
        let (store, before) = (store.clone(), before.clone());
        async move {
            let after = client(APP, &format!("after {i}"));
            (store.update_client(&before, &after).await.unwrap(), after)
        }
    })
    .await;

    let done: Vec<_> = answers.into_iter().filter(|(done, _)| *done).map(|(_, after)| after).collect();
    assert_eq!(done.len(), 1);
    assert_eq!(store.client(APP).await.unwrap(), done.into_iter().next());
}

/// Neither by an update that comes late, nor by one of something else.
pub async fn a_client_that_is_gone_does_not_come_back(store: Arc<dyn Store>) {
    let before = client(APP, "before");
    store.put_client(&before).await.unwrap();
    assert!(store.delete_client(APP, START).await.unwrap());

    assert!(!store.update_client(&before, &client(APP, "after")).await.unwrap());
    assert!(!store.delete_client(APP, START).await.unwrap());

    assert_eq!(store.client(APP).await.unwrap(), None);
}

/// Grants, tokens, codes and consents of everybody; a new client of that id has none of them.
pub async fn a_client_takes_what_it_was_given_along(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_user(&user("bob")).await.unwrap();
    world.0.put_client(&client(APP, "app")).await.unwrap();
    let mut bobs = grant("g2");
    bobs.user_id = "bob".to_owned();
    let mut elsewhere = grant("g3");
    elsewhere.client_id = OTHER_APP.to_owned();
    for (grant, token) in [(grant("g1"), "r1"), (bobs, "r2"), (elsewhere, "r3")] {
        world.family(&grant, token).await;
    }
    world.issue(&code("fresh", grant("g4"))).await;
    let consent = |user_id: &str, client_id: &str| Consent {
        user_id: user_id.to_owned(),
        client_id: client_id.to_owned(),
        scope: scope("read"),
        claims: Default::default(),
        granted_at: START,
    };
    for given in [consent(ADA, APP), consent("bob", APP), consent(ADA, OTHER_APP)] {
        world.0.put_consent(&given).await.unwrap();
    }

    assert!(world.0.delete_client(APP, START + 1).await.unwrap());

    world.0.put_client(&client(APP, "another")).await.unwrap();
    for (id, token) in [("g1", "r1"), ("g2", "r2")] {
        assert!(!world.access_is_good(id, START + 1).await && !world.refresh_is_good(token, START + 1).await);
    }
    refused(&world.redeem("fresh", "r4", START + 1).await, Unfit::Unknown);
    for person in [ADA, "bob"] {
        assert_eq!(world.0.consent(person, APP).await.unwrap(), None);
    }
    assert!(world.access_is_good("g3", START + 1).await && world.refresh_is_good("r3", START + 1).await);
    assert_eq!(world.0.consents(ADA).await.unwrap(), [consent(ADA, OTHER_APP)]);
}
