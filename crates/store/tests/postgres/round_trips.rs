//! A protocol event asks the database once.

use hallpass_server::entity::code::{Code, GrantRecorded};
use hallpass_server::entity::device::DeviceDecision;
use hallpass_server::entity::refresh::{RefreshProof, Rotation};
use hallpass_server::store::{
    AccessTokenId, Answer, Decided, DeviceIssued, DeviceRedemption, Devices, Grants, Issued, Redeemed,
    RefreshRedemption, Revocation, Users,
};
use hallpass_store::postgres::{Options, PostgresStore};
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::run;

use crate::database::{Database, patient};
use crate::gate::Gate;
use crate::people::{code, device, digest, redeem, rotate, user};

/// Takes one step of each kind; how often the server was asked for each.
async fn take_one_of_each(store: &PostgresStore, gate: &Gate, name: &str) -> Vec<(&'static str, usize)> {
    let mut asked = Vec::new();
    let mut before = gate.asked();
    let mut note = |what| {
        let now = gate.asked();
        asked.push((what, now - std::mem::replace(&mut before, now)));
    };
    let (first, next) = (format!("refresh of {name}"), format!("next of {name}"));
    let (grant_id, jti) = (format!("grant of {name}"), format!("grant of {name}.1"));
    let scope = "read".parse().unwrap();
    let rotation = Rotation::Keep;
    let proof = RefreshProof { client_id: "app", scope: Some(&scope), registered: &scope, rotation };
    let kept = RefreshRedemption { token: digest(&next), proof };
    let id = AccessTokenId { grant_id: Some(&grant_id), jti: &jti };
    let revocation = Revocation::Refresh { token: digest(&next), client_id: "app" };

    let beside = format!("{name} beside tokens");
    store.issue_code(&Code { grant_recorded: GrantRecorded::WithCode, ..code(&beside) }).await.unwrap();
    note("a code goes out beside tokens");
    assert!(matches!(redeem(store, &beside, START).await, Ok(Redeemed::Done(_))));
    note("a code joins its grant");
    store.issue_code(&code(name)).await.unwrap();
    note("a code goes out");
    assert!(matches!(redeem(store, name, START).await, Ok(Redeemed::Done(_))));
    note("a code is redeemed");
    assert!(matches!(rotate(store, &first, &next, START).await, Ok(Redeemed::Done(_))));
    note("a refresh token is rotated");
    let answer: Answer<'_, _> = store.redeem_refresh(&kept, &Issued { refresh: None }, START);
    assert!(matches!(answer.await, Ok(Redeemed::Done(_))));
    note("a refresh token is kept");
    assert!(store.access_token(id, START).await.unwrap().is_some());
    note("an access token is presented");
    assert!(store.refresh_token(digest(&next), START).await.unwrap().is_some());
    note("a refresh token is introspected");
    store.revoke(revocation, START).await.unwrap();
    note("a refresh token is revoked");
    let asks = device(name);
    assert_eq!(store.issue_device(&asks).await.unwrap(), DeviceIssued::Done);
    note("a device code goes out");
    let poll = DeviceRedemption { code: asks.digest, client_id: "app" };
    let nothing = Issued { refresh: None };
    assert!(matches!(store.redeem_device(&poll, &nothing, START).await, Ok(Redeemed::Refused(_))));
    note("a device polls");
    assert!(store.open_device(asks.user_code, START).await.unwrap().is_some());
    note("a user code is typed");
    let grant = code(&format!("device {name}")).grant;
    let yes = DeviceDecision::Approve(Box::new(grant));
    assert_eq!(store.decide_device(asks.digest, &yes, START).await.unwrap(), Decided::Done);
    note("a device is allowed");
    assert!(matches!(store.redeem_device(&poll, &nothing, START).await, Ok(Redeemed::Done(_))));
    note("a device code is redeemed");
    asked
}

#[test]
fn every_protocol_event_is_one_round_trip() {
    let Some(database) = Database::new() else { return };
    run(async {
        let gate = Gate::before(database.address()).await;
        let options = Options { connections: 1, ..patient() };
        let url = database.url_at("127.0.0.1", gate.port());
        let store = PostgresStore::open_with(&url, options).await.unwrap();
        store.put_user(&user("ada")).await.unwrap();
        // The first time, each statement is prepared as well.
        take_one_of_each(&store, &gate, "c1").await;

        for (what, asked) in take_one_of_each(&store, &gate, "c2").await {
            assert_eq!(asked, 1, "{what}");
        }
    });
}
