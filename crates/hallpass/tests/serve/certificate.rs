//! A new certificate takes the place of the old one while the server runs.

use super::connection::{Door, get};
use super::world::{DEADLINE, World, self_signed};

#[tokio::test]
async fn sighup_takes_up_the_new_certificate_and_open_connections_live() {
    let (world, old) = World::with_https();
    let server = world.serve();
    let mut open = Door::tls(server.address, &old).connect().await.expect("a connection");
    assert_eq!(open.certificate.as_ref(), Some(&old));

    let new = world.new_certificate();
    server.signal("HUP");
    server.wait_for_log("SIGHUP: ");

    let mut after = Door::tls(server.address, &new).connect().await.expect("the new certificate");
    assert_eq!(after.certificate.as_ref(), Some(&new));
    assert_eq!(after.send(get("/jwks")).await.status, 200);
    assert!(Door::tls(server.address, &old).connect().await.is_err(), "the old one is shown no more");
    assert_eq!(open.send(get("/jwks")).await.status, 200, "the connection from before lives");
    server.stop();
}

#[tokio::test]
async fn a_changed_file_is_taken_up_without_a_signal() {
    let (world, _) = World::with_https();
    let server = world.serve();
    let new = world.new_certificate();
    let door = Door::tls(server.address, &new);
    let seen = async {
        while door.connect().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, seen).await.expect("the new certificate");
}

#[tokio::test]
async fn files_that_do_not_belong_together_change_nothing() {
    let (world, old) = World::with_https();
    let server = world.serve();
    // A renewal that has written one file of two, and then one that went wrong.
    let (another, _) = self_signed();
    for (text, told) in
        [(another.pem(), "does not belong to the certificate"), (String::new(), "holds no certificate")]
    {
        world.write("certificate.pem", &text);
        server.signal("HUP");
        server.wait_for_log(told);
        let mut connection = Door::tls(server.address, &old).connect().await.expect("the old certificate");
        assert_eq!(connection.send(get("/livez")).await.status, 200);
    }
    server.stop();
}

#[test]
fn a_server_does_not_start_without_a_usable_certificate() {
    let (world, _) = World::with_https();
    let (_, another_key) = self_signed();
    world.write("key.pem", &another_key.serialize_pem());
    let output = world.run(&["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let said = super::world::text(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("hallpass: hallpass.toml:5: [tls] the key in key.pem does not belong"),
        "{said}"
    );
    assert!(output.stdout.is_empty() && !world.directory.join("data").exists());
}
