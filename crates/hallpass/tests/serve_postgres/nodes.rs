//! Two nodes over one database are one server.

use std::time::{Duration, Instant};

use hallpass_testkit::Reply;
use hallpass_testkit::browser::VERIFIER;
use hallpass_testkit::fixture::SECRET;

use crate::connection::Door;
use crate::database::Database;
use crate::world::{DEADLINE, World, text};

const CALLBACK: &str = "https://web.example/cb";

async fn redeem(door: &Door, code: &str) -> Reply {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    door.token("web", SECRET, &fields).await
}

async fn refresh(door: &Door, token: &str) -> Reply {
    door.token("web", SECRET, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// A new browser at `door`, and the refresh token of the code that it gets there and that `other` redeems.
async fn refresh_token(door: &Door, other: &Door) -> String {
    let code = code(door).await;
    let reply = redeem(other, &code).await;
    reply.json()["refresh_token"].as_str().unwrap_or_else(|| panic!("{}", reply.body)).to_owned()
}

async fn code(door: &Door) -> String {
    let scope = [("scope", "openid profile offline_access"), ("prompt", "consent")];
    door.browser("https://localhost").code("web", CALLBACK, &scope).await
}

#[tokio::test]
async fn a_code_of_one_is_redeemed_at_the_other_and_once() {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let (a, b) = (world.serve(), world.serve());
    let (door_a, door_b) = (Door::tls(a.address, &certificate), Door::tls(b.address, &certificate));

    let code = code(&door_a).await;
    let reply = redeem(&door_b, &code).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let token = reply.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
    let rotated = refresh(&door_a, &token).await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let newest = rotated.json()["refresh_token"].as_str().expect("a refresh token").to_owned();

    // A replay ends what came of the code, at every node.
    assert_eq!(redeem(&door_a, &code).await.error(), "invalid_grant");
    assert_eq!(refresh(&door_b, &newest).await.error(), "invalid_grant");
    assert_eq!(door_a.get("/readyz").await.status, 200);
    a.stop();
    b.stop();
}

#[tokio::test]
async fn a_browser_that_signed_in_at_one_is_known_at_the_other() {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let (a, b) = (world.serve(), world.serve());
    let (door_a, door_b) = (Door::tls(a.address, &certificate), Door::tls(b.address, &certificate));

    let browser = door_a.browser("https://localhost");
    browser.code("web", CALLBACK, &[]).await;
    let url = hallpass_testkit::browser::authorize_url("web", CALLBACK, &[("prompt", "none")]);
    let reply = browser.at(door_b.router()).open(&url).await;

    assert!(reply.location().starts_with("https://web.example/cb?code="), "{}", reply.location());
    a.stop();
    b.stop();
}

/// Asks until a token is refused; within two seconds it must be.
async fn refused_soon(door: &Door, token: &str, error: &str) {
    let start = Instant::now();
    loop {
        let reply = refresh(door, token).await;
        if reply.status != 200 {
            assert_eq!(reply.error(), error);
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(2), "not refused in time: {}", reply.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asks until this is the error, in place of another one.
async fn refused_later(door: &Door, token: &str, error: &str) {
    let start = Instant::now();
    while refresh(door, token).await.error() != error {
        assert!(start.elapsed() < DEADLINE, "never {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_is_disabled_by_command_is_refused_by_both() {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let (a, b) = (world.serve(), world.serve());
    let (door_a, door_b) = (Door::tls(a.address, &certificate), Door::tls(b.address, &certificate));
    let (of_a, of_b) = (refresh_token(&door_b, &door_a).await, refresh_token(&door_a, &door_b).await);

    assert_eq!(world.done(&["client", "disable", "web"]), "web is disabled\n");
    refused_soon(&door_a, &of_a, "invalid_client").await;
    refused_soon(&door_b, &of_b, "invalid_client").await;

    world.done(&["client", "enable", "web"]);
    refused_later(&door_a, "no token", "invalid_grant").await;
    refused_later(&door_b, "no token", "invalid_grant").await;
    assert_eq!(world.done(&["user", "disable", "ada@example.com"]), "ada@example.com is disabled\n");
    refused_soon(&door_a, &of_a, "invalid_grant").await;
    refused_soon(&door_b, &of_b, "invalid_grant").await;
    a.stop();
    b.stop();
}

#[tokio::test]
async fn nodes_that_start_together_have_the_same_keys_and_keep_them() {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let (a, b) = std::thread::scope(|scope| {
        let a = scope.spawn(|| world.serve());
        (world.serve(), a.join().expect("starts"))
    });
    let keys = Door::tls(a.address, &certificate).get("/jwks").await.body;
    assert!(keys.contains("\"kid\""), "{keys}");
    assert_eq!(Door::tls(b.address, &certificate).get("/jwks").await.body, keys);
    a.stop();
    b.stop();

    let again = world.serve();
    assert_eq!(Door::tls(again.address, &certificate).get("/jwks").await.body, keys);
    again.stop();
}

#[tokio::test]
async fn clients_and_people_are_managed_by_a_url() {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let server = world.serve();
    let (url, password) = database.url_and_password();
    let run = |world: &World, arguments: &[&str]| {
        let mut command = world.command(&[arguments, &["--database", &url]].concat());
        let output = command.env("PGPASSWORD", &password).output().expect("runs");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    world.write("password", "nanoseconds\n");
    let added = run(&world, &["client", "add", "cron", "--grant-type", "client_credentials", "--scope", "a"]);
    run(&world, &["user", "add", "grace", "--password-file", "password"]);

    let secret = crate::world::value_of(&added, "client_secret");
    let door = Door::tls(server.address, &certificate);
    let reply = door.token("cron", &secret, &[("grant_type", "client_credentials")]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let browser = door.browser("https://localhost");
    let page = browser.open(&hallpass_testkit::browser::authorize_url("web", CALLBACK, &[])).await;
    let reply = browser.submit(&page, "sign-in", &[("username", "grace"), ("password", "nanoseconds")]).await;
    assert!(reply.status.is_redirection(), "{}", reply.body);
    let listed = run(&world, &["client", "list"]);
    assert_eq!(listed.lines().map(|l| l.split(' ').next().unwrap()).collect::<Vec<_>>(), ["cron", "web"]);
    server.stop();
}
