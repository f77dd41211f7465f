//! The server's own keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::secret::Secret;
use hallpass_server::entity::key::{KeyPurpose, KeyRecord, Material};
use hallpass_server::entity::key_set::KeyChange;
use hallpass_server::store::{KeysChanged, Store};

use super::world::*;

const SIGN: KeyPurpose = KeyPurpose::Sign(SigningAlg::Es256);

pub(super) fn key(kid: &str, purpose: KeyPurpose, age: i64) -> KeyRecord {
    KeyRecord::new(kid.to_owned(), purpose, Secret::new(kid.as_bytes().to_vec()), START - age)
}

fn kids(keys: &[KeyRecord]) -> Vec<&str> {
    keys.iter().map(|key| key.kid.as_str()).collect()
}

/// 32 nodes make a key each; all of them use the same one.
pub async fn nodes_that_start_together_agree_on_one_key(store: Arc<dyn Store>) {
    let answers = at_once(32, |i| {
        let store = store.clone();
        async move { store.ensure_key(&key(&format!("k{i}"), SIGN, 0)).await.unwrap() }
    })
    .await;

    let agreed: BTreeSet<_> = answers.iter().map(|key| key.kid.as_str()).collect();
    assert_eq!(agreed.len(), 1);
    let kept = store.keys().await.unwrap().keys;
    assert_eq!(kept, answers[..1]);
    assert_eq!(kept[0].material, Material::Plain(Secret::new(kept[0].kid.as_bytes().to_vec())));
}

/// One for each, the oldest first.
pub async fn keys_for_different_purposes_stand_side_by_side(store: Arc<dyn Store>) {
    let purposes = [SIGN, KeyPurpose::Sign(SigningAlg::Rs256), KeyPurpose::Seal];
    for (kid, purpose, age) in [("b", purposes[0], 1), ("a", purposes[1], 3), ("c", purposes[2], 2)] {
        assert_eq!(store.ensure_key(&key(kid, purpose, age)).await.unwrap().kid, kid);
    }

    let kept = store.keys().await.unwrap().keys;

    assert_eq!(kids(&kept), ["a", "c", "b"]);
    assert_eq!(kept[1].purpose, KeyPurpose::Seal);
    assert_eq!(kept[2].created_at, START - 1);
}

/// RFC 7517 §4.5: a `kid` chooses one key.
pub async fn a_kid_is_not_given_twice(store: Arc<dyn Store>) {
    store.ensure_key(&key("k", KeyPurpose::Seal, 0)).await.unwrap();

    assert!(store.ensure_key(&key("k", SIGN, 0)).await.is_err());
    assert_eq!(store.keys().await.unwrap().keys.len(), 1);
}

/// What is put comes back in every part, and what is removed is gone.
pub async fn a_change_is_made_whole(store: Arc<dyn Store>) {
    for kid in ["a", "b"] {
        let purpose = if kid == "a" { SIGN } else { KeyPurpose::Seal };
        store.ensure_key(&key(kid, purpose, 9)).await.unwrap();
    }
    let before = store.keys().await.unwrap();
    let retiring =
        KeyRecord { used_until: Some(START + 5), ends_at: Some(START + 7), ..before.keys[0].clone() };
    let sealed = Material::Sealed { by: "master".to_owned(), bytes: vec![0, 255, 7] };
    let next = KeyRecord { material: sealed, used_from: START + 5, ..key("c", SIGN, 0) };
    let put = vec![retiring, next];
    let change = KeyChange { remove: vec!["b".to_owned(), "unknown".to_owned()], put, ..before.unchanged() };

    assert_eq!(store.change_keys(&change).await.unwrap(), KeysChanged::Done);

    let after = store.keys().await.unwrap();
    assert_eq!((after.generation, &after.keys), (before.generation + 1, &change.put));
}

/// Of 32 that decided about the same keys one is right; the others must look again.
pub async fn of_many_changes_to_the_same_keys_one_is_made(store: Arc<dyn Store>) {
    store.ensure_key(&key("k", SIGN, 9)).await.unwrap();
    let seen = store.keys().await.unwrap();

    let answers = at_once(32, |i| {
        let store = store.clone();
        let next = KeyRecord { used_from: START + 60, ..key(&format!("next {i}"), SIGN, 0) };
        let change = seen.rotate(next, Some(60), START).unwrap();
        async move { store.change_keys(&change).await.unwrap() }
    })
    .await;

    assert_eq!(answers.iter().filter(|answer| **answer == KeysChanged::Done).count(), 1);
    let after = store.keys().await.unwrap();
    assert_eq!((after.generation, after.keys.len()), (seen.generation + 1, 2));
    assert_eq!(after.find("k").unwrap().used_until, Some(START + 60));
}

/// Nodes that signed with different ones would publish different ones.
pub async fn a_purpose_has_one_newest_key(store: Arc<dyn Store>) {
    store.ensure_key(&key("a", SIGN, 0)).await.unwrap();
    let seen = store.keys().await.unwrap();

    let two = KeyChange { put: vec![key("b", SIGN, 0)], ..seen.unchanged() };
    assert!(store.change_keys(&two).await.is_err());
    assert_eq!(store.keys().await.unwrap(), seen);
}
