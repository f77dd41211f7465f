//! Sessions — security.md 64; pain 22.

use hallpass_client::login::{SessionPlace, UserInfoRule};
use serde_json::{Value, json};

use crate::login::{Browser, World};
use crate::world::{ACCESS_TOKEN, REFRESH_TOKEN, keys, parameter, sign};

#[tokio::test]
async fn the_session_has_the_verified_claims() {
    let (world, browser) = (World::new(), Browser::default());
    world.sign_in(&browser).await;
    let claims: Value = serde_json::from_str(&world.get_json(&browser, "/claims").await.body).expect("JSON");
    assert_eq!((&claims["sub"], &claims["name"]), (&json!("ada"), &json!("Ada")));
    assert_eq!(
        claims["iss"],
        json!("https://as.example"),
        "UserInfo does not replace what the ID token says"
    );
}

#[tokio::test]
async fn user_info_is_left_out_when_it_cannot_be_had_or_is_not_wanted() {
    let (world, browser) = (World::new(), Browser::default());
    world.issuer.answer("/userinfo", 500, "text/html", "");
    world.sign_in(&browser).await;
    let (never, other) =
        (World::with("https://app.example", |c| c.user_info(UserInfoRule::Never)), Browser::default());
    never.sign_in(&other).await;
    assert_eq!(never.issuer.count("/userinfo"), 0);
}

/// security.md 64: "session id changed at sign-in".
#[tokio::test]
async fn each_sign_in_has_a_new_id_and_ends_the_old_session() {
    let (world, browser) = (World::new(), Browser::default());
    browser.cookies.lock().expect("whole").insert("__Host-hallpass-session".into(), "planted".into());
    world.sign_in(&browser).await;
    let first = browser.session().expect("a session");
    assert_ne!(first, "planted");
    world.sign_in(&browser).await;
    let second = browser.session().expect("a session");
    assert_ne!(first, second);
    let thief = Browser::default();
    thief.cookies.lock().expect("whole").insert("__Host-hallpass-session".into(), first);
    assert_eq!(world.get(&thief, "/any").await.body, "nobody");
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let (world, browser) = (World::with("https://app.example", |c| c.lifetime(3600)), Browser::default());
    world.sign_in(&browser).await;
    world.issuer.clock.advance(3599);
    assert_eq!(world.get(&browser, "/any").await.body, "ada");
    world.issuer.clock.advance(1);
    assert_eq!(world.get(&browser, "/any").await.body, "nobody");
}

#[tokio::test]
async fn garbage_is_no_session() {
    for place in [SessionPlace::default(), SessionPlace::SealedCookie] {
        let world = World::with("https://app.example", |c| c.sessions(place));
        for value in ["", "x", "%00", "a.b.c", &"A".repeat(4000), &"A".repeat(10_000), "=====", "{}"] {
            let browser = Browser::default();
            browser.cookies.lock().expect("whole").insert("__Host-hallpass-session".into(), value.to_owned());
            let reply = world.get(&browser, "/any").await;
            assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "nobody"), "{value}");
        }
    }
}

#[tokio::test]
async fn a_sealed_cookie_is_the_session() {
    let (world, browser) =
        (World::with("https://app.example", |c| c.sessions(SessionPlace::SealedCookie)), Browser::default());
    world.sign_in(&browser).await;
    assert_eq!(world.get(&browser, "/private").await.body, "ada");
    let cookie = browser.session().expect("a session");
    for secret in ["ada", ACCESS_TOKEN, REFRESH_TOKEN] {
        assert!(!cookie.contains(secret));
    }
    let changed =
        format!("{}{}", &cookie[..cookie.len() - 2], if cookie.ends_with("AA") { "BB" } else { "AA" });
    browser.cookies.lock().expect("whole").insert("__Host-hallpass-session".into(), changed);
    assert_eq!(world.get(&browser, "/any").await.body, "nobody");
}

/// An attempt's seal is no session's, although the key is one.
#[tokio::test]
async fn a_sealed_attempt_is_no_session() {
    let (world, browser) =
        (World::with("https://app.example", |c| c.sessions(SessionPlace::SealedCookie)), Browser::default());
    world.begin(&browser, "/login").await;
    let attempt = browser.cookies.lock().expect("whole").values().next().expect("an attempt").clone();
    let sealed = attempt.split_once('.').expect("a time").1.to_owned();
    browser.cookies.lock().expect("whole").insert("__Host-hallpass-session".into(), sealed);
    assert_eq!(world.get(&browser, "/any").await.body, "nobody");
}

#[tokio::test]
async fn claims_beyond_four_kilobytes_are_refused_at_sign_in() {
    let (world, browser) =
        (World::with("https://app.example", |c| c.sessions(SessionPlace::SealedCookie)), Browser::default());
    let url = world.begin(&browser, "/login").await;
    let path = world.callback(&url);
    let mut claims = world.issuer.claims(&parameter(&url, "nonce"));
    claims["groups"] = json!("x".repeat(4000));
    world.issuer.grant(&sign(&keys()[0], &claims));
    let reply = world.get_json(&browser, &path).await;
    assert_eq!((reply.status.as_u16(), reply.detail().as_str()), (500, "The session could not be kept"));
    assert!(browser.session().is_none());
}
