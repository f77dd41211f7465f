//! What a caller is told when a sign-in does not work.

use serde_json::json;

use crate::login::{Browser, Reply, World, callback_path};
use crate::world::{ISSUER, keys, parameter, sign};

async fn fail(prepare: impl FnOnce(&World, &str)) -> (Reply, World, Browser, String) {
    let (world, browser) = (World::new(), Browser::default());
    let url = world.begin(&browser, "/login?return_to=/private").await;
    world.callback(&url);
    prepare(&world, &url);
    let path = callback_path(&parameter(&url, "state"));
    let reply = world.get_json(&browser, &path).await;
    assert!(browser.session().is_none(), "nobody is signed in");
    (reply, world, browser, path)
}

#[tokio::test]
async fn no_code() {
    let (world, browser) = (World::new(), Browser::default());
    for path in ["/callback", "/callback?", "/callback?state=x", "/callback?code=&state=x"] {
        let reply = world.get_json(&browser, path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body.as_str()),
            (400, r#"{"detail":"Authorization code not provided"}"#)
        );
    }
    let page = world.get(&browser, "/callback").await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("<h1>") && page.body.contains("href=\"/login\""), "{}", page.body);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_refused_exchange() {
    let refused = r#"{"error":"invalid_grant","error_description":"canary-description"}"#;
    let (reply, ..) = fail(|world, _| world.issuer.answer("/token", 400, "application/json", refused)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_str()),
        (400, r#"{"detail":"Failed to obtain access token"}"#)
    );
}

#[tokio::test]
async fn a_bad_token() {
    let (reply, ..) = fail(|world, url| {
        let mut claims = world.issuer.claims(&parameter(url, "nonce"));
        claims["aud"] = json!("other");
        world.issuer.grant(&sign(&keys()[0], &claims));
    })
    .await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (400, r#"{"detail":"Invalid access token"}"#));
    let (reply, ..) = fail(|world, url| {
        world.issuer.grant(&sign(&keys()[1], &world.issuer.claims(&parameter(url, "nonce"))));
    })
    .await;
    assert_eq!((reply.status.as_u16(), reply.detail().as_str()), (400, "Invalid access token"));
    let about_another = json!({ "sub": "grace" });
    let (reply, ..) = fail(|world, _| world.issuer.answer_json("/userinfo", about_another)).await;
    assert_eq!((reply.status.as_u16(), reply.detail().as_str()), (400, "Invalid access token"));
}

#[tokio::test]
async fn an_authorization_server_that_is_down() {
    let (reply, world, browser, path) = fail(|world, _| world.issuer.go_down()).await;
    assert_eq!(reply.status, 502);
    assert!(reply.detail().contains(ISSUER), "{}", reply.body);
    world.issuer.come_back();
    assert_eq!(world.get(&browser, &path).await.status, 303, "the same address works when it is back");
}

#[tokio::test]
async fn an_authorization_server_that_is_down_before_anything_is_known_of_it() {
    let (world, browser) = (World::new(), Browser::default());
    world.issuer.go_down();
    let reply = world.get_json(&browser, "/login").await;
    assert_eq!(reply.status, 502);
    assert!(reply.detail().contains("could not be reached"), "{}", reply.body);
}

#[tokio::test]
async fn keys_that_cannot_be_had() {
    let (reply, ..) = fail(|world, _| world.issuer.answer("/jwks", 500, "text/html", "")).await;
    assert_eq!(reply.status, 502, "{}", reply.body);
}

#[tokio::test]
async fn an_answer_that_cannot_be_used() {
    let (reply, ..) = fail(|world, _| world.issuer.answer("/token", 200, "text/html", "<html>")).await;
    assert_eq!(reply.status, 502);
    assert!(reply.detail().contains("cannot be used"), "{}", reply.body);
}

/// A person who says no gets a page with a way back.
#[tokio::test]
async fn access_denied() {
    let (world, browser) = (World::new(), Browser::default());
    let url = world.begin(&browser, "/login?return_to=/private").await;
    let state = parameter(&url, "state");
    let denied = format!("/callback?error=access_denied&state={state}&iss=https%3A%2F%2Fas.example&code=x");
    let page = world.get(&browser, &denied).await;
    assert_eq!(page.status, 400);
    assert!(
        page.body.contains("href=\"/login?return_to=%2Fprivate\"") && page.body.contains("href=\"/\""),
        "{}",
        page.body
    );
    assert_eq!(browser.attempts(), 0, "the attempt is over");
    let url = world.begin(&browser, "/login").await;
    let denied = format!(
        "/callback?error=access_denied&state={}&iss=https%3A%2F%2Fas.example",
        parameter(&url, "state")
    );
    let reply = world.get_json(&browser, &denied).await;
    assert_eq!(reply.body, r#"{"detail":"Access was denied","error":"access_denied"}"#);
    assert_eq!(world.issuer.count("/token"), 0);
}

/// Without an attempt of this browser, the words are anybody's.
#[tokio::test]
async fn a_strangers_words_are_not_shown() {
    let (world, browser) = (World::new(), Browser::default());
    let path =
        "/callback?error=call_us&error_description=Call+0900+EVIL+now&state=x&iss=https%3A%2F%2Fas.example";
    let page = world.get(&browser, path).await;
    assert_eq!(page.status, 400);
    assert!(!page.body.contains("EVIL") && !page.body.contains("call_us"), "{}", page.body);
    let url = world.begin(&browser, "/login").await;
    let path = format!(
        "/callback?error=server_error&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state={}&iss=https%3A%2F%2Fas.example",
        parameter(&url, "state")
    );
    let page = world.get(&browser, &path).await;
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script"), "{}", page.body);
}

#[tokio::test]
async fn parameters_that_cannot_be_read() {
    let (world, browser) = (World::new(), Browser::default());
    for query in ["code=a&code=b", "state=%zz&code=a", "code=%ff", "iss=a&iss=b&code=x"] {
        assert_eq!(world.get_json(&browser, &format!("/callback?{query}")).await.status, 400, "{query}");
    }
}
