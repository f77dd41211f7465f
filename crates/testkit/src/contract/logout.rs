//! Who must hear of a sign-out: noted with the session, told of its end once, however many nodes there are.

use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_server::entity::logout::{FIRST_ATTEMPT, LogoutNotice, SessionClient};
use hallpass_server::entity::session::Session;
use hallpass_server::store::{NOTICE_KEPT, Recorded, Store};

use super::world::*;

impl World {
    /// A session of Ada's in which she is signed in to these clients.
    async fn session_with(&self, name: &str, sid: &str, clients: &[&str]) {
        self.0.start_session(&session(name, sid), None, START).await.expect("a session");
        for client_id in clients {
            let noted = self.0.enter_session(&entered(sid, client_id)).await.expect("an answer");
            assert_eq!(noted, Recorded::Done, "{client_id}");
        }
    }

    async fn end(&self, name: &str, now: Time) -> Vec<LogoutNotice> {
        self.0.end_session(digest(name), now).await.expect("an answer")
    }

    async fn take(&self, now: Time) -> Vec<LogoutNotice> {
        self.0.take_notices(100, now + 60, now).await.expect("an answer")
    }
}

fn entered(sid: &str, client_id: &str) -> SessionClient {
    SessionClient {
        sid: sid.to_owned(),
        client_id: client_id.to_owned(),
        user_id: ADA.to_owned(),
        expires_at: START + 10 * DAY,
    }
}

fn clients(notices: &[LogoutNotice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.client_id.as_str()).collect()
}

/// Each of them once, with all that a logout token is made of; whoever ended the session makes the first attempt.
pub async fn the_clients_of_a_session_are_told_when_it_ends(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("s", "sid", &["b", "a", "b"]).await;
    world.session_with("other", "other-sid", &["c"]).await;

    let notices = world.end("s", START + 5).await;

    let expected = |client_id: &str| LogoutNotice {
        sid: "sid".to_owned(),
        client_id: client_id.to_owned(),
        user_id: ADA.to_owned(),
        ended_at: START + 5,
        attempts: 1,
        due_at: START + 5 + FIRST_ATTEMPT,
    };
    assert_eq!(notices, [expected("a"), expected("b")]);
    assert_eq!(world.end("s", START + 6).await, [], "it has ended already");
    assert_eq!(world.take(START + 4 + FIRST_ATTEMPT).await, [], "the first attempt is under way");
    assert_eq!(clients(&world.take(START + 5 + FIRST_ATTEMPT).await), ["a", "b"], "it came to nothing");
}

/// A session that ran out is no sign-out.
pub async fn a_session_that_runs_out_tells_nobody(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("s", "sid", &[APP]).await;

    assert_eq!(world.end("s", START + 10 * DAY).await, []);
    assert_eq!(world.take(START + 11 * DAY).await, []);
}

/// The clients of a session go on with it, to its new end.
pub async fn signing_in_again_tells_nobody(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("before", "sid", &[APP]).await;
    let again = Session { expires_at: START + 20 * DAY, ..session("after", "sid") };

    let notices = world.0.start_session(&again, Some(digest("before")), START + DAY).await.unwrap();

    assert_eq!(notices, []);
    let later = START + 15 * DAY;
    assert_eq!(world.0.sweep(100, later).await.unwrap(), 0);
    assert_eq!(clients(&world.end("after", later).await), [APP]);
}

/// Bob signs in where Ada was: her clients hear that she is gone.
pub async fn another_person_in_the_same_browser_has_the_clients_of_the_first_told(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_user(&user("bob")).await.unwrap();
    world.session_with("before", "sid", &[APP]).await;
    let bobs = Session { user_id: "bob".to_owned(), ..session("after", "other-sid") };

    let notices = world.0.start_session(&bobs, Some(digest("before")), START + 1).await.unwrap();

    assert_eq!(clients(&notices), [APP]);
    assert_eq!((notices[0].user_id.as_str(), notices[0].sid.as_str()), (ADA, "sid"));
}

