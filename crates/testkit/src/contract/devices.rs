//! Device codes: one answer, single use, and who may poll — RFC 8628 §3.4, §3.5, §5.

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::device::{DeviceCode, DeviceDecision, DeviceState, DeviceUnfit};
use hallpass_server::entity::grant::{Grant, RefreshOutcome};
use hallpass_server::store::{
    DEVICE_CODE_KEPT, Decided, DeviceIssued, DeviceRedemption, Issued, Redeemed, Store, Unfit,
};

use super::world::*;

/// How long a device code of these clauses is good, in seconds.
const LIFETIME: i64 = 600;

/// A code of this name, with the user code `u` and the name.
pub(super) fn device(name: &str) -> DeviceCode {
    DeviceCode {
        digest: digest(name),
        user_code: digest(&format!("u{name}")),
        client_id: APP.to_owned(),
        scope: scope("openid read write"),
        asked_from: Some([203, 0, 113, 9].into()),
        asked_at: START,
        expires_at: START + LIFETIME,
        interval: 5,
        polled_at: None,
        state: DeviceState::Pending,
    }
}

pub(super) fn yes(grant: Grant) -> DeviceDecision {
    DeviceDecision::Approve(Box::new(grant))
}

impl World {
    pub(super) async fn issue_device(&self, name: &str) {
        let issued = self.0.issue_device(&device(name)).await.expect("an answer");
        assert_eq!(issued, DeviceIssued::Done);
    }

    pub(super) async fn open_device(&self, name: &str, now: Time) -> Option<DeviceCode> {
        self.0.open_device(digest(&format!("u{name}")), now).await.expect("an answer")
    }

    pub(super) async fn decide(&self, name: &str, decision: DeviceDecision, now: Time) -> Decided {
        self.0.decide_device(digest(name), &decision, now).await.expect("an answer")
    }

    /// A code to which Ada has said yes.
    async fn approved(&self, name: &str, grant_id: &str) {
        self.issue_device(name).await;
        assert_eq!(self.decide(name, yes(grant(grant_id)), START).await, Decided::Done);
    }

    /// The device polls, and is to get the refresh token of this name.
    pub(super) async fn poll(&self, name: &str, token: &str, now: Time) -> Redeemed {
        self.poll_as(APP, name, token, now).await
    }

    async fn poll_as(&self, client_id: &str, name: &str, token: &str, now: Time) -> Redeemed {
        let spends = DeviceRedemption { code: digest(name), client_id };
        self.0.redeem_device(&spends, &issued_at(token, now), now).await.expect("an answer")
    }
}

#[track_caller]
pub(super) fn waits(redeemed: &Redeemed, unfit: DeviceUnfit) {
    refused(redeemed, Unfit::Device(unfit));
}

/// What was recorded is what the person is asked about.
pub async fn a_code_is_found_by_its_user_code_while_it_is_open(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    let plain = DeviceCode { asked_from: None, ..device("plain") };
    assert_eq!(world.0.issue_device(&plain).await.unwrap(), DeviceIssued::Done);

    assert_eq!(world.open_device("d", START + LIFETIME - 1).await, Some(device("d")));
    assert_eq!(world.open_device("plain", START).await, Some(plain));
    assert_eq!(world.open_device("d", START + LIFETIME).await, None);
    assert_eq!(world.open_device("other", START).await, None);
}

/// Two codes must not be one to the person who types them.
pub async fn a_user_code_stands_for_one_request(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;

    let same = DeviceCode { user_code: digest("ud"), client_id: OTHER_APP.to_owned(), ..device("second") };
    let again = DeviceCode { user_code: digest("new"), ..device("d") };

    assert_eq!(world.0.issue_device(&same).await.unwrap(), DeviceIssued::UserCodeTaken);
    assert!(world.0.issue_device(&again).await.is_err(), "a digest stands for one code");
    assert_eq!(world.open_device("d", START).await, Some(device("d")));
    refused(&world.poll_as(OTHER_APP, "second", "r", START).await, Unfit::Unknown);
}

