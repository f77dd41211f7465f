//! The extractor: who gets in, and what the others get.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use hallpass_client::login::LoggedIn;
use http::Request;
use tower::ServiceExt;

use crate::login::{Browser, World};

#[tokio::test]
async fn a_navigation_goes_through_login_and_comes_back() {
    let (world, browser) = (World::new(), Browser::default());
    let away = world.get(&browser, "/private?page=2&q=a%20b").await.location();
    assert_eq!(away, "/login?return_to=%2Fprivate%3Fpage%3D2%26q%3Da%2520b");
    let url = world.begin(&browser, &away).await;
    assert_eq!(world.get(&browser, &world.callback(&url)).await.location(), "/private?page=2&q=a%20b");
}

#[tokio::test]
async fn a_script_gets_401() {
    let (world, browser) = (World::new(), Browser::default());
    for (accept, mode) in
        [("application/json", "cors"), ("text/html", "cors"), ("*/*", "no-cors"), ("application/json", "")]
    {
        let mut request = Request::get("/private").header("accept", accept);
        if !mode.is_empty() {
            request = request.header("sec-fetch-mode", mode);
        }
        let reply = world.send(&browser, request.body(Body::empty()).expect("a request")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.detail().as_str()),
            (401, "Not signed in"),
            "{accept} {mode}"
        );
    }
}

#[tokio::test]
async fn what_a_form_sent_is_not_come_back_to() {
    let (world, browser) = (World::new(), Browser::default());
    let request =
        Request::post("/private").header("accept", "text/html").header("sec-fetch-mode", "navigate");
    let reply = world.send(&browser, request.body(Body::empty()).expect("a request")).await;
    assert_eq!(reply.location(), "/login?return_to=%2F");
}

#[tokio::test]
async fn anybody_may_see_what_is_optional() {
    let (world, browser) = (World::new(), Browser::default());
    assert_eq!(world.get(&browser, "/any").await.body, "nobody");
    world.sign_in(&browser).await;
    assert_eq!(world.get(&browser, "/any").await.body, "ada");
}

#[tokio::test]
async fn a_program_below_a_path_comes_back_to_it() {
    let (world, browser) = (World::with("https://example.com/app", |config| config), Browser::default());
    let away = world.get(&browser, "/private").await.location();
    assert_eq!(away, "/app/login?return_to=%2Fapp%2Fprivate");
    let url = world.begin(&browser, "/login").await;
    assert!(url.contains("redirect_uri=https%3A%2F%2Fexample.com%2Fapp%2Fcallback"), "{url}");
    assert_eq!(world.get(&browser, &world.callback(&url)).await.location(), "/app/");
}

#[tokio::test]
async fn a_router_without_the_layer_lets_nobody_in() {
    let app: Router = Router::new().route("/", get(|user: LoggedIn| async move { user.sub.clone() }));
    let response =
        app.oneshot(Request::get("/").body(Body::empty()).expect("a request")).await.expect("answers");
    assert_eq!(response.status(), 500);
}
