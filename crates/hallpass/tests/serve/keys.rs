//! `hallpass key` on the database of a running server, and keys that are sealed under a master key.

use std::process::Command;
use std::time::{Duration, Instant};

use hallpass_testkit::fixture::SECRET;

use super::check::{RIGHT, mistakes_of};
use super::connection::Door;
use super::world::{Running, World, path, text};

const ONE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// The `kid`s of the JWKS.
async fn published(door: &Door) -> Vec<String> {
    let json = door.get("/jwks").await.json();
    let kid = |key: &serde_json::Value| key["kid"].as_str().expect("a kid").to_owned();
    json["keys"].as_array().expect("an array").iter().map(kid).collect()
}

/// Asks until the JWKS is as it should be; every node must follow within a second, and two are enough for a slow machine.
async fn followed(door: &Door, what: impl Fn(&[String]) -> bool) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let kids = published(door).await;
        if what(&kids) {
            return kids;
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "not followed: {kids:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The lines of `key list` about one purpose.
fn listed(world: &World, purpose: &str) -> Vec<String> {
    let list = world.done(&["key", "list"]);
    list.lines().filter(|line| line.contains(&format!(" {purpose} "))).map(str::to_owned).collect()
}

fn kid_of(line: &str) -> String {
    line.split(' ').next().expect("a kid").to_owned()
}

/// One client, and a master key from the environment where there is one.
fn with_master_key(keys: &str) -> World {
    let world = World::new();
    let client = format!(
        "[[client]]\nclient_id = \"service\"\nclient_secret = \"{SECRET}\"\ngrant_types = [\"client_credentials\"]\nscope = \"items:read\"\n"
    );
    world.write(
        "hallpass.toml",
        &format!("{}{keys}{client}", RIGHT.replace("\"localhost:9000\"", "\"127.0.0.1:0\"")),
    );
    world
}

fn serve(world: &World, variables: &[(&str, &str)]) -> Running {
    Running::start(command(world, &["serve"], variables))
}

fn command(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = world.command(arguments);
    command.envs(variables.iter().copied());
    command
}

/// What a command says, whether it went well or not, and whether it did.
fn said(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let output = command(world, arguments, variables).output().expect("runs");
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

async fn token(door: &Door) -> String {
    let reply = door.token("service", SECRET, &[("grant_type", "client_credentials")]).await;
    reply.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", reply.body)).to_owned()
}

/// provider.md, server-rotate-keys, and security.md 55: a running server publishes what the command has made, and signs
/// by it later; what is revoked is gone.
#[tokio::test]
async fn a_running_server_follows_the_commands() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    let before = published(&door).await;
    assert_eq!(listed(&world, "sign ES256").len(), 1);

    let rotated = world.done(&["key", "rotate", "ES256"]);
    assert!(rotated.contains(" is published now, and is used to sign ES256 from 20"), "{rotated}");
    let next = kid_of(&rotated);
    let after = followed(&door, |kids| kids.contains(&next)).await;
    assert!(before.iter().all(|kid| after.contains(kid)));
    let lines = listed(&world, "sign ES256");
    assert!(lines[0].contains(" current since 20") && lines[0].contains(" until 20"), "{lines:?}");
    assert!(lines[1].contains(" next from 20") && lines[1].ends_with("; not sealed"), "{lines:?}");

    let again = world.run(&["key", "rotate", "ES256"]);
    assert!(!again.status.success() && text(&again.stderr).contains("is published and will be used in 8"));

    let stolen = kid_of(&lines[0]);
    let revoked = world.done(&["key", "revoke", &stolen]);
    assert!(revoked.contains(&format!("{next} takes its place from now on")), "{revoked}");
    followed(&door, |kids| !kids.contains(&stolen)).await;

    let added = world.done(&["key", "add", "EdDSA"]);
    let eddsa = kid_of(added.strip_prefix("EdDSA ").expect("the algorithm"));
    followed(&door, |kids| kids.contains(&eddsa)).await;
    let retired = world.done(&["key", "retire", &eddsa]);
    assert!(retired.starts_with(&format!("{eddsa} signs no more, and is published until 20")), "{retired}");
    server.stop();
}

#[test]
fn what_cannot_be_done_with_a_key() {
    let (world, _) = World::with_https();
    world.serve().stop();
    let derive = kid_of(&listed(&world, "derive")[0]);
    for (arguments, why) in [
        (vec!["revoke", "nothing"], "there is no key \"nothing\": `hallpass key list`"),
        (vec!["retire", "nothing"], "there is no key \"nothing\""),
        (vec!["revoke", derive.as_str()], "never replaced"),
        (vec!["rotate", "PS256"], "there is no key to sign PS256: `hallpass key add`"),
        (vec!["rotate", "--ahead", "4m"], "--ahead must be 300 seconds at least"),
        (vec!["add", "RS256"], "there is a key to sign RS256 already"),
        (vec!["rewrap"], "[keys] gives no master key"),
    ] {
        let output = world.run(&[&["key"][..], &arguments].concat());
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{arguments:?}: {said}");
        assert!(said.contains(why) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
    for arguments in [["add", "HS256"], ["add", "none"], ["rotate", "derive"], ["rotate", "es256"]] {
        let output = world.run(&[&["key"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(world.done(&["key", "list"]).lines().count(), 4);
}

/// From a database without a master key to one with, and on to another, without a token that is lost; each step by the
/// documented commands.
#[tokio::test]
async fn private_keys_are_sealed_and_sealed_anew() {
    let world = with_master_key("");
    let server = serve(&world, &[]);
    server.wait_for_log("[keys] master_key is not given: private keys stand in the database as they are");
    let kids = published(&Door::http(server.address)).await;
    let old = token(&Door::http(server.address)).await;
    server.stop();

    let file = world.write("master", &format!("{ONE}\n"));
    world.write(
        "hallpass.toml",
        &with_keys(&world, &format!("[keys]\nmaster_key_file = \"{}\"\n", path(&file))),
    );
    let server = serve(&world, &[]);
    server.wait_for_log("keys are not sealed under the master key: `hallpass key rewrap`");
    let rewrapped = world.done(&["key", "rewrap"]);
    assert!(rewrapped.starts_with("4 keys were not sealed under the master key "), "{rewrapped}");
    assert!(world.done(&["key", "list"]).lines().all(|line| line.contains("; sealed under ")));
    server.stop();

    // Without it, or with another one, nothing starts and nothing changes.
    let sealed = world.done(&["key", "list"]);
    let wrong = with_keys(&world, "[keys]\nmaster_key = \"${MASTER}\"\n");
    world.write("hallpass.toml", &wrong);
    for arguments in [["serve"].as_slice(), &["key", "rotate"], &["key", "rewrap"]] {
        let (well, said) = said(&world, arguments, &[("MASTER", TWO)]);
        assert!(!well && said.contains("is sealed under the master key ") && !said.contains(TWO), "{said}");
    }
    assert_eq!(world.done(&["key", "list"]), sealed);

    let both = "[keys]\nmaster_key = \"${MASTER}\"\nother_master_keys = [\"${OLD}\"]\n";
    world.write("hallpass.toml", &with_keys(&world, both));
    let (well, told) = said(&world, &["key", "rewrap"], &[("MASTER", TWO), ("OLD", ONE)]);
    assert!(well && told.starts_with("4 keys were not sealed"), "{told}");
    world.write("hallpass.toml", &wrong);
    let server = serve(&world, &[("MASTER", TWO)]);
    let door = Door::http(server.address);
    assert_eq!(published(&door).await, kids);
    let form = format!("token={old}");
    let basic = format!("Basic {}", base64_of(&format!("service:{SECRET}")));
    let request = axum::http::Request::post("/introspect")
        .header("host", "localhost")
        .header("authorization", basic)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(form));
    assert_eq!(door.send(request.expect("a request")).await.json()["active"], true);
    server.stop();
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The configuration with another `[keys]`.
fn with_keys(world: &World, keys: &str) -> String {
    let text = std::fs::read_to_string(world.directory.join("hallpass.toml")).expect("a file");
    let head = text.split("[keys]").next().expect("a beginning");
    let head = head.split("[[client]]").next().expect("a beginning");
    let client = text.find("[[client]]").map(|at| &text[at..]).expect("a client");
    format!("{head}{keys}{client}")
}

/// What is sealed is not in the file of the database, and what was not is not after a new key has taken its place.
#[tokio::test]
async fn a_copy_of_the_database_opens_nothing() {
    let world = with_master_key("[keys]\nmaster_key = \"${MASTER}\"\n");
    serve(&world, &[("MASTER", ONE)]).stop();

    let file = std::fs::read(world.directory.join("hallpass.db")).expect("the database");
    // PKCS#8 begins with its version and the algorithm: of an elliptic curve, and of RSA.
    for oid in
        [&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01][..], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]]
    {
        assert!(!file.windows(oid.len()).any(|bytes| bytes == oid), "a private key stands there");
    }
    let plain = with_master_key("");
    serve(&plain, &[]).stop();
    let file = std::fs::read(plain.directory.join("hallpass.db")).expect("the database");
    assert!(
        file.windows(7).any(|bytes| bytes == [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
        "as it is without"
    );
}

#[test]
fn mistakes_in_keys_are_told_with_their_line() {
    let world = World::new();
    world.write("empty", "");
    world.write("junk", "nothing in PEM\n");
    let vault = "[keys.vault]\naddress = \"https://v.example\"\npath = \"p\"\ntoken = \"t\"\n";
    for (keys, line, why) in [
        (
            "[keys]\nmaster_key = \"canary\"\n".to_owned(),
            6,
            "`master_key` is not a master key: 32 random bytes in base64",
        ),
        (
            format!("[keys]\nmaster_key = \"{ONE}\"\nother_master_keys = [\"canary\"]\n"),
            7,
            "is not a master key",
        ),
        (format!("[keys]\nother_master_keys = \"{ONE}\"\n"), 5, "none to seal with: `master_key`"),
        ("[keys]\nmaster_key = \"${NOT_SET_HERE}\"\n".to_owned(), 6, "NOT_SET_HERE is not set"),
        ("[keys]\nmaster_key_file = \"empty\"\n".to_owned(), 6, "`master_key` is empty"),
        ("[keys]\nother_master_key_files = [\"nowhere\"]\n".to_owned(), 6, "cannot be read"),
        ("[keys]\npublish_ahead = \"4m\"\n".to_owned(), 6, "is shorter than jwks_max_age"),
        ("[keys]\nrotate_every = \"1d\"\n".to_owned(), 6, "must be longer than publish_ahead"),
        ("[keys]\njwks_max_age = \"2d\"\n".to_owned(), 6, "is longer than a day"),
        ("[keys]\nmaster_kei = 1\n".to_owned(), 6, "did you mean `master_key`?"),
        (format!("[keys]\nmaster_key = \"{ONE}\"\n{vault}"), 7, "are both given: keep one"),
        (vault.replace("https", "http"), 6, "would send the token for everybody to read"),
        (vault.replace("v.example", "v.example/v1"), 6, "a scheme, a host and a port, and nothing else"),
        (vault.replace("token = \"t\"\n", ""), 5, "needs either `token`"),
        (vault.replace("token = \"t\"", "token = \"t\"\nrole_id = \"r\""), 5, "needs either `token`"),
        (vault.replace("path = \"p\"\n", ""), 5, "`path` is missing"),
        (format!("{vault}ca_file = \"empty\"\n"), 9, "`ca_file` is empty"),
        (format!("{vault}ca_file = \"junk\"\n"), 9, "`ca_file` cannot be used"),
    ] {
        let mistakes = mistakes_of(&world, &format!("{RIGHT}{keys}"));
        assert!(mistakes[0].starts_with(&format!("hallpass.toml:{line}: ")), "{keys}: {mistakes:?}");
        assert!(mistakes[0].contains(why) && !mistakes[0].contains("canary"), "{keys}: {mistakes:?}");
    }
}
