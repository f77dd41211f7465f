//! http: on this machine, or to a proxy that ends TLS.

use super::connection::{Door, get};
use super::world::World;

#[tokio::test]
async fn behind_a_proxy_every_url_comes_from_the_issuer() {
    let world = World::new();
    world.write(
        "hallpass.toml",
        "issuer = \"https://login.example/op\"\nlisten = \"127.0.0.1:0\"\ndatabase = \"hallpass.db\"\n",
    );
    let server = world.serve();
    let mut request = get("/op/.well-known/openid-configuration");
    for (name, value) in
        [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")]
    {
        request.headers_mut().insert(name, value.parse().expect("a value"));
    }
    let reply = Door::http(server.address).send(request).await;
    assert_eq!(reply.json()["issuer"], "https://login.example/op");
    assert!(!reply.body.contains("evil.example"), "{}", reply.body);
    assert_eq!(Door::http(server.address).get("/readyz").await.body, "ok\n");
    // There is no certificate, and the signal must not end the program.
    server.signal("HUP");
    server.wait_for_log("there is no certificate to read again");
    server.stop();
}

/// Behind a proxy that is not named, nobody's address counts: the operator hears of it, once, and of how to mend it.
#[test]
fn a_proxy_that_is_not_trusted_is_warned_of() {
    let world = World::new();
    let config = "issuer = \"https://login.example\"\nlisten = \"127.0.0.1:0\"\ndatabase = \"hallpass.db\"\n";
    for (more, warnings) in [("", 1), ("trusted_proxies = [\"127.0.0.1\"]\n", 0)] {
        world.write("hallpass.toml", &format!("{config}{more}"));
        let server = world.serve();
        server.signal("TERM");
        let (_, log) = server.end();
        assert_eq!(
            log.matches("the addresses of people and devices are not known").count(),
            warnings,
            "{log}"
        );
    }
}

#[tokio::test]
async fn every_address_of_the_list_is_served() {
    let world = World::new();
    world.write(
        "hallpass.toml",
        "issuer = \"http://localhost:9000\"\nlisten = [\"127.0.0.1:0\", \"127.0.0.2:0\"]\ndatabase = \"hallpass.db\"\n",
    );
    let server = world.serve();
    let addresses = server.started.split_once(" on ").and_then(|(_, rest)| rest.split_once(", with"));
    let (addresses, _) = addresses.expect("the addresses");
    let addresses: Vec<&str> = addresses.split(", ").collect();
    assert_eq!(addresses.len(), 2, "{}", server.started);
    for address in addresses {
        let door = Door::http(address.parse().expect("an address"));
        assert_eq!(door.get("/livez").await.status, 200, "{address}");
    }
}