/// Everywhere, and nobody else; what was given in them ends too. The first who asks tells the clients.
pub async fn all_sessions_of_a_person_end(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.0.put_user(&user("bob")).await.unwrap();
    world.session_with("s1", "sid1", &["a"]).await;
    world.session_with("s2", "sid2", &["a", "b"]).await;
    let bobs = Session { user_id: "bob".to_owned(), ..session("bobs", "sid3") };
    world.0.start_session(&bobs, None, START).await.unwrap();
    let over = Session { expires_at: START + 1, ..session("over", "sid4") };
    world.0.start_session(&over, None, START).await.unwrap();
    world.family(&grant_in("g", "sid2"), "r").await;

    assert_eq!(world.0.end_sessions_of(ADA, START + 1).await.unwrap(), 2);

    assert!(!world.session_is_good("s1", START + 1).await && !world.session_is_good("s2", START + 1).await);
    assert!(!world.access_is_good("g", START + 1).await && world.session_is_good("bobs", START + 1).await);
    let told = world.take(START + 1).await;
    let told: Vec<_> = told.iter().map(|n| (n.sid.as_str(), n.client_id.as_str(), n.attempts)).collect();
    assert_eq!(told, [("sid1", "a", 1), ("sid2", "a", 1), ("sid2", "b", 1)]);
    assert_eq!(world.0.end_sessions_of(ADA, START + 1).await.unwrap(), 0);
    assert_eq!(world.0.end_sessions_of("nobody", START + 1).await.unwrap(), 0);
}

/// Of many nodes that ask at once, one gets each notice.
pub async fn of_16_who_take_at_once_each_notice_goes_to_one(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    let names: Vec<String> = (0..40).map(|i| format!("app{i:02}")).collect();
    world.session_with("s", "sid", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.0.end_sessions_of(ADA, START).await.unwrap();

    let taken = at_once(16, |_| {
        let world = world.clone();
        async move {
            let mut all = Vec::new();
            loop {
                let some = world.0.take_notices(3, START + 60, START).await.expect("an answer");
                assert!(some.len() <= 3);
                if some.is_empty() {
                    return all;
                }
                all.extend(some);
            }
        }
    })
    .await;

    // One that another is taking is passed over, so somebody may be told too early that there are no more.
    let mut taken: Vec<_> = taken.into_iter().flatten().chain(world.take(START).await).collect();
    taken.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    assert_eq!(clients(&taken), names);
    assert!(taken.iter().all(|notice| notice.attempts == 1 && notice.due_at == START + 60));
}

/// Whoever took it stops for good: it is due again, and what the first one says of it then counts no more.
pub async fn a_notice_that_was_taken_comes_due_again(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("s", "sid", &[APP]).await;
    world.0.end_sessions_of(ADA, START).await.unwrap();

    let first = world.take(START).await.remove(0);
    assert_eq!(world.take(START + 59).await, []);
    let second = world.take(START + 60).await.remove(0);
    assert_eq!((first.attempts, second.attempts, second.ended_at), (1, 2, START));

    world.0.postpone_notice(&first, START + 61).await.unwrap();
    assert_eq!(world.take(START + 61).await, [], "somebody else holds it");
    world.0.postpone_notice(&second, START + 500).await.unwrap();
    assert_eq!(world.take(START + 499).await, []);
    assert_eq!(world.take(START + 500).await[0].attempts, 3);
}

/// And is not seen again.
pub async fn a_notice_that_is_settled_is_gone(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("s", "sid", &["a", "b"]).await;
    let notices = world.end("s", START).await;

    world.0.settle_notice(&notices[0]).await.unwrap();
    world.0.settle_notice(&notices[0]).await.unwrap();

    assert_eq!(clients(&world.take(START + DAY).await), ["b"]);
    world.0.postpone_notice(&notices[0], START).await.unwrap();
    assert_eq!(world.take(START + DAY).await, []);
}

/// What nobody asks for any more does not stay for ever.
pub async fn clients_and_notices_that_are_over_are_swept(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("s", "sid", &["a", "b"]).await;
    world.session_with("over", "over-sid", &["c"]).await;
    world.end("s", START).await;
    // Over by itself: the session goes, and nobody is told.
    world.end("over", START + 10 * DAY).await;
    let end = START + FIRST_ATTEMPT + NOTICE_KEPT;

    assert_eq!(world.0.sweep(10, end - 1).await.unwrap(), 0);
    assert_eq!(world.0.sweep(1, end).await.unwrap(), 1);
    assert_eq!(world.0.sweep(10, end).await.unwrap(), 1);
    assert_eq!(world.0.sweep(10, START + 10 * DAY).await.unwrap(), 1, "the client");
    assert_eq!(world.take(START + 10 * DAY).await, []);
}

/// Nobody would be told of the end of a session that has ended.
pub async fn nobody_enters_a_session_that_is_over(store: Arc<dyn Store>) {
    let world = World::new(store).await;
    world.session_with("s", "sid", &["a"]).await;
    world.end("s", START).await;
    world.0.take_notices(100, START + DAY, START + DAY - 1).await.unwrap();

    for (sid, client_id) in [("sid", "b"), ("unknown", "a")] {
        assert_eq!(world.0.enter_session(&entered(sid, client_id)).await.unwrap(), Recorded::SessionOver);
    }

    assert_eq!(world.0.sweep(100, START + 10 * DAY).await.unwrap(), 1, "the notice of the first");
}
