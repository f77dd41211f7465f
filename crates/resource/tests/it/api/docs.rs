//! The page to read about an API: what it may do, and what it knows.

use hallpass_resource::api::{Api, BuildError, Docs, get};
use http::StatusCode;

use super::{Place, fetch, health, routes};
use crate::world::{API, ISSUER};

#[tokio::test]
async fn nothing_inline_and_nothing_from_elsewhere() {
    let app = Place::new().api().docs(Docs::at("/docs").client_id("docs")).build().expect("the parts fit");
    for path in ["/docs", "/docs/oauth2-redirect"] {
        let page = fetch(&app, path).await;
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        for never in ["unsafe", "http:", "https:", "*"] {
            assert!(!policy.contains(never), "{never} in {policy}");
        }
        for needed in
            ["connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(needed), "{needed} not in {policy}");
        }
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.body.contains("<style") && !page.body.contains(" style="), "{path}");
        assert!(
            page.body.split("<script").skip(1).all(|script| script.starts_with(" src=\"/docs/")),
            "{path}"
        );
        for link in page.body.split(['"']).filter(|text| text.starts_with("/docs/") && text.contains('.')) {
            assert_eq!(fetch(&app, link).await.status, StatusCode::OK, "{link}");
        }
    }
}

#[tokio::test]
async fn the_page_knows_its_client_and_the_address_to_register() {
    let docs = Docs::at("/docs").client_id("docs\"><b>").scopes(["items:read"]);
    let page = fetch(&Place::new().api().docs(docs).build().expect("the parts fit"), "/docs").await.body;
    for attribute in [
        "data-openapi=\"/openapi.json\"".to_owned(),
        format!("data-redirect=\"{API}/docs/oauth2-redirect\""),
        "data-relay=\"/docs/token\"".to_owned(),
        format!("data-issuer=\"{ISSUER}\""),
        "data-client=\"docs&quot;&gt;&lt;b&gt;\"".to_owned(),
        "data-scopes=\"items:read\"".to_owned(),
        "<title>Items</title>".to_owned(),
    ] {
        assert!(page.contains(&attribute), "{attribute}\n{page}");
    }
    let page = fetch(&Place::new().api().docs("/docs").build().expect("the parts fit"), "/docs").await.body;
    assert!(page.contains("data-scopes=\"admin items:read items:write\""), "{page}");
}

/// A proxy takes the path away; browsers ask with it.
#[tokio::test]
async fn below_a_path_every_address_has_it() {
    let place = Place::for_audience(&format!("{API}/v1"));
    let app = routes(Api::new(format!("{API}/v1")).protect(place.protect.clone()));
    let page = fetch(&app.docs("/docs").build().expect("the parts fit"), "/docs").await.body;
    assert!(page.contains("src=\"/v1/docs/swagger-ui-bundle.js\"") && page.contains("\"/v1/openapi.json\""));
    assert!(page.contains(&format!("\"{API}/v1/docs/oauth2-redirect\"")));
}

#[tokio::test]
async fn the_metadata_name_the_page() {
    let app = Place::new().api().docs("/docs").build().expect("the parts fit");
    let metadata = fetch(&app, "/.well-known/oauth-protected-resource").await.json();
    assert_eq!(metadata["resource_documentation"], format!("{API}/docs"));
}

#[test]
fn its_paths_are_taken() {
    for path in ["/docs", "/docs/token", "/docs/docs.js"] {
        let error = Place::new().api().at(path, get(health)).docs("/docs").build().expect_err("taken");
        assert_eq!(error, BuildError::Twice(path.to_owned()));
    }
    let error = Place::new().api().docs("docs").build().expect_err("no path");
    assert_eq!(error, BuildError::Path("docs".to_owned()));
}

/// Swagger UI as npm has it, with its licence beside it.
#[test]
fn the_licence_goes_along() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/swagger-ui");
    for (file, part) in [
        ("LICENSE", "Apache License"),
        ("NOTICE", "SmartBear"),
        ("swagger-ui-bundle.js.LICENSE.txt", "MIT"),
        ("swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt"),
    ] {
        let text = std::fs::read_to_string(folder.join(file)).expect("it is there");
        assert!(text.contains(part), "{file}");
    }
}
