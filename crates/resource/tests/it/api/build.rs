//! Parts that do not fit together are refused when the API is built, with a reason.

use ::axum::extract::State;
use hallpass_resource::api::{Api, BuildError, delete, get, patch, put};
use hallpass_resource::prelude::*;
use http::StatusCode;
use serde_json::json;

use super::{ItemsRead, Place, call, fetch, health, list, one};
use crate::world::API;

fn refused(api: Api) -> BuildError {
    api.build().expect_err("the parts do not fit")
}

#[test]
fn the_public_url_is_an_absolute_one() {
    for text in ["", "api.example", "http://api.example", "https://api.example/?x", "https://api.example/#x"]
    {
        assert!(matches!(refused(Api::new(text)), BuildError::PublicUrl(_)), "{text}");
    }
}

#[test]
fn a_route_that_asks_for_a_token_needs_what_verifies_one() {
    let error = refused(Api::new(API).at("/health", get(health)).at("/items", get(list)));
    assert_eq!(error, BuildError::NoProtect { method: "GET", path: "/items".to_owned() });
}

#[test]
fn a_path_stands_there_once() {
    let api = || Place::new().api();
    assert_eq!(refused(api().at("items", get(list))), BuildError::Path("items".to_owned()));
    for path in ["/items", "/items/{other}", "/openapi.json", "/.well-known/oauth-protected-resource"] {
        assert_eq!(refused(api().at(path, get(health))), BuildError::Twice(path.to_owned()));
    }
    assert!(api().at("/items/{id}/parts", get(health)).build().is_ok());
}

#[test]
fn a_document_describes_routes_that_are_there() {
    let written = json!({ "paths": { "/items": { "delete": {} } } });
    assert_eq!(
        refused(Place::new().api().openapi(written)),
        BuildError::NoRoute { method: "DELETE".to_owned(), path: "/items".to_owned() }
    );
    for (written, place) in [
        (json!("text"), "the document"),
        (json!({ "paths": [] }), "paths"),
        (json!({ "paths": { "/items": 7 } }), "/items"),
        (json!({ "components": null }), "components"),
    ] {
        assert_eq!(refused(Place::new().api().openapi(written)), BuildError::Document(place.to_owned()));
    }
}

async fn named(_: Auth<ItemsRead>, State(name): State<&'static str>) -> &'static str {
    name
}

#[tokio::test]
async fn handlers_have_state_of_their_path_or_of_the_api() {
    let place = Place::new();
    let app = Api::new(API)
        .protect(place.protect.clone())
        .at("/own", get(named).with_state("own"))
        .at("/shared", get(named))
        .with_state("shared")
        .build()
        .expect("the parts fit");
    let token = place.bearer("items:read");
    assert_eq!(call(&app, "GET", "/own", &token).await.body, "own");
    assert_eq!(call(&app, "GET", "/shared", &token).await.body, "shared");
}

#[tokio::test]
async fn every_method_is_guarded() {
    let place = Place::new();
    let api = Api::new(API).protect(place.protect.clone());
    let app = api.at("/{id}", put(one).patch(one).delete(one)).at("/p", patch(list)).at("/d", delete(list));
    let app = app.build().expect("the parts fit");
    for (method, path) in
        [("PUT", "/7"), ("PATCH", "/7"), ("DELETE", "/7"), ("PATCH", "/p"), ("DELETE", "/d")]
    {
        assert_eq!(call(&app, method, path, "").await.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        let answer = call(&app, method, path, &place.bearer("items:read")).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
    }
    assert_eq!(fetch(&app, "/p").await.status, StatusCode::METHOD_NOT_ALLOWED);
}
