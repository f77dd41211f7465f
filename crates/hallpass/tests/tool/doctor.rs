//! `hallpass doctor`.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::world::{World, command, run, text};

/// Something at a port of this machine.
async fn serve(router: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://127.0.0.1:{}", listener.local_addr().expect("bound").port());
    let router = router(&url);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn examined(url: &str) -> (bool, String) {
    let output = run(command(&["doctor", url]), "").await;
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[tokio::test]
async fn our_own_issuer_is_well() {
    let world = World::new().await;
    let (well, said) = examined(&world.issuer).await;
    assert!(well && said.contains("is an issuer"), "{said}");
    for expected in [
        "ok    it does PKCE by S256",
        "ok    its JWK Set holds no private member",
        "ok    it does not redirect for a client that it does not know",
        "ok    its clock agrees",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
}

/// apps.md, row 13: two URLs that look the same.
#[tokio::test]
async fn a_slash_too_many_is_found() {
    let world = World::new().await;
    let (well, said) = examined(&format!("{}/", world.issuer)).await;
    assert!(!well && said.contains("BAD   issuer in the metadata is another"), "{said}");
}

#[tokio::test]
async fn an_issuer_that_publishes_its_private_key_is_found() {
    let url = serve(|url| {
        let metadata = format!(
            r#"{{"issuer":"{url}","jwks_uri":"{url}/jwks","authorization_endpoint":"{url}/authorize"}}"#
        );
        let jwks = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]}"#;
        let redirect = [(header::LOCATION, "https://nobody.invalid/callback?error=unauthorized_client")];
        Router::new()
            .route("/.well-known/openid-configuration", get(move || async move { metadata }))
            .route("/jwks", get(move || async move { jwks }))
            .route("/authorize", get(move || async move { (StatusCode::SEE_OTHER, redirect) }))
    })
    .await;
    let (well, said) = examined(&url).await;
    assert!(!well, "{said}");
    for expected in
        ["BAD   its JWK Set holds private keys", "BAD   it redirects to where an unknown client says"]
    {
        assert!(said.contains(expected), "{expected} in {said}");
    }
}

#[tokio::test]
async fn an_app_behind_a_proxy_that_does_not_know_its_address_is_found() {
    let world = World::new().await;
    let location = format!(
        "{}/authorize?response_type=code&client_id=web&redirect_uri=http%3A%2F%2Finternal%3A8080%2Fcallback&scope=openid",
        world.issuer
    );
    let url = serve(|_| {
        let headers =
            [(header::LOCATION, location), (header::SET_COOKIE, "attempt=1; SameSite=Strict".to_owned())];
        Router::new().route("/login", get(move || async move { (StatusCode::SEE_OTHER, headers) }))
    })
    .await;
    let (well, said) = examined(&url).await;
    assert!(!well && said.contains("is an app"), "{said}");
    for expected in [
        "BAD   it does no PKCE",
        "BAD   it sends no state",
        "elsewhere than",
        "BAD   a cookie is not HttpOnly",
        "BAD   a cookie is SameSite=Strict",
        "hallpass doctor",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
}

#[tokio::test]
async fn an_api_is_looked_at_from_its_metadata() {
    let world = World::new().await;
    let url = serve(|url| {
        let metadata = format!(
            r#"{{"resource":"{url}/","authorization_servers":["{}","http://127.0.0.1:9"]}}"#,
            world.issuer
        );
        Router::new().route("/.well-known/oauth-protected-resource", get(move || async move { metadata }))
    })
    .await;
    let (well, said) = examined(&url).await;
    assert!(!well && said.contains("is an API"), "{said}");
    assert!(said.contains("BAD   http://127.0.0.1:9 has no metadata"), "{said}");
}

#[tokio::test]
async fn what_is_none_of_these_is_told() {
    let url = serve(|_| Router::new()).await;
    let (well, said) = examined(&url).await;
    assert!(!well && said.contains("is no issuer"), "{said}");
}
