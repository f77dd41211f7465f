//! Private keys in the store, sealed under a master key.

use std::sync::Arc;

use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::secret::Secret;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::entity::key::{KeyRecord, Material};
use hallpass_server::entity::key_set::KeyChange;
use hallpass_server::fault::Fault;
use hallpass_server::keys::{Lifecycle, MasterKey, MasterKeys};
use hallpass_server::store::Store;
use hallpass_server::store::memory::MemoryStore;
use hallpass_testkit::clock::test_env;
use hallpass_testkit::issuer::ISSUER;

use super::*;

fn master(digit: char) -> MasterKey {
    MasterKey::parse(&Secret::from(digit.to_string().repeat(64))).expect("a master key")
}

fn only(digit: char) -> MasterKeys {
    MasterKeys::new(master(digit), vec![])
}

async fn start(store: &Arc<dyn Store>, master_keys: MasterKeys) -> Result<Server, Fault> {
    let config = Config::new(Issuer::parse(ISSUER).expect("an issuer"));
    Server::builder(config, test_env().0, store.clone()).master_keys(master_keys).build().await
}

async fn keys(store: &Arc<dyn Store>) -> Vec<KeyRecord> {
    store.keys().await.expect("the store works").keys
}

fn sealed_by(keys: &[KeyRecord]) -> BTreeSet<Option<&str>> {
    assert!(!keys.is_empty());
    keys.iter()
        .map(|key| match &key.material {
            Material::Sealed { by, .. } => Some(by.as_str()),
            Material::Plain(_) => None,
        })
        .collect()
}

/// With a master key, no key stands in the store as it is, neither the first ones nor those that follow.
#[tokio::test]
async fn every_key_is_sealed() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let server = start(&store, only('1')).await.expect("starts");
    server.keys().rotate(ES256, 60).await.expect("rotates");

    let kept = keys(&store).await;

    assert_eq!(sealed_by(&kept), BTreeSet::from([Some(master('1').id())]));
    for key in &kept {
        let opened = only('1').open(key).expect("opens");
        let Material::Sealed { bytes, .. } = &key.material else { panic!("sealed") };
        assert!(!bytes.windows(16).any(|part| opened.expose().windows(16).any(|other| other == part)));
    }
    start(&store, only('1')).await.expect("starts again");
}

/// A wrong master key, or none, is told before anything is done, and nothing is lost.
#[tokio::test]
async fn a_wrong_master_key_is_told_at_the_start() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    start(&store, only('1')).await.expect("starts");
    let kept = store.keys().await.expect("the store works");

    for (wrong, here) in [(only('2'), master('2').id().to_owned()), (MasterKeys::none(), "none".to_owned())] {
        let Err(Fault::Key(why)) = start(&store, wrong).await else { panic!("does not start") };
        assert!(why.contains(master('1').id()) && why.contains(&here), "{why}");
        assert!(why.contains("nothing has been changed"), "{why}");
    }

    assert_eq!(store.keys().await.expect("the store works"), kept);
    start(&store, only('1')).await.expect("starts");
}

/// A record that was exchanged by whoever may write the database does not pass for the key that it was.
#[tokio::test]
async fn an_altered_record_is_told() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    start(&store, only('1')).await.expect("starts");
    let seen = store.keys().await.expect("the store works");
    let of = |purpose| seen.head(purpose).expect("a key").clone();
    let (seal, derive) = (of(KeyPurpose::Seal), of(KeyPurpose::Derive));
    let put = vec![KeyRecord { material: derive.material, ..seal }];
    store.change_keys(&KeyChange { put, ..seen.unchanged() }).await.expect("changed");

    let Err(Fault::Key(why)) = start(&store, only('1')).await else { panic!("does not start") };

    assert!(why.contains("was altered"), "{why}");
}

/// From plain to sealed, and from one master key to the next, while the server runs: each time the same keys.
#[tokio::test]
async fn the_master_key_comes_and_is_exchanged_without_a_break() {
    let issuer = TestIssuer::start().await;
    let store = issuer.store.clone();
    let old = token(&issuer).await;
    let schedule = issuer.server.keys().schedule;
    assert_eq!(sealed_by(&keys(&store).await), BTreeSet::from([None]));

    // a node with the master key starts beside one without it
    start(&store, only('1')).await.expect("starts on plain keys");
    let rewrap = async |master_keys: MasterKeys| {
        let lifecycle =
            Lifecycle { store: store.as_ref(), env: &issuer.env, master_keys: &master_keys, schedule };
        (lifecycle.rewrap().await.expect("rewraps"), lifecycle.rewrap().await.expect("rewraps"))
    };
    assert_eq!(rewrap(only('1')).await, (4, 0));
    assert_eq!(sealed_by(&keys(&store).await), BTreeSet::from([Some(master('1').id())]));

    assert_eq!(rewrap(MasterKeys::new(master('2'), vec![master('1')])).await, (4, 0));
    assert_eq!(sealed_by(&keys(&store).await), BTreeSet::from([Some(master('2').id())]));
    start(&store, only('2')).await.expect("starts without the first one");

    // the node that has no master key goes on with the keys that it has
    issuer.clock.advance(1);
    assert_eq!(signs(&issuer).await, kid_of(&old));
    assert!(issuer.is_active("service", &old).await);
}

/// An algorithm without a key of its own gets one, sealed as the others, and every node the same.
#[tokio::test]
async fn a_key_that_is_made_on_need_is_sealed_too() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let nodes =
        [start(&store, only('1')).await.expect("starts"), start(&store, only('1')).await.expect("starts")];
    let [a, b] = nodes.each_ref().map(Server::keys);
    let purpose = KeyPurpose::Sign(SigningAlg::Es384);

    let (one, other) = tokio::join!(a.ensure(purpose), b.ensure(purpose));

    let (one, other) = (one.expect("a key"), other.expect("a key"));
    assert_eq!(one, other);
    assert!(matches!(one.material, Material::Sealed { .. }));
}
