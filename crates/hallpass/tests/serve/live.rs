//! `hallpass client` and `hallpass user` on the database of a running server.

use hallpass_testkit::browser::{authorize_url, form_of};
use hallpass_testkit::{Browser, Reply};

use super::connection::Door;
use super::world::{DEADLINE, World, text, value_of};

const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// Asks until the answer is the expected one: a change in the store is seen within a second.
async fn seen(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let seen = async {
        while !ask().await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, seen).await.is_ok(), "not seen: {what}");
}

#[tokio::test]
async fn a_client_comes_goes_and_comes_back() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);

    let added = world.done(&[
        "client",
        "add",
        "nightly",
        "--grant-type",
        "client_credentials",
        "--scope",
        "items:read",
    ]);
    let secret = value_of(&added, "client_secret");
    assert_eq!((value_of(&added, "client_id").as_str(), secret.len()), ("nightly", 43));
    let reply = door.token("nightly", &secret, &GRANT).await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()["scope"].as_str()),
        (200, Some("items:read")),
        "{}",
        reply.body
    );

    assert_eq!(world.done(&["client", "disable", "nightly"]), "nightly is disabled\n");
    seen("disabled", async || door.token("nightly", &secret, &GRANT).await.error() == "invalid_client").await;
    assert_eq!(world.done(&["client", "enable", "nightly"]), "nightly is active\n");
    seen("enabled", async || door.token("nightly", &secret, &GRANT).await.status == 200).await;

    let listed = world.done(&["client", "list"]);
    assert_eq!(
        listed.lines().map(|line| line.split(' ').next()).collect::<Vec<_>>(),
        [Some("nightly"), Some("web")]
    );
    let shown = world.done(&["client", "show", "web"]);
    assert_eq!(value_of(&shown, "redirect_uris"), "https://web.example/cb");
    assert_eq!(value_of(&shown, "grant_types"), "authorization_code refresh_token");
    assert!(!listed.contains(&secret) && !world.done(&["client", "show", "nightly"]).contains(&secret));
    server.stop();
}

#[test]
fn what_a_client_cannot_be() {
    let (world, _) = World::with_https();
    let output = world.run(&["client", "list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("there is no database data/hallpass.db"),
        "a slip is not an empty database"
    );
    world.serve().stop();
    for (arguments, why) in [
        (vec!["add", "web", "--redirect-uri", "https://a.example/"], "there is a client \"web\" already"),
        (vec!["add", "a"], "redirect_uris is empty"),
        (vec!["add", "a", "--redirect-uri", "http://a.example/"], "cannot be registered"),
        (
            vec!["add", "a", "--auth-method", "none", "--grant-type", "client_credentials"],
            "from a public client",
        ),
        (vec!["show", "nobody"], "there is no client \"nobody\""),
        (vec!["disable", "nobody"], "there is no client \"nobody\""),
    ] {
        let output = world.run(&[&["client"][..], &arguments].concat());
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains(why) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
    assert_eq!(world.done(&["client", "list"]).lines().count(), 1);
    let old = ["client", "add", "old", "--without-pkce", "--redirect-uri", "https://old.example/"];
    world.done(&old);
    for (client_id, required) in [("old", "false"), ("web", "true")] {
        assert_eq!(value_of(&world.done(&["client", "show", client_id]), "require_pkce"), required);
    }
    let public =
        world.done(&["client", "add", "--auth-method", "none", "--redirect-uri", "https://a.example/"]);
    assert_eq!((public.lines().count(), value_of(&public, "client_id").len()), (1, 22), "{public}");
}

#[tokio::test]
async fn a_person_comes_gets_another_password_and_goes() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);

    let add = [
        "user",
        "add",
        "Grace@Example.com",
        "--also",
        "grace",
        "--name",
        "Grace Hopper",
        "--claim",
        "zoneinfo=America/New_York",
    ];
    let added = world.run_with_input(&add, "nanoseconds\n");
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(
        text(&added.stdout).starts_with("grace@example.com, grace has the sub "),
        "{}",
        text(&added.stdout)
    );
    assert!(signs_in(&door, "grace", "nanoseconds").await);

    let file = world.write("password", "compiler-of-1952\r\n");
    let set = ["user", "set-password", "grace", "--password-file", super::world::path(&file)];
    assert_eq!(world.done(&set), "grace@example.com, grace has a new password\n");
    assert!(!signs_in(&door, "grace", "nanoseconds").await);
    assert!(signs_in(&door, "GRACE@example.com", "compiler-of-1952").await);

    assert_eq!(world.done(&["user", "disable", "grace"]), "grace@example.com, grace is disabled\n");
    assert!(!signs_in(&door, "grace", "compiler-of-1952").await);
    assert_eq!(world.done(&["user", "enable", "grace"]), "grace@example.com, grace is active\n");
    assert!(signs_in(&door, "grace", "compiler-of-1952").await);
    server.stop();
}

#[test]
fn what_a_person_cannot_be() {
    let (world, _) = World::with_https();
    world.serve().stop();
    for (arguments, input, why) in [
        (
            vec!["add", " ADA@example.com"],
            "long enough",
            "there is somebody with the login \"ada@example.com\" already",
        ),
        (vec!["add", "a", "--also", "ada@example.com"], "long enough", "there is somebody with the login"),
        (vec!["add", " "], "long enough", "a login is empty"),
        (vec!["add", "a"], "7 chars\n", "a password has 8 characters at least"),
        (vec!["add", "a"], "", "a password has 8 characters at least"),
        (vec!["add", "a", "--claim", "sub=x"], "long enough", "sub is not a claim to choose"),
        (vec!["add", "a", "--password-file", "nowhere"], "", "cannot read nowhere"),
        (vec!["set-password", "nobody"], "long enough", "there is nobody with the login \"nobody\""),
        (vec!["disable", "nobody"], "", "there is nobody with the login \"nobody\""),
    ] {
        let output = world.run_with_input(&[&["user"][..], &arguments].concat(), input);
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{arguments:?}: {said}");
        assert!(said.contains(why) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
}

#[test]
fn a_database_can_be_named_without_a_configuration() {
    let (world, _) = World::with_https();
    world.serve().stop();
    std::fs::remove_file(world.directory.join("hallpass.toml")).expect("removed");
    let listed = world.done(&["client", "list", "--database", "data/hallpass.db"]);
    assert!(listed.starts_with("web "), "{listed}");
}

#[test]
fn the_database_is_found_although_the_secrets_of_the_server_are_elsewhere() {
    let (world, _) = World::with_https();
    world.serve().stop();
    let file = super::world::https_config()
        + "\n[[client]]\nclient_id = \"b\"\nclient_secret = \"${NOT_SET_HERE}\"\n";
    world.write("hallpass.toml", &file);
    assert!(!world.run(&["config", "check"]).status.success());
    assert!(world.done(&["client", "list"]).starts_with("web "));
}

/// Whether a new browser can sign in.
pub(crate) async fn signs_in(door: &Door, login: &str, password: &str) -> bool {
    let browser: Browser = door.browser("https://localhost");
    let page: Reply = browser.open(&authorize_url("web", "https://web.example/cb", &[])).await;
    form_of(&page, "sign-in");
    let reply = browser.submit(&page, "sign-in", &[("username", login), ("password", password)]).await;
    reply.status.is_redirection()
}
