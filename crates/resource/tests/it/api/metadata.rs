//! Protected resource metadata — RFC 9728.

use ::axum::body::Body;
use hallpass_proto::bearer::Challenge;
use hallpass_resource::api::Api;
use http::{Request, StatusCode, header};
use serde_json::json;

use super::{Place, fetch, routes, send};
use crate::world::{API, ISSUER};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

#[tokio::test]
async fn the_resource_describes_itself() {
    let answer = fetch(&Place::new().app(), WELL_KNOWN).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(
        answer.json(),
        json!({
            "resource": API,
            "authorization_servers": [ISSUER],
            "scopes_supported": ["admin", "items:read", "items:write"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Items",
        })
    );
}

/// RFC 9728 §3.1: the path of the resource follows the well-known one. A proxy that takes the path away asks for
/// the bare form.
#[tokio::test]
async fn a_resource_with_a_path_is_found_in_both_forms() {
    let resource = format!("{API}/v1");
    let place = Place::for_audience(&resource);
    let app = routes(Api::new(format!("{resource}/")).protect(place.protect.clone())).build().expect("fits");
    for path in [WELL_KNOWN.to_owned(), format!("{WELL_KNOWN}/v1")] {
        assert_eq!(fetch(&app, &path).await.json()["resource"], resource, "{path}");
    }
    let challenge = fetch(&app, "/items").await;
    let challenge = Challenge::parse(challenge.header("www-authenticate")).expect("a challenge");
    assert_eq!(challenge.resource_metadata, Some(format!("{API}{WELL_KNOWN}/v1")));
}

/// RFC 9728 §3.3: clients compare it byte for byte with what they ask tokens for.
#[tokio::test]
async fn the_resource_is_spelled_as_tokens_spell_it() {
    let place = Place::for_audience(&format!("{API}/"));
    assert_eq!(fetch(&place.app(), WELL_KNOWN).await.json()["resource"], format!("{API}/"));
}

/// RFC 9728 §5.1.
#[tokio::test]
async fn every_challenge_says_where() {
    let place = Place::new();
    let app = place.app();
    for (authorization, status) in [
        (String::new(), StatusCode::UNAUTHORIZED),
        ("Bearer opaque".to_owned(), StatusCode::UNAUTHORIZED),
        ("Bearer a b".to_owned(), StatusCode::BAD_REQUEST),
        (place.bearer("other"), StatusCode::FORBIDDEN),
    ] {
        let request = Request::get("/items").header(header::AUTHORIZATION, authorization);
        let answer = send(&app, request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, status);
        let challenge = Challenge::parse(answer.header("www-authenticate")).expect("a challenge");
        assert_eq!(challenge.resource_metadata, Some(format!("{API}{WELL_KNOWN}")), "{status}");
        assert_eq!(challenge.scope.map(|scope| scope.to_string()).as_deref(), Some("items:read"), "{status}");
    }
}