/// The device gets everything that tokens are made of, and the grant is there.
pub async fn an_approved_code_gives_its_grant_and_records_the_refresh_token(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;
    assert!(!world.access_is_good("g", START).await, "the grant is recorded with the tokens");

    let authority = done(world.poll("d", "r", START + 5).await);

    assert_eq!((authority.grant, authority.user.id.as_str()), (grant("g"), ADA));
    assert_eq!((authority.scope, authority.nonce), (grant("g").scope, None));
    assert_eq!(authority.refresh, RefreshOutcome::Issued);
    assert!(world.access_is_good("g", START + 5).await && world.refresh_is_good("r", START + 5).await);
}

/// Not every device gets a refresh token.
pub async fn an_approved_code_without_a_refresh_token_gives_none(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;

    let spends = DeviceRedemption { code: digest("d"), client_id: APP };
    let nothing = Issued { refresh: None };
    let authority = done(world.0.redeem_device(&spends, &nothing, START).await.unwrap());

    assert_eq!(authority.refresh, RefreshOutcome::None);
    assert!(world.access_is_good("g", START).await);
}

/// A yes is a consent like any other: it is listed, and can be withdrawn.
pub async fn an_approval_records_the_consent(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let before = Consent {
        user_id: ADA.to_owned(),
        client_id: APP.to_owned(),
        scope: scope("email"),
        claims: [].into(),
        granted_at: START - 9,
    };
    world.0.put_consent(&before).await.unwrap();
    world.approved("d", "g").await;
    world.issue_device("no").await;
    world.decide("no", DeviceDecision::Deny, START).await;

    let after = world.0.consent(ADA, APP).await.unwrap().expect("a consent");

    assert_eq!((after.scope, after.granted_at), (scope("email openid read write"), START - 9));
    assert_eq!(world.0.consents(ADA).await.unwrap().len(), 1);
}

/// Of 64 polls at once one gets the tokens; a second use means that somebody else has the code too.
pub async fn of_64_redemptions_at_once_one_is_done_and_the_grant_ends(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;

    of_64_one_is_done(&world, |world, refresh| async move { world.poll("d", &refresh, START).await }).await;
}

/// Of 32 answers at once one counts, and it is the one that the device gets.
pub async fn of_32_answers_at_once_one_counts(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;

    let answers = at_once(32, |i| {
        let world = world.clone();
        async move {
            let decision = if i % 2 == 0 { yes(grant(&format!("g{i}"))) } else { DeviceDecision::Deny };
            world.decide("d", decision, START).await
        }
    })
    .await;

    let counted: Vec<usize> = (0..32).filter(|i| answers[*i] == Decided::Done).collect();
    assert_eq!(counted.len(), 1);
    match world.poll("d", "r", START).await {
        Redeemed::Done(authority) => assert_eq!(authority.grant.id, format!("g{}", counted[0])),
        refused => {
            assert_eq!(counted[0] % 2, 1);
            waits(&refused, DeviceUnfit::Denied);
        }
    }
}

/// An answer while the device polls is lost to neither: the next poll has it.
pub async fn an_answer_during_polls_is_not_lost(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;

    let polls = at_once(16, |i| {
        let world = world.clone();
        async move {
            if i == 7 {
                assert_eq!(world.decide("d", yes(grant("g")), START).await, Decided::Done);
                None
            } else {
                Some(world.poll("d", &format!("r{i}"), START).await)
            }
        }
    })
    .await;

    let given = polls.iter().flatten().filter(|poll| matches!(poll, Redeemed::Done(_))).count();
    match world.poll("d", "last", START + 100).await {
        Redeemed::Done(_) => assert_eq!(given, 0),
        other => {
            replayed(&other, "g");
            assert_eq!(given, 1);
        }
    }
}

/// RFC 8628 §3.5: wait, and wait longer if you ask too often; the interval is never made shorter again.
pub async fn a_code_that_waits_remembers_how_it_is_polled(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    use DeviceUnfit::{Pending, TooSoon};

    for (at, expected) in [
        (0, Pending),
        (5, Pending),
        (9, TooSoon),  // now 10 seconds
        (18, TooSoon), // now 15
        (33, Pending),
        (47, TooSoon), // now 20
        (67, Pending),
        (87, Pending),
    ] {
        waits(&world.poll("d", "r", START + at).await, expected);
        assert!(!world.refresh_is_good("r", START + at).await);
    }
    assert_eq!(world.open_device("d", START + 90).await.expect("open").interval, 20);
}

