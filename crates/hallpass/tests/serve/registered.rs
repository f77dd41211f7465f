//! Clients and people of the file, in the database.

use hallpass_proto::env::Env;
use hallpass_proto::secret::Secret;
use hallpass_server::password::hash_password;

use super::connection::Door;
use super::live::signs_in;
use super::world::{World, https_config, text, value_of};

fn with_user(user: &str) -> String {
    format!("{}\n[[user]]\n{user}\n", https_config())
}

#[tokio::test]
async fn a_hash_in_the_file_is_a_password() {
    let (world, certificate) = World::with_https();
    let hash = hash_password(&Secret::from("nanoseconds"), &Env::system()).expect("a hash");
    let user = format!("logins = [\"Grace\"]\nsub = \"grace-1906\"\npassword_hash = \"{}\"", hash.expose());
    world.write("hallpass.toml", &with_user(&user));
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    assert!(signs_in(&door, "grace", "nanoseconds").await);
    assert!(!signs_in(&door, "grace", hash.expose()).await);
    server.stop();
}

#[tokio::test]
async fn what_stands_in_the_file_wins_at_the_next_start() {
    let (world, certificate) = World::with_https();
    world.write("hallpass.toml", &with_user("logins = \"grace\"\npassword = \"the first one\""));
    world.serve().stop();
    world.run_with_input(&["user", "set-password", "grace"], "by command\n");

    let second = https_config().replace("openid profile offline_access", "openid profile email");
    let user = "\n[[user]]\nlogins = [\"hopper\", \"grace\"]\npassword = \"the second one\"\n";
    world.write("hallpass.toml", &(second + user));
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    assert!(!signs_in(&door, "grace", "the first one").await);
    assert!(!signs_in(&door, "grace", "by command").await);
    assert!(signs_in(&door, "hopper", "the second one").await, "the same person has another login");
    assert_eq!(value_of(&world.done(&["client", "show", "web"]), "scope"), "openid profile email");
    server.stop();
}

#[test]
fn a_login_that_is_somebody_elses_stops_the_start() {
    let (world, _) = World::with_https();
    world.write(
        "hallpass.toml",
        &with_user("logins = \"grace\"\nsub = \"one\"\npassword = \"the first one\""),
    );
    world.serve().stop();
    world.write(
        "hallpass.toml",
        &with_user("logins = \"grace\"\nsub = \"two\"\npassword = \"the first one\""),
    );
    let output = world.run(&["serve"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    let expected = "hallpass: the login \"grace\" of a [[user]] belongs to somebody else in the database, whose sub is \"one\"";
    assert_eq!(said.lines().last(), Some(expected), "{said}");
}
