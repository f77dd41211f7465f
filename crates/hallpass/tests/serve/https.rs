//! The issuer by TLS.

use hallpass_testkit::browser::VERIFIER;
use hallpass_testkit::fixture::SECRET;
use rustls::version::{TLS12, TLS13};

use super::connection::{Door, get};
use super::world::World;

#[tokio::test]
async fn a_person_signs_in_and_the_code_becomes_tokens() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);

    let browser = door.browser("https://localhost");
    let code = browser.code("web", "https://web.example/cb", &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://web.example/cb"),
        ("code_verifier", VERIFIER),
    ];
    let reply = door.token("web", SECRET, &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let token = reply.json()["access_token"].as_str().expect("a token").to_owned();
    assert!(reply.json()["id_token"].is_string() && reply.json()["refresh_token"].is_string());

    let mut request = get("/userinfo");
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a value"));
    assert_eq!(door.send(request).await.json()["name"], "Ada Lovelace");
    // On https, cookies are for this host alone and never go over http.
    assert!(!browser.cookies().is_empty());
    assert!(browser.cookies().keys().all(|name| name.starts_with("__Host-")), "{:?}", browser.cookies());
    server.stop();
}

#[tokio::test]
async fn the_start_says_what_is_served_where() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let expected = format!(
        "Hallpass {} is https://localhost, listening for https on {}, with the database {}\n",
        env!("CARGO_PKG_VERSION"),
        server.address,
        "data/hallpass.db"
    );
    assert_eq!(server.started, expected);
    let metadata = Door::tls(server.address, &certificate).get("/.well-known/openid-configuration").await;
    assert_eq!(metadata.json()["issuer"], "https://localhost");
    assert_eq!(metadata.json()["token_endpoint"], "https://localhost/token");
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_http_is_not() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    for version in [&TLS12, &TLS13] {
        let door = Door::tls_with(server.address, &certificate, &[version]);
        assert_eq!(door.get("/livez").await.status, 200, "{version:?}");
    }
    let mut plain = Door::http(server.address).connect().await.expect("a connection");
    assert!(plain.try_send(get("/livez")).await.is_none());
    // And it goes on for the others.
    assert_eq!(Door::tls(server.address, &certificate).get("/livez").await.status, 200);
}
