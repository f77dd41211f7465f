//! The same protection around any `tower` service, without a framework.

use std::convert::Infallible;
use std::sync::Arc;

use hallpass_resource::{Protect, Scope as _, Token, scope};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::world::World;

scope! { ItemsRead = "items:read", "Read items"; }

/// Says who calls, from what the layer put into the request.
async fn whoami(request: Request<String>) -> Result<Response<String>, Infallible> {
    let token = request.extensions().get::<Arc<Token>>().expect("the layer puts it there");
    assert!(request.extensions().get::<Protect>().is_some());
    assert!(request.headers().contains_key(AUTHORIZATION), "the request comes through whole");
    Ok(Response::new(format!("{} says {}", token.sub, request.body())))
}

async fn call(world: &World, token: Option<&str>) -> Response<String> {
    let service =
        ServiceBuilder::new().layer(world.protect.layer().require::<ItemsRead>()).service(service_fn(whoami));
    let mut request = Request::new("hello".to_owned());
    if let Some(token) = token {
        request
            .headers_mut()
            .insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header value"));
    }
    service.oneshot(request).await.expect("answers")
}

#[tokio::test]
async fn a_good_token_reaches_the_service() {
    let world = World::new();
    let response = call(&world, Some(&world.token(ItemsRead::NAME))).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "ada says hello"));
}

#[tokio::test]
async fn everything_else_does_not() {
    let world = World::new();
    for (token, status) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some("opaque".to_owned()), StatusCode::UNAUTHORIZED),
        (Some("a b".to_owned()), StatusCode::BAD_REQUEST),
        (Some(world.token("items")), StatusCode::FORBIDDEN),
    ] {
        let response = call(&world, token.as_deref()).await;
        assert_eq!(response.status(), status);
        assert!(response.headers().contains_key(WWW_AUTHENTICATE), "{status}");
    }
}
