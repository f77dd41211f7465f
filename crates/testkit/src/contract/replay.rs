//! What is good once.

use std::sync::Arc;

use hallpass_server::store::{REPLAY_KEPT, Store, Use};

use super::world::*;

/// A second use is one, whenever it comes, and another thing is another.
pub async fn a_second_use_is_told(store: Arc<dyn Store>) {
    let uses =
        [("a", Use::First), ("a", Use::Again), ("b", Use::First), ("b", Use::Again), ("a", Use::Again)];

    for (name, expected) in uses {
        assert_eq!(store.use_once(digest(name), START + 60).await.unwrap(), expected, "{name}");
    }
}

/// However many come at once.
pub async fn of_64_uses_at_once_one_is_the_first(store: Arc<dyn Store>) {
    let uses = at_once(64, |_| {
        let store = store.clone();
        async move { store.use_once(digest("a"), START + 60).await.unwrap() }
    })
    .await;

    assert_eq!(uses.iter().filter(|used| **used == Use::First).count(), 1);
}

/// It is remembered as long as it could be used, and a while longer; then it goes.
pub async fn a_use_is_forgotten_when_it_means_nothing_any_more(store: Arc<dyn Store>) {
    for name in ["a", "b", "c"] {
        store.use_once(digest(name), START + 60).await.unwrap();
    }
    store.use_once(digest("later"), START + 61).await.unwrap();
    let end = START + 60 + REPLAY_KEPT;

    assert_eq!(store.sweep(10, end - 1).await.unwrap(), 0);
    assert_eq!(store.use_once(digest("a"), START + 60).await.unwrap(), Use::Again);
    assert_eq!(store.sweep(2, end).await.unwrap(), 2);
    assert_eq!(store.sweep(2, end).await.unwrap(), 1);
    assert_eq!(store.use_once(digest("a"), START + 60).await.unwrap(), Use::First);
    assert_eq!(store.use_once(digest("later"), START + 61).await.unwrap(), Use::Again);
}
