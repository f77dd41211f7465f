//! Browser sessions, and the grants that end with them.

use std::sync::Arc;

use hallpass_server::entity::grant::Grant;
use hallpass_server::entity::session::Session;
use hallpass_server::store::{Issued, Recorded, Store, Unfit};

use super::world::*;

impl World {
    async fn start(&self, session: &Session, replaces: Option<&str>) {
        self.0.start_session(session, replaces.map(digest), session.auth_time).await.expect("a session");
    }
}

/// The session comes with the person who is signed in.
pub async fn a_session_is_found_with_its_person(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;

    let found = world.0.session(digest("s"), DAY, START).await.unwrap().expect("a session");

    assert_eq!(found.session, session("s", "sid"));
    assert_eq!((found.user.id.as_str(), found.user.claims), (ADA, user(ADA).claims));
    assert!(
        world.0.start_session(&session("s", "sid2"), None, START).await.is_err(),
        "a digest stands for one session"
    );
}

/// A cookie that was made up.
pub async fn an_unknown_session_is_not_found(store: Arc<dyn Store>) {
    let world = World::new(store).await;

    assert!(!world.session_is_good("s", START).await);
}

/// `idle` seconds after the last use it is over, by the time given.
pub async fn a_session_ends_when_it_was_idle_too_long(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;

    assert!(world.session_is_good("s", START + DAY - 1).await);
    assert!(!world.session_is_good("s", START + DAY).await);
}

/// Each use counts from then on.
pub async fn a_used_session_goes_on(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;

    world.0.touch_session(digest("s"), START + DAY - 1).await.unwrap();

    let found = world.0.session(digest("s"), DAY, START + 2 * DAY - 2).await.unwrap().expect("a session");
    assert_eq!(found.session.seen_at, START + DAY - 1);
    assert!(!world.session_is_good("s", START + 2 * DAY - 1).await);
    world.0.touch_session(digest("unknown"), START).await.unwrap();
}

/// Requests of one browser may arrive out of order.
pub async fn a_late_note_of_use_does_not_turn_time_back(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;

    world.0.touch_session(digest("s"), START + 100).await.unwrap();
    world.0.touch_session(digest("s"), START + 50).await.unwrap();

    assert!(world.session_is_good("s", START + DAY + 99).await);
}

/// The absolute end.
pub async fn a_session_ends_at_its_expiry_however_much_it_is_used(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;

    let end = START + 10 * DAY;
    world.0.touch_session(digest("s"), end - 1).await.unwrap();

    assert!(world.session_is_good("s", end - 1).await);
    assert!(!world.session_is_good("s", end).await);
}

/// A disabled account is signed out everywhere.
pub async fn a_disabled_person_has_no_session(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;

    world.disable(ADA).await;

    assert!(!world.session_is_good("s", START).await);
}

/// Session fixation: whoever knew the cookie before the sign-in has nothing after it.
pub async fn a_session_id_does_not_survive_a_sign_in(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("before", "sid1"), None).await;

    world.start(&session("after", "sid2"), Some("before")).await;

    assert!(!world.session_is_good("before", START).await && world.session_is_good("after", START).await);
    world.start(&session("third", "sid3"), Some("unknown")).await;
    assert!(world.session_is_good("third", START).await);
}

/// The same `sid`: what was given in the session goes on, and ends with the new one.
pub async fn the_grants_of_a_person_who_signs_in_again_go_on(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("before", "sid"), None).await;
    world.family(&grant_in("g", "sid"), "r").await;
    world.issue(&code("c", grant_in("g2", "sid"))).await;

    world.start(&session("after", "sid"), Some("before")).await;

    assert!(world.access_is_good("g", START).await && world.refresh_is_good("r", START).await);
    done(world.redeem("c", "r2", START).await);
    world.0.end_session(digest("after"), START + 1).await.unwrap();
    assert!(!world.access_is_good("g", START + 1).await && !world.access_is_good("g2", START + 1).await);
}

/// Bob signs in where Ada was: hers ends as if she had signed out, even under the same `sid`.
pub async fn another_person_in_the_same_browser_ends_the_grants_of_the_first(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_user(&user("bob")).await.unwrap();
    for (n, sid) in [("1", "sid"), ("2", "other-sid")] {
        let (before, after, id) = (format!("before{n}"), format!("after{n}"), format!("g{n}"));
        world.start(&session(&before, "sid"), None).await;
        world.family(&grant_in(&id, "sid"), &format!("r{n}")).await;

        let bobs = Session { user_id: "bob".to_owned(), ..session(&after, sid) };
        world.start(&bobs, Some(&before)).await;

        assert!(!world.access_is_good(&id, START).await, "{sid}");
        assert!(world.session_is_good(&after, START).await);
    }
}

/// OpenID Connect Core §11: `offline_access` is access "when the End-User is not present".
pub async fn ending_a_session_ends_its_grants_but_not_the_offline_ones(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;
    world.family(&grant_in("online", "sid"), "r1").await;
    world.family(&Grant { offline: true, ..grant_in("offline", "sid") }, "r2").await;
    world.family(&grant("elsewhere"), "r3").await;

    world.0.end_session(digest("s"), START + 1).await.unwrap();

    assert!(!world.session_is_good("s", START + 1).await);
    assert!(
        !world.access_is_good("online", START + 1).await && !world.refresh_is_good("r1", START + 1).await
    );
    for (id, token) in [("offline", "r2"), ("elsewhere", "r3")] {
        assert!(
            world.access_is_good(id, START + 1).await && world.refresh_is_good(token, START + 1).await,
            "{id}"
        );
    }
}

