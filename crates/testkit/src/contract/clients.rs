//! Registered clients.

use std::sync::Arc;

use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::store::Store;

use super::world::*;

fn client(client_id: &str, client_name: &str) -> Client {
    let uri = RedirectUri::parse(REDIRECT_URI).expect("a redirect URI");
    Client {
        client_name: client_name.to_owned(),
        client_secret: Some(digest("a secret")),
        redirect_uris: vec![uri.clone()],
        post_logout_redirect_uris: vec![uri],
        scope: scope("openid read"),
        audience: vec!["https://api.example".to_owned()],
        client_uri: Some("https://app.example/".to_owned()),
        ..Client::new(client_id, START)
    }
}

/// Everything of it, and the new one in the place of the old.
pub async fn a_client_is_found_and_replaced(store: Arc<dyn Store>) {
    store.put_client(&client(APP, "before")).await.unwrap();
    assert_eq!(store.client(APP).await.unwrap(), Some(client(APP, "before")));

    let after = Client { status: Status::Disabled, client_secret: None, ..client(APP, "after") };
    store.put_client(&after).await.unwrap();

    assert_eq!(store.client(APP).await.unwrap(), Some(after));
    assert_eq!(store.client(OTHER_APP).await.unwrap(), None);
}

/// In one order on every engine.
pub async fn all_clients_by_client_id(store: Arc<dyn Store>) {
    assert_eq!(store.clients().await.unwrap(), []);
    for id in ["b", "c", "B", "a"] {
        store.put_client(&client(id, id)).await.unwrap();
    }

    let all: Vec<_> = store.clients().await.unwrap().into_iter().map(|client| client.client_id).collect();

    assert_eq!(all, ["B", "a", "b", "c"]);
}
