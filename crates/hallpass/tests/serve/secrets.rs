//! Secrets come from three places, and go nowhere.

use hallpass_testkit::browser::authorize_url;

use super::connection::Door;
use super::world::{Running, World, text};

const PLAIN: &str = "canary-in-the-file-0123456789-0123456789";
const VARIABLE: &str = "canary-in-the-environment-0123456789-01";
const FILE: &str = "canary-in-a-file-0123456789-0123456789-0";
const PASSWORD: &str = "canary-the-password";

fn config() -> String {
    let client = |id: &str, secret: &str| {
        format!(
            "[[client]]\nclient_id = \"{id}\"\ngrant_types = [\"client_credentials\"]\nscope = \"items:read\"\n{secret}\n"
        )
    };
    format!(
        "issuer = \"http://localhost:9000\"\nlisten = \"127.0.0.1:0\"\ndatabase = \"hallpass.db\"\n{}{}{}{}",
        client("plain", &format!("client_secret = \"{PLAIN}\"")),
        client("variable", "client_secret = \"${THE_SECRET}\""),
        client("file", "client_secret_file = \"secret\""),
        "[[client]]\nclient_id = \"spa\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = \"https://spa.example/cb\"\nscope = \"openid\"\n[[user]]\nlogins = \"ada\"\npassword_file = \"password\"\n",
    )
}

fn world() -> World {
    let world = World::new();
    world.write("secret", &format!("{FILE}\n"));
    world.write("password", &format!("{PASSWORD}\r\n"));
    world.write("hallpass.toml", &config());
    world
}

#[tokio::test]
async fn each_of_the_three_works_and_nothing_prints_them() {
    let world = world();
    let mut check = world.command(&["config", "check"]);
    let checked = check.env("THE_SECRET", VARIABLE).output().expect("runs");
    assert!(checked.status.success());
    let mut said = text(&checked.stdout) + &text(&checked.stderr);
    assert!(said.contains("hallpass.toml:8: `client_secret` stands in the file as it is"), "{said}");

    let mut serve = world.command(&["serve"]);
    serve.env("THE_SECRET", VARIABLE).env("HALLPASS_LOG", "trace");
    let server = Running::start(serve);
    let door = Door::http(server.address);
    for (client_id, secret) in [("plain", PLAIN), ("variable", VARIABLE), ("file", FILE)] {
        let fields = [("grant_type", "client_credentials")];
        assert_eq!(door.token(client_id, secret, &fields).await.status, 200, "{client_id}");
        assert_eq!(door.token(client_id, "wrong", &fields).await.error(), "invalid_client");
    }
    let browser = door.browser("http://localhost:9000");
    let page = browser.open(&authorize_url("spa", "https://spa.example/cb", &[("scope", "openid")])).await;
    let reply = browser.submit(&page, "sign-in", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert!(reply.status.is_redirection(), "{}", reply.body);
    server.signal("TERM");
    said += &server.end().1;

    assert!(
        said.contains("hallpass::request") && said.contains("signed_in"),
        "there is a log to look at: {said}"
    );
    assert!(!said.contains("canary"), "{said}");
    assert!(!said.contains("$argon2"), "{said}");
    let file = std::fs::read(world.directory.join("hallpass.db")).expect("the database");
    assert!(!file.windows(6).any(|bytes| bytes == b"canary"), "the database holds digests");
}

#[test]
fn a_mistake_beside_a_secret_does_not_show_it() {
    let world = world();
    for (right, wrong) in [
        (format!("\"{PLAIN}\""), format!("\"{PLAIN}")),
        (format!("\"{PLAIN}\""), format!("\"{PLAIN}${{NOT_SET_HERE}}\"")),
        (format!("\"{PLAIN}\""), format!("[\"{PLAIN}\"]")),
        (format!("\"{PLAIN}\""), PLAIN.to_owned()),
        ("password_file = \"password\"".to_owned(), format!("password_hash = \"{PASSWORD}\"")),
    ] {
        world.write("hallpass.toml", &config().replace(&right, &wrong));
        let mut command = world.command(&["config", "check"]);
        let output = command.env("THE_SECRET", VARIABLE).output().expect("runs");
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{wrong}");
        assert!(said.contains("hallpass.toml:") && !said.contains("canary"), "{said}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world();
    let mut serve = world.command(&["serve"]);
    let server = Running::start({
        serve.env("THE_SECRET", VARIABLE);
        serve
    });
    let mode = std::fs::metadata(world.directory.join("hallpass.db")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.stop();
}
