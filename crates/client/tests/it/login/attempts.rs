//! Sign-ins under way — security.md 66, 72; pains 1 and 2.

use crate::login::{Browser, World, callback_path};
use crate::world::{ISSUER, parameter};

#[tokio::test]
async fn login_asks_for_identity_profile_and_email() {
    let (world, browser) = (World::new(), Browser::default());
    let url = world.begin(&browser, "/login").await;
    assert!(url.starts_with(&format!("{ISSUER}/authorize?")), "{url}");
    assert_eq!(parameter(&url, "scope"), "openid profile email");
    assert_eq!(parameter(&url, "redirect_uri"), "https://app.example/callback");
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
}

#[tokio::test]
async fn a_person_comes_back_to_where_they_wanted_to_go() {
    let (world, browser) = (World::new(), Browser::default());
    let reply = world.sign_in(&browser).await;
    assert_eq!(reply.location(), "/private");
    assert_eq!(world.get(&browser, "/private").await.body, "ada");
    assert_eq!(browser.attempts(), 0, "the attempt is swept away");
}

/// security.md 66 through the whole engine: the cookie, too, leads nowhere else.
#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let world = World::new();
    for path in [
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "https:evil.example",
        "/x%0d%0aSet-Cookie:a=b",
    ] {
        let browser = Browser::default();
        let query = hallpass_proto::param::Form::from_iter([("return_to", path)]).encode();
        let url = world.begin(&browser, &format!("/login?{query}")).await;
        let reply = world.get(&browser, &world.callback(&url)).await;
        assert_eq!(reply.location(), "/", "{path}");
    }
    let browser = Browser::default();
    let twice = world.begin(&browser, "/login?return_to=/a&return_to=//evil.example").await;
    assert_eq!(world.get(&browser, &world.callback(&twice)).await.location(), "/");
}

#[tokio::test]
async fn two_tabs_sign_in_at_once() {
    let (world, browser) = (World::new(), Browser::default());
    let first = world.begin(&browser, "/login?return_to=/first").await;
    let second = world.begin(&browser, "/login?return_to=/second").await;
    assert_eq!(world.get(&browser, &world.callback(&first)).await.location(), "/first");
    assert_eq!(world.get(&browser, &world.callback(&second)).await.location(), "/second");
    assert_eq!(browser.attempts(), 0);
}

#[tokio::test]
async fn an_answer_is_of_use_once() {
    let (world, browser) = (World::new(), Browser::default());
    let url = world.begin(&browser, "/login?return_to=/private").await;
    let callback = world.callback(&url);
    world.get(&browser, &callback).await.location();
    let session = browser.session();
    let again = world.get(&browser, &callback).await;
    assert_eq!(again.location(), "/", "somebody who is signed in just goes home");
    assert_eq!(browser.session(), session, "and stays signed in as before");
    assert_eq!(world.issuer.count("/token"), 1);
}

#[tokio::test]
async fn an_answer_to_nobodys_question_is_refused() {
    let (world, browser) = (World::new(), Browser::default());
    let url = world.begin(&browser, "/login").await;
    let callback = world.callback(&url);
    let other = world.get_json(&Browser::default(), &callback).await;
    assert_eq!(other.status, 400);
    assert!(other.detail().contains("in this browser"), "{}", other.body);
    let made_up = world.get_json(&browser, &callback_path("made-up")).await;
    assert_eq!(made_up.status, 400);
    let no_state = world.get_json(&browser, "/callback?code=x").await;
    assert_eq!((no_state.status.as_u16(), no_state.detail().as_str()), (400, "The callback has no state"));
    assert_eq!(world.issuer.count("/token"), 0, "no code was sent anywhere");
    assert_eq!(world.get(&browser, &callback).await.status, 303, "and the real one still works");
}

#[tokio::test]
async fn an_attempt_ends_after_ten_minutes() {
    let (world, browser) = (World::new(), Browser::default());
    let url = world.begin(&browser, "/login").await;
    world.issuer.clock.advance(600);
    assert_eq!(world.get(&browser, &world.callback(&url)).await.status, 400);
}