/// A code that was on its way when the person signed out.
pub async fn ending_a_session_ends_the_codes_that_would_become_its_grants(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;
    world.issue(&code("online", grant_in("g1", "sid"))).await;
    world.issue(&code("offline", Grant { offline: true, ..grant_in("g2", "sid") })).await;

    world.0.end_session(digest("s"), START + 1).await.unwrap();

    refused(&world.redeem("online", "r1", START + 1).await, Unfit::Unknown);
    done(world.redeem("offline", "r2", START + 1).await);
}

/// Another browser of the same person stays signed in.
pub async fn ending_a_session_leaves_other_sessions(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s1", "sid1"), None).await;
    world.start(&session("s2", "sid2"), None).await;
    world.family(&grant_in("g2", "sid2"), "r2").await;

    world.0.end_session(digest("s1"), START).await.unwrap();

    assert!(world.session_is_good("s2", START).await && world.access_is_good("g2", START).await);
}

/// Signing out does not make the server forget which codes were spent.
pub async fn the_code_of_an_ended_session_is_still_detected_when_spent(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;
    world.issue(&code("c", grant_in("g", "sid"))).await;
    done(world.redeem("c", "r", START).await);

    world.0.end_session(digest("s"), START + 1).await.unwrap();

    replayed(&world.redeem("c", "r2", START + 2).await, "g");
}

/// A second sign-out, and one after the session ran out, which leaves what was given in it.
pub async fn ending_what_is_not_there_does_nothing(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;
    world.family(&grant_in("g", "sid"), "r").await;
    let end = START + 10 * DAY;

    world.0.end_session(digest("unknown"), START).await.unwrap();
    assert!(world.session_is_good("s", START).await);
    world.0.end_session(digest("s"), end).await.unwrap();

    assert!(world.access_is_good("g", end).await);
    assert!(!world.session_is_good("s", START).await);
}

/// The request was on its way when the person signed out: no code, no grant and no token come of it, offline or not.
pub async fn nothing_is_given_in_a_session_that_is_over(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.start(&session("s", "sid"), None).await;
    world.0.end_session(digest("s"), START).await.unwrap();

    for (n, sid) in [("1", "sid"), ("2", "unknown")] {
        let online = |kind: &str| grant_in(&format!("{kind}{n}"), sid);
        for grant in [online("online"), Grant { offline: true, ..online("offline") }] {
            let id = grant.id.clone();
            let [fresh, beside] = ["fresh", "beside"].map(|kind| format!("{kind}-{id}"));
            for code in [code(&fresh, grant.clone()), code_beside_tokens(&beside, grant.clone())] {
                assert_eq!(world.0.issue_code(&code).await.unwrap(), Recorded::SessionOver, "{id}");
            }
            let recorded = world.0.record_grant(&grant, &issued(&id)).await.unwrap();
            assert_eq!(recorded, Recorded::SessionOver, "{id}");
            for code in [fresh, beside] {
                refused(&world.redeem(&code, "r", START).await, Unfit::Unknown);
            }
            assert!(
                !world.access_is_good(&id, START).await && !world.refresh_is_good(&id, START).await,
                "{id}"
            );
        }
    }
    assert_eq!(world.0.sweep(100, START + 60 * DAY).await.unwrap(), 0, "nothing was recorded");
}

/// Programs and passwords have no browser.
pub async fn what_is_given_outside_of_sessions_needs_none(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let grant_of = |id: &str| Grant { sid: None, offline: false, ..grant(id) };

    world.family(&grant_of("g"), "r").await;
    world.issue(&code("c", grant_of("g2"))).await;

    assert!(world.access_is_good("g", START).await);
    done(world.redeem("c", "r2", START).await);
}

/// Whichever comes first: a code that went out before the sign-out ends with it, and after it none goes out.
pub async fn a_sign_out_among_requests_leaves_nothing_good(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    for round in 0..8 {
        let (name, sid) = (format!("s{round}"), format!("sid{round}"));
        world.start(&session(&name, &sid), None).await;

        at_once(16, |i| {
            let (world, name, sid) = (world.clone(), name.clone(), sid.clone());
            async move {
                let id = format!("{round}.{i}");
                match i {
                    7 => drop(world.0.end_session(digest(&name), START).await.expect("an answer")),
                    _ if i % 3 == 0 => {
                        let nothing = Issued { refresh: None };
                        world
                            .0
                            .record_grant(&grant_in(&id, &sid), &nothing)
                            .await
                            .map(drop)
                            .expect("an answer");
                    }
                    _ => {
                        let code = code(&id, grant_in(&id, &sid));
                        world.0.issue_code(&code).await.map(drop).expect("an answer");
                    }
                }
            }
        })
        .await;

        for i in 0..16 {
            let id = format!("{round}.{i}");
            refused(&world.redeem(&id, &format!("r{id}"), START).await, Unfit::Unknown);
            assert!(!world.access_is_good(&id, START).await, "{id}");
        }
    }
}
