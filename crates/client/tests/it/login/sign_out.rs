//! Signing out — security.md 63, 65; pain 21.

use axum::body::Body;
use http::Request;

use crate::login::{Browser, Reply, World};
use crate::world::{CLIENT, metadata, parameter};

async fn request(world: &World, browser: &Browser, method: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri("/logout").header("accept", "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(browser, request.body(Body::empty()).expect("a request")).await
}

const OWN: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];

#[tokio::test]
async fn the_session_ends_here_and_at_the_issuer() {
    let (world, browser) = (World::new(), Browser::default());
    world.sign_in(&browser).await;
    let id = browser.session().expect("a session");
    let reply = request(&world, &browser, "POST", &OWN).await;
    assert_eq!(reply.header("clear-site-data"), "\"cache\"", "the back button shows nothing either");
    let away = reply.location();
    assert!(away.starts_with("https://as.example/end-session?"), "{away}");
    assert_eq!(parameter(&away, "client_id"), CLIENT);
    assert_eq!(parameter(&away, "post_logout_redirect_uri"), "https://app.example/");
    assert_eq!(parameter(&away, "id_token_hint").split('.').count(), 3);
    assert!(browser.session().is_none());
    browser.cookies.lock().expect("whole").insert("__Host-hallpass-session".into(), id);
    assert_eq!(
        world.get(&browser, "/any").await.body,
        "nobody",
        "ended on the server, not in the browser alone"
    );
}

#[tokio::test]
async fn the_back_button_shows_nothing_of_it() {
    let (world, browser) = (World::new(), Browser::default());
    world.sign_in(&browser).await;
    let away = request(&world, &browser, "POST", &OWN).await;
    assert_eq!(
        away.header("clear-site-data"),
        "\"cache\"",
        "or browsers show pages that they have kept whole"
    );
}

#[tokio::test]
async fn other_sites_sign_nobody_out() {
    let (world, browser) = (World::new(), Browser::default());
    world.sign_in(&browser).await;
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")][..],
        &[("sec-fetch-site", "same-site"), ("origin", "https://app.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[],
    ] {
        assert_eq!(request(&world, &browser, "POST", headers).await.status, 403, "{headers:?}");
    }
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")][..],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")],
        &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")],
        &[],
    ] {
        let page = request(&world, &browser, "GET", headers).await;
        assert_eq!(page.status, 200, "{headers:?}");
        assert!(page.body.contains("method=\"post\""), "it asks: {}", page.body);
        assert!(page.header("content-security-policy").contains("form-action 'self' https://as.example"));
    }
    assert_eq!(world.get(&browser, "/any").await.body, "ada");
}

#[tokio::test]
async fn an_own_link_or_a_typed_address_signs_out() {
    for site in ["same-origin", "none"] {
        let (world, browser) = (World::new(), Browser::default());
        world.sign_in(&browser).await;
        let headers = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        request(&world, &browser, "GET", &headers).await.location();
        assert_eq!(world.get(&browser, "/any").await.body, "nobody");
    }
}

#[tokio::test]
async fn an_old_browser_that_sends_its_origin_can_sign_out() {
    let (world, browser) = (World::new(), Browser::default());
    world.sign_in(&browser).await;
    request(&world, &browser, "POST", &[("origin", "https://app.example")]).await.location();
    assert_eq!(world.get(&browser, "/any").await.body, "nobody");
}

#[tokio::test]
async fn an_issuer_without_a_way_out_is_no_obstacle() {
    let (world, browser) = (World::new(), Browser::default());
    let mut bare = metadata();
    bare.as_object_mut().expect("an object").remove("end_session_endpoint");
    world.issuer.publish(bare);
    world.sign_in(&browser).await;
    assert_eq!(request(&world, &browser, "POST", &OWN).await.location(), "/");
    let (nobody, other) = (World::new(), Browser::default());
    assert_eq!(request(&nobody, &other, "POST", &OWN).await.location(), "/", "nobody is signed in");
}
