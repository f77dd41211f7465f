//! Clients that register themselves at a running server, and the tokens that let them.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use hallpass_testkit::Reply;

use super::connection::Door;
use super::world::{World, https_config, text, value_of};

async fn send(door: &Door, method: Method, path: &str, token: &str, body: Option<Value>) -> Reply {
    let mut request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    door.send(request.body(body).expect("a request")).await
}

#[tokio::test]
async fn the_holder_of_a_token_registers_a_client() {
    let (world, certificate) = World::with_https();
    let policy = "\n[registration]\naccess = \"initial-access-token\"\nscope = \"openid\"\n";
    world.write("hallpass.toml", &(https_config() + policy));
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    let added = world.done(&["client", "registration-token", "add", "--uses", "1", "--label", "the lab"]);
    let token = value_of(&added, "token");
    let app = || Some(json!({"redirect_uris": ["https://new.example/cb"], "client_name": "New app"}));

    let reply = send(&door, Method::POST, "/register", &token, app()).await;

    assert_eq!(reply.status, 201, "{}", reply.body);
    let client = reply.json();
    let id = client["client_id"].as_str().expect("an id");
    assert_eq!(client["scope"], "openid");
    assert!(world.done(&["client", "show", id]).contains("client_name                  New app\n"));
    assert_eq!(send(&door, Method::POST, "/register", &token, app()).await.status, 401, "one client");

    let listed = world.done(&["client", "registration-token", "list"]);
    assert!(listed.contains("0 clients; does not end; the lab"), "{listed}");
    assert!(!listed.contains(&token), "it is shown once");
    let token_id = value_of(&added, "id");
    world.done(&["client", "registration-token", "revoke", &token_id]);
    assert_eq!(world.done(&["client", "registration-token", "list"]), "");
    let again = world.run(&["client", "registration-token", "revoke", &token_id]);
    assert!(text(&again.stderr).contains("there is no initial access token"), "{}", text(&again.stderr));

    let managing = client["registration_access_token"].as_str().expect("a token");
    let path = format!("/register/{id}");
    assert_eq!(send(&door, Method::GET, &path, managing, None).await.json()["client_name"], "New app");
    assert_eq!(world.done(&["client", "remove", id]), format!("{id} is removed\n"));
    assert_eq!(send(&door, Method::GET, &path, managing, None).await.status, 401);
    let again = world.run(&["client", "remove", id]);
    assert!(text(&again.stderr).contains("there is no client"), "{}", text(&again.stderr));
    server.stop();
}

#[test]
fn a_client_is_added_from_a_file_of_metadata() {
    let (world, _) = World::with_https();
    world.serve().stop();
    let metadata = json!({
        "redirect_uris": ["https://new.example/cb"], "client_name": "From the file", "client_name#de": "Aus der Datei",
        "default_max_age": 60, "scope": "openid",
    });
    world.write("client.json", &metadata.to_string());
    world.done(&["client", "add", "new", "--metadata", "client.json", "--scope", "openid email"]);
    let shown = world.done(&["client", "show", "new"]);
    assert_eq!(value_of(&shown, "client_name "), "From the file");
    assert_eq!(value_of(&shown, "client_name#de"), "Aus der Datei");
    assert_eq!(value_of(&shown, "default_max_age"), "60");
    assert_eq!(value_of(&shown, "scope"), "openid email", "a flag wins");

    world.write("bad.json", "{\"redirect_uris\": \"https://new.example/cb\"}");
    let output = world.run(&["client", "add", "bad", "--metadata", "bad.json"]);
    let said = text(&output.stderr);
    assert!(said.contains("bad.json cannot be read: redirect_uris must be an array of strings"), "{said}");
}
