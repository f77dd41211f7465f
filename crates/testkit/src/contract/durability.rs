//! What outlives the process: every step that was answered is there when the data is opened again.

use std::sync::Arc;

use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::device::{DeviceDecision, DeviceUnfit};
use hallpass_server::entity::key::{KeyPurpose, KeyRecord};
use hallpass_server::entity::logout::SessionClient;
use hallpass_server::store::{Decided, KeysChanged, Revoked};

use super::Engine;
use super::devices::{device, waits, yes};
use super::keys::key;
use super::world::*;

/// Closes the store that is open, and opens it again.
async fn reopen(engine: &impl Engine, world: World) -> World {
    assert_eq!(Arc::strong_count(&world.0), 1, "somebody still holds the store");
    drop(world);
    World(engine.open().await)
}

/// One of each kind.
pub async fn everything_is_there_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    let consent = Consent {
        user_id: ADA.to_owned(),
        client_id: APP.to_owned(),
        scope: scope("read"),
        claims: ["email".to_owned()].into(),
        granted_at: START,
    };
    world.issue(&code("c", grant("g1"))).await;
    world.issue(&code_beside_tokens("b", grant("g3"))).await;
    world.family(&grant("g2"), "r2").await;
    world.0.start_session(&session("s", "sid"), None, START).await.unwrap();
    world.0.touch_session(digest("s"), START + 9).await.unwrap();
    world.0.put_consent(&consent).await.unwrap();
    world.0.ensure_key(&key("k", KeyPurpose::Seal, 0)).await.unwrap();

    let world = reopen(&engine, world).await;

    let (token, of, person) =
        world.0.refresh_token(digest("r2"), START).await.unwrap().expect("a refresh token");
    assert_eq!((token.expires_at, of, person.id.as_str()), (START + DAY, grant("g2"), ADA));
    let session = world.0.session(digest("s"), DAY, START).await.unwrap().expect("a session").session;
    assert_eq!((session.sid.as_str(), session.seen_at), ("sid", START + 9));
    assert_eq!(world.0.consent(ADA, APP).await.unwrap(), Some(consent));
    assert_eq!(world.0.ensure_key(&key("k2", KeyPurpose::Seal, 0)).await.unwrap().kid, "k");
    assert_eq!(world.0.user_by_login("ada@example.com").await.unwrap().expect("Ada").id, ADA);
    assert_eq!(done(world.redeem("c", "r1", START).await).grant, grant("g1"));
    assert!(world.access_is_good("g3", START).await);
    assert_eq!(done(world.redeem("b", "r3", START).await).grant, grant("g3"));
}

/// A restart is no second chance.
pub async fn a_spent_code_stays_spent_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    world.issue(&code("c", grant("g"))).await;
    done(world.redeem("c", "r", START).await);

    let world = reopen(&engine, world).await;

    assert!(world.access_is_good("g", START).await && world.refresh_is_good("r", START).await);
    replayed(&world.redeem("c", "r2", START).await, "g");
}

/// A device goes on polling over a restart: what was answered, and how it has polled, is remembered.
pub async fn a_device_code_is_as_it_was_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    for name in ["waiting", "approved", "denied", "redeemed"] {
        world.issue_device(name).await;
    }
    waits(&world.poll("waiting", "r", START).await, DeviceUnfit::Pending);
    assert_eq!(world.decide("approved", yes(grant("g1")), START).await, Decided::Done);
    assert_eq!(world.decide("denied", DeviceDecision::Deny, START).await, Decided::Done);
    assert_eq!(world.decide("redeemed", yes(grant("g2")), START).await, Decided::Done);
    done(world.poll("redeemed", "r2", START).await);

    let world = reopen(&engine, world).await;

    let waiting = world.open_device("waiting", START).await.expect("open");
    assert_eq!((waiting.polled_at, waiting.scope), (Some(START), device("waiting").scope));
    waits(&world.poll("waiting", "r", START + 4).await, DeviceUnfit::TooSoon);
    assert_eq!(done(world.poll("approved", "r1", START).await).grant, grant("g1"));
    waits(&world.poll("denied", "r", START).await, DeviceUnfit::Denied);
    replayed(&world.poll("redeemed", "r3", START).await, "g2");
}

