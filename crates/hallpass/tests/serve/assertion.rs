//! Clients that authenticate by assertions, in the file and by `hallpass client add`.

use hallpass_proto::assertion::{AssertionClaims, JWT_BEARER};
use hallpass_proto::env::Env;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::param::Form;
use hallpass_testkit::Reply;
use hallpass_testkit::fixture::SECRET;

use super::connection::{Door, post};
use super::world::{World, https_config, value_of};

/// A token for itself.
async fn token(door: &Door, client_id: &str, key: &SigningKey) -> Reply {
    let env = Env::system();
    let claims = AssertionClaims::new(client_id, "https://localhost", env.id(), env.now(), 60);
    let assertion = claims.sign(key).expect("an assertion");
    let form: Form<'_> = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.expose().as_str()),
    ]
    .into_iter()
    .collect();
    door.send(post("/token", form.encode())).await
}

fn jwks(key: &SigningKey) -> String {
    let keys = key.public_jwk().cloned().into_iter().collect();
    serde_json::to_string(&JwkSet { keys }).expect("JSON")
}

#[tokio::test]
async fn clients_authenticate_by_a_key_or_by_a_secret_that_stays_here() {
    let world = World::new();
    let certificate = world.new_certificate();
    let (keyed, added) = (SigningKey::generate(SigningAlg::Es256), SigningKey::generate(SigningAlg::EdDsa));
    let (keyed, added) = (keyed.expect("a key"), added.expect("a key"));
    world.write("keyed.json", &jwks(&keyed));
    world.write("added.json", &jwks(&added));
    let services = format!(
        r#"
[[client]]
client_id = "keyed"
token_endpoint_auth_method = "private_key_jwt"
jwks_file = "keyed.json"
grant_types = ["client_credentials"]

[[client]]
client_id = "hmac"
client_secret = "{SECRET}"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
"#
    );
    world.write("hallpass.toml", &(https_config() + &services));
    let hmac = SigningKey::hmac(SigningAlg::Hs256, SECRET.as_bytes()).expect("a key");

    // once more, so that what was sealed at the first start is seen to open after the second
    world.serve().stop();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    for (client_id, key) in [("keyed", &keyed), ("hmac", &hmac)] {
        let reply = token(&door, client_id, key).await;
        assert_eq!(reply.status, 200, "{client_id} {}", reply.body);
        token(&door, client_id, &added).await.assert_refused(401, "invalid_client");
    }
    let service = ["--grant-type", "client_credentials", "--scope", "items:read"];
    let by_key = ["client", "add", "added", "--auth-method", "private_key_jwt", "--jwks-file", "added.json"];
    let said = world.done(&[&by_key[..], &service].concat());
    assert!(!said.contains("client_secret"), "{said}");
    assert_eq!(token(&door, "added", &added).await.status, 200);

    let by_secret = ["client", "add", "made", "--auth-method", "client_secret_jwt"];
    let secret = value_of(&world.done(&[&by_secret[..], &service].concat()), "client_secret");
    let made = SigningKey::hmac(SigningAlg::Hs512, secret.as_bytes()).expect("a long secret");
    assert_eq!(token(&door, "made", &made).await.status, 200);
    server.stop();
}