/// Whoever polls in a hurry gets the tokens all the same when they are there.
pub async fn a_hurried_poll_gets_the_tokens_when_they_are_there(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    waits(&world.poll("d", "r", START).await, DeviceUnfit::Pending);
    world.decide("d", yes(grant("g")), START).await;

    done(world.poll("d", "r", START + 1).await);
}

/// No is no, for good.
pub async fn a_denied_code_gives_nothing(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    assert_eq!(world.decide("d", DeviceDecision::Deny, START).await, Decided::Done);

    assert_eq!(world.decide("d", yes(grant("g")), START).await, Decided::Gone);
    assert_eq!(world.open_device("d", START).await, None);
    waits(&world.poll("d", "r", START + 5).await, DeviceUnfit::Denied);
    waits(&world.poll("d", "r", START + LIFETIME).await, DeviceUnfit::Denied);
    assert!(world.0.consent(ADA, APP).await.unwrap().is_none());
}

/// Nor can a yes be said twice, or be followed by a no.
pub async fn an_answered_code_cannot_be_answered_again(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;

    assert_eq!(world.decide("d", yes(grant("g2")), START).await, Decided::Gone);
    assert_eq!(world.decide("d", DeviceDecision::Deny, START).await, Decided::Gone);
    assert_eq!(done(world.poll("d", "r", START).await).grant.id, "g");
    assert_eq!(world.decide("d", yes(grant("g3")), START).await, Decided::Gone);
    assert_eq!(world.decide("unknown", DeviceDecision::Deny, START).await, Decided::Gone);
}

/// Nobody can be made to allow one client what another one asked for.
pub async fn a_grant_of_another_client_is_no_answer(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    let of_other = Grant { client_id: OTHER_APP.to_owned(), ..grant("g") };

    assert_eq!(world.decide("d", yes(of_other), START).await, Decided::Gone);

    assert!(world.0.consent(ADA, OTHER_APP).await.unwrap().is_none());
    waits(&world.poll("d", "r", START).await, DeviceUnfit::Pending);
}

/// A device that comes again after it has got its tokens is not alone.
pub async fn a_second_redemption_ends_every_token_of_the_grant(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;
    done(world.poll("d", "r1", START).await);

    replayed(&world.poll("d", "r2", START + LIFETIME + 60).await, "g");

    assert!(!world.access_is_good("g", START + LIFETIME + 60).await);
    for token in ["r1", "r2"] {
        assert!(!world.refresh_is_good(token, START + LIFETIME + 60).await, "{token}");
    }
}

/// RFC 8628 §3.4: the client must be the one that the code was issued to. A thief changes nothing for the owner.
pub async fn another_client_can_neither_poll_nor_burn_a_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    waits(&world.poll_as(OTHER_APP, "d", "r", START).await, DeviceUnfit::OtherClient);
    waits(&world.poll("d", "r", START).await, DeviceUnfit::Pending);
    world.decide("d", yes(grant("g")), START).await;

    waits(&world.poll_as(OTHER_APP, "d", "r", START).await, DeviceUnfit::OtherClient);
    done(world.poll("d", "r", START).await);
    waits(&world.poll_as(OTHER_APP, "d", "r2", START).await, DeviceUnfit::OtherClient);

    assert!(world.access_is_good("g", START).await && world.refresh_is_good("r", START).await);
}

/// There is nothing to poll for.
pub async fn an_unknown_code_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    refused(&world.poll("d", "r", START).await, Unfit::Unknown);
    assert!(!world.refresh_is_good("r", START).await);
}

/// The last second before `expires_at` is good, `expires_at` is not, to person and device alike.
pub async fn a_code_ends_at_its_expiry_by_the_time_given(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    for (name, id) in [("early", "g1"), ("late", "g2")] {
        world.approved(name, id).await;
    }
    for name in ["waiting", "answered late"] {
        world.issue_device(name).await;
    }
    let end = START + LIFETIME;

    done(world.poll("early", "r1", end - 1).await);
    waits(&world.poll("late", "r2", end).await, DeviceUnfit::Expired);
    waits(&world.poll("waiting", "r3", end).await, DeviceUnfit::Expired);
    assert_eq!(world.decide("answered late", yes(grant("g3")), end).await, Decided::Gone);
    assert_eq!(world.decide("answered late", DeviceDecision::Deny, end).await, Decided::Gone);
    assert!(!world.access_is_good("g2", end).await);
}