/// Nor does it bring back what was ended, or make an old token the head again.
pub async fn an_ended_grant_stays_ended_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    world.family(&grant("g1"), "r1").await;
    world.family(&grant("g2"), "r2").await;
    assert_eq!(world.revoke_refresh("r1", APP, START).await, Revoked::Done);
    done(world.refresh("r2", ROTATE, "r3", START).await);

    let world = reopen(&engine, world).await;

    assert!(!world.access_is_good("g1", START).await && !world.refresh_is_good("r1", START).await);
    assert!(!world.refresh_is_good("r2", START).await && world.refresh_is_good("r3", START).await);
    replayed(&world.refresh("r2", ROTATE, "r3", START + GRACE + 1).await, "g2");
}

/// RFC 7009 §2: the revocation "takes place immediately", and for good.
pub async fn a_revoked_access_token_stays_revoked_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    world.revoke_access("own.1", START + 600, START).await;

    let world = reopen(&engine, world).await;

    assert!(!world.jti_is_good(None, "own.1", START).await && world.jti_is_good(None, "own.2", START).await);
}

/// What was taken back stays away.
pub async fn a_removed_consent_and_session_stay_away_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    let consent = Consent {
        user_id: ADA.to_owned(),
        client_id: APP.to_owned(),
        scope: scope("read"),
        claims: ["email".to_owned()].into(),
        granted_at: START,
    };
    world.0.put_consent(&consent).await.unwrap();
    world.0.start_session(&session("s", "sid"), None, START).await.unwrap();
    world.issue(&code("c", grant_in("g", "sid"))).await;
    world.0.withdraw_consent(ADA, APP, START).await.unwrap();
    world.0.end_session(digest("s"), START).await.unwrap();

    let world = reopen(&engine, world).await;

    assert_eq!(world.0.consent(ADA, APP).await.unwrap(), None);
    assert!(!world.session_is_good("s", START).await);
    refused(&world.redeem("c", "r", START).await, hallpass_server::store::Unfit::Unknown);
}

/// A sign-out that was answered reaches the clients, whatever happens to the server in between.
pub async fn the_clients_of_a_session_are_told_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    for (name, sid) in [("s1", "sid1"), ("s2", "sid2")] {
        world.0.start_session(&session(name, sid), None, START).await.unwrap();
        let entered = SessionClient {
            sid: sid.to_owned(),
            client_id: APP.to_owned(),
            user_id: ADA.to_owned(),
            expires_at: START + 10 * DAY,
        };
        world.0.enter_session(&entered).await.unwrap();
    }
    world.0.end_session(digest("s1"), START).await.unwrap();

    let world = reopen(&engine, world).await;

    let taken = world.0.take_notices(10, START + DAY + 60, START + DAY).await.unwrap();
    assert_eq!((taken.len(), taken[0].sid.as_str(), taken[0].attempts), (1, "sid1", 2));
    assert_eq!(world.0.end_session(digest("s2"), START).await.unwrap().len(), 1);
}

/// The generation too: what was decided before is not made after.
pub async fn a_change_of_keys_is_there_after_reopening(engine: impl Engine) {
    let world = World::new(engine.open().await).await;
    world.0.ensure_key(&key("k", KeyPurpose::Seal, 0)).await.unwrap();
    let seen = world.0.keys().await.unwrap();
    let next = KeyRecord { used_from: START + 60, ..key("next", KeyPurpose::Seal, 0) };
    let change = seen.rotate(next, None, START).unwrap();
    assert_eq!(world.0.change_keys(&change).await.unwrap(), KeysChanged::Done);
    let after = world.0.keys().await.unwrap();

    let world = reopen(&engine, world).await;

    assert_eq!(world.0.keys().await.unwrap(), after);
    assert_eq!(world.0.change_keys(&change).await.unwrap(), KeysChanged::Overtaken);
}