#[tokio::test]
async fn a_sixth_attempt_drops_the_oldest() {
    let (world, browser) = (World::new(), Browser::default());
    let mut urls = Vec::new();
    for _ in 0..6 {
        urls.push(world.begin(&browser, "/login").await);
        world.issuer.clock.advance(1);
    }
    assert_eq!(browser.attempts(), 5);
    assert_eq!(world.get(&browser, &world.callback(&urls[0])).await.status, 400);
    for url in &urls[1..] {
        assert_eq!(world.get(&browser, &world.callback(url)).await.status, 303);
    }
}

#[tokio::test]
async fn attempts_that_are_over_are_swept_away() {
    let (world, browser) = (World::new(), Browser::default());
    world.begin(&browser, "/login").await;
    world.issuer.clock.advance(600);
    world.sign_in(&browser).await;
    assert_eq!(browser.attempts(), 0);
}

#[tokio::test]
async fn a_changed_or_exchanged_cookie_is_no_attempt() {
    let (world, browser) = (World::new(), Browser::default());
    let first = world.begin(&browser, "/login").await;
    let second = world.begin(&browser, "/login").await;
    let original = browser.cookies.lock().expect("whole").clone();
    let names: Vec<String> = browser.names();
    let tampered = |change: &dyn Fn(&str) -> String| {
        let mut jar = original.clone();
        jar.values_mut().for_each(|value| *value = change(value));
        *browser.cookies.lock().expect("whole") = jar;
    };
    for change in [
        &(|value: &str| format!("{}A", &value[..value.len() - 1])) as &dyn Fn(&str) -> String,
        &(|value: &str| format!("9{value}")),
        &(|value: &str| value.split_once('.').expect("a time").1.to_owned()),
        &(|_: &str| "garbage".to_owned()),
        &(|_: &str| String::new()),
        &(|_: &str| "x".repeat(5000)),
    ] {
        tampered(change);
        if browser.cookies.lock().expect("whole").values().ne(original.values()) {
            assert_eq!(world.get(&browser, &world.callback(&first)).await.status, 400);
        }
    }
    let mut swapped = original.clone();
    swapped.insert(names[0].clone(), original[&names[1]].clone());
    swapped.insert(names[1].clone(), original[&names[0]].clone());
    *browser.cookies.lock().expect("whole") = swapped;
    assert_eq!(
        world.get(&browser, &world.callback(&second)).await.status,
        400,
        "the cookie of another attempt"
    );
    *browser.cookies.lock().expect("whole") = original;
    assert_eq!(world.get(&browser, &world.callback(&second)).await.status, 303, "the untouched one");
}

#[tokio::test]
async fn another_key_opens_nothing_and_an_older_one_still_does() {
    let (old, browser) = (World::new(), Browser::default());
    let url = old.begin(&browser, "/login").await;
    let key = "another-key-0123456789abcdef0123456789";
    let other = World::with("https://app.example", |_| hallpass_client::login::LoginConfig::new(key));
    assert_eq!(other.get(&browser.clone(), &other.callback(&url)).await.status, 400);
    let browser = Browser::default();
    let url = old.begin(&browser, "/login").await;
    let rotated = World::with("https://app.example", |_| {
        hallpass_client::login::LoginConfig::new(key).older_session_key(crate::login::SESSION_KEY)
    });
    assert_eq!(rotated.get(&browser, &rotated.callback(&url)).await.status, 303);
}

#[tokio::test]
async fn attributes_follow_the_scheme_of_the_public_url() {
    for (url, prefix, secure) in [
        ("https://app.example", "__Host-hallpass-", true),
        ("http://localhost:8000", "hallpass-8000-", false),
    ] {
        let (world, browser) = (World::with(url, |config| config), Browser::default());
        let begin = world.get(&browser, "/login").await;
        let finish = world.get(&browser, &world.callback(&begin.location())).await;
        let cookies: Vec<_> =
            begin.headers.get_all("set-cookie").iter().chain(finish.headers.get_all("set-cookie")).collect();
        assert!(cookies.len() >= 3, "attempt, its removal, session");
        for cookie in cookies {
            let cookie = cookie.to_str().expect("text");
            assert!(cookie.starts_with(prefix), "{cookie}");
            assert!(cookie.contains("; Path=/; ") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
            assert_eq!(cookie.ends_with("; Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
}