/// What the person allowed may run out before the code does.
pub async fn a_grant_that_has_run_out_is_not_given(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("d").await;
    let short = Grant { expires_at: START + 60, ..grant("g") };
    assert_eq!(world.decide("d", yes(short), START).await, Decided::Done);

    waits(&world.poll("d", "r", START + 60).await, DeviceUnfit::Expired);
}

/// The account was switched off between approval and redemption.
pub async fn a_disabled_person_cannot_redeem_and_the_code_stays(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;
    world.disable(ADA).await;

    refused(&world.poll("d", "r", START).await, Unfit::User);
    assert!(!world.refresh_is_good("r", START).await && !world.access_is_good("g", START).await);

    world.0.put_user(&user(ADA)).await.unwrap();
    done(world.poll("d", "r", START).await);
}

/// All or nothing: where the refresh token cannot be recorded, the code is not spent.
pub async fn a_redemption_that_breaks_spends_nothing(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.family(&grant("other"), "taken").await;
    world.approved("d", "g").await;

    let spends = DeviceRedemption { code: digest("d"), client_id: APP };
    assert!(world.0.redeem_device(&spends, &issued("taken"), START).await.is_err());

    assert!(!world.access_is_good("g", START).await && world.access_is_good("other", START).await);
    done(world.poll("d", "r", START).await);
}

/// The person took it back before the device came for it.
pub async fn withdrawing_the_consent_ends_an_approved_code(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.approved("d", "g").await;
    world.approved("redeemed", "g2").await;
    done(world.poll("redeemed", "r2", START).await);
    world.issue_device("open").await;

    world.0.withdraw_consent(ADA, APP, START).await.unwrap();

    refused(&world.poll("d", "r", START).await, Unfit::Unknown);
    assert!(!world.access_is_good("g", START).await && !world.access_is_good("g2", START).await);
    waits(&world.poll("open", "r", START).await, DeviceUnfit::Pending);
}

/// A client that is removed leaves nothing for a later one of its id.
pub async fn removing_the_client_ends_its_codes(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let of_other = DeviceCode { client_id: OTHER_APP.to_owned(), ..device("other") };
    assert_eq!(world.0.issue_device(&of_other).await.unwrap(), DeviceIssued::Done);
    world.issue_device("open").await;
    world.approved("approved", "g1").await;
    world.approved("redeemed", "g2").await;
    done(world.poll("redeemed", "r", START).await);

    world.0.delete_client(APP, START).await.unwrap();

    for name in ["open", "approved", "redeemed"] {
        refused(&world.poll(name, "r2", START).await, Unfit::Unknown);
    }
    assert_eq!(world.open_device("open", START).await, None);
    waits(&world.poll_as(OTHER_APP, "other", "r", START).await, DeviceUnfit::Pending);
}

/// A device code is kept until nobody can ask for it any more, and then it is gone, with its user code.
pub async fn an_old_code_is_swept(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.issue_device("waiting").await;
    world.approved("approved", "g1").await;
    world.approved("redeemed", "g2").await;
    done(world.poll("redeemed", "r", START).await);
    world.issue_device("denied").await;
    world.decide("denied", DeviceDecision::Deny, START).await;
    let gone = START + LIFETIME + DEVICE_CODE_KEPT;

    assert_eq!(world.0.sweep(10, gone - 1).await.unwrap(), 0);
    assert_eq!(world.0.sweep(3, gone).await.unwrap(), 3);
    assert_eq!(world.0.sweep(3, gone).await.unwrap(), 1);

    for name in ["waiting", "approved", "redeemed", "denied"] {
        refused(&world.poll(name, "r2", START).await, Unfit::Unknown);
    }
    assert!(world.access_is_good("g2", gone).await);
    world.issue_device("waiting").await;
    world.0.withdraw_consent(ADA, APP, gone).await.unwrap();
    assert_eq!(world.open_device("waiting", START).await, Some(device("waiting")));
}
