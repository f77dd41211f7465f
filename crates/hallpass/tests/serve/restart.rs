//! A second start finds what the first one made.

use hallpass_testkit::browser::authorize_url;

use super::connection::Door;
use super::world::{World, https_config};

#[tokio::test]
async fn keys_people_and_what_the_file_does_not_say_are_kept() {
    let (world, certificate) = World::with_https();
    let first = world.serve();
    let door = Door::tls(first.address, &certificate);
    let keys = door.get("/jwks").await.body;
    let browser = door.browser("https://localhost");
    browser.code("web", "https://web.example/cb", &[]).await;
    first.stop();
    world.done(&["client", "disable", "web"]);

    let second = world.serve();
    let door = Door::tls(second.address, &certificate);
    assert_eq!(door.get("/jwks").await.body, keys);
    let shown = world.done(&["client", "show", "web"]);
    assert!(shown.contains("disabled"), "the file does not say that it is enabled: {shown}");
    second.stop();

    let enabled = https_config().replace("client_id = \"web\"", "client_id = \"web\"\ndisabled = false");
    world.write("hallpass.toml", &enabled);
    let third = world.serve();
    // The session of the first start still stands: no sign-in, no consent.
    let door = Door::tls(third.address, &certificate);
    let url = authorize_url("web", "https://web.example/cb", &[("prompt", "none")]);
    let reply = browser.at(door.router()).open(&url).await;
    assert!(reply.location().starts_with("https://web.example/cb?code="), "{}", reply.body);
    third.stop();
}

#[test]
fn a_second_server_on_the_same_address_says_so_in_one_line() {
    let world = World::new();
    let config = |address: &str| {
        format!("issuer = \"http://localhost:9000\"\nlisten = \"{address}\"\ndatabase = \"hallpass.db\"\n")
    };
    world.write("hallpass.toml", &config("127.0.0.1:0"));
    let first = world.serve();
    world.write("hallpass.toml", &config(&first.address.to_string()));
    let output = world.run(&["serve"]);
    let said = super::world::text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with(&format!("hallpass: cannot listen on {}: ", first.address)), "{said}");
}
