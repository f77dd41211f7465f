//! The server's own keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::secret::Secret;
use hallpass_server::entity::key::{KeyPurpose, KeyRecord};
use hallpass_server::store::Store;

use super::world::*;

pub(super) fn key(kid: &str, purpose: KeyPurpose, age: i64) -> KeyRecord {
    KeyRecord {
        kid: kid.to_owned(),
        purpose,
        material: Secret::new(kid.as_bytes().to_vec()),
        created_at: START - age,
    }
}

/// 32 nodes make a key each; all of them use the same one.
pub async fn nodes_that_start_together_agree_on_one_key(store: Arc<dyn Store>) {
    let purpose = KeyPurpose::Sign(SigningAlg::Es256);

    let answers = at_once(32, |i| {
        let store = store.clone();
        async move { store.ensure_key(&key(&format!("k{i}"), purpose, 0)).await.unwrap() }
    })
    .await;

    let agreed: BTreeSet<_> = answers.iter().map(|key| key.kid.as_str()).collect();
    assert_eq!(agreed.len(), 1);
    let kept = store.keys().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].kid, &kept[0].material), (&answers[0].kid, &answers[0].material));
    assert_eq!(kept[0].material.expose(), kept[0].kid.as_bytes());
}

/// One for each, the oldest first.
pub async fn keys_for_different_purposes_stand_side_by_side(store: Arc<dyn Store>) {
    let purposes =
        [KeyPurpose::Sign(SigningAlg::Es256), KeyPurpose::Sign(SigningAlg::Rs256), KeyPurpose::Seal];
    for (kid, purpose, age) in [("b", purposes[0], 1), ("a", purposes[1], 3), ("c", purposes[2], 2)] {
        assert_eq!(store.ensure_key(&key(kid, purpose, age)).await.unwrap().kid, kid);
    }

    let kept = store.keys().await.unwrap();

    assert_eq!(kept.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["a", "c", "b"]);
    assert_eq!(kept[1].purpose, KeyPurpose::Seal);
    assert_eq!(kept[2].created_at, START - 1);
}

/// RFC 7517 §4.5: a `kid` chooses one key.
pub async fn a_kid_is_not_given_twice(store: Arc<dyn Store>) {
    store.ensure_key(&key("k", KeyPurpose::Seal, 0)).await.unwrap();

    assert!(store.ensure_key(&key("k", KeyPurpose::Sign(SigningAlg::Es256), 0)).await.is_err());
    assert_eq!(store.keys().await.unwrap().len(), 1);
}
