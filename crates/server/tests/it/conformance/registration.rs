//! The modules of the plans with dynamic clients, and of the plan for sign-ins that begin elsewhere — OpenID Connect
//! Registration, OpenID Connect Core §4.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;
use hallpass_testkit::html::attributes;

use crate::register::{CB, app, open, register, registered, text};

/// The page that a person sees who comes from this client.
async fn sign_in_page(issuer: &TestIssuer, client: &Value) -> String {
    issuer.browser().open(&authorize_url(text(client, "client_id"), CB, &[])).await.body
}

/// `oidcc-registration-logo-uri`
#[tokio::test]
async fn the_logo_is_shown() {
    let issuer = open().await;
    let logo = "https://new.example/logo.png";
    let client = registered(&issuer, &app(json!({"logo_uri": logo}))).await;
    assert_eq!(client["logo_uri"], logo);
    assert_eq!(attributes(&sign_in_page(&issuer, &client).await, "src"), [logo]);
}

/// `oidcc-registration-policy-uri`, `oidcc-registration-tos-uri`
#[tokio::test]
async fn policy_and_terms_are_linked() {
    let issuer = open().await;
    for (member, uri, said) in [
        ("policy_uri", "https://new.example/policy", "Privacy policy"),
        ("tos_uri", "https://new.example/terms", "Terms of service"),
    ] {
        let client = registered(&issuer, &app(json!({member: uri}))).await;
        let page = sign_in_page(&issuer, &client).await;
        assert!(attributes(&page, "href").iter().any(|href| href == uri), "{page}");
        assert!(page.contains(said), "{page}");
    }
}

/// `oidcc-registration-sector-uri`
#[tokio::test]
async fn a_sector_that_holds_the_redirect_uris_is_registered() {
    let issuer = open().await;
    let sector = "https://sector.example/uris.json";
    issuer.web.json(sector, &json!([CB, "https://other.example/cb"]));

    let client = registered(&issuer, &app(json!({"sector_identifier_uri": sector}))).await;

    assert_eq!(client["sector_identifier_uri"], sector);
    assert_eq!(issuer.web.requests(sector).len(), 1);
}

/// `oidcc-registration-sector-bad`, and every other way in which the document can be wrong.
#[tokio::test]
async fn a_sector_without_a_redirect_uri_is_refused() {
    let issuer = open().await;
    let sector = "https://sector.example/uris.json";
    let given = app(json!({"sector_identifier_uri": sector}));

    register(&issuer, &given).await.assert_refused(400, "invalid_client_metadata");
    for document in
        [json!(["https://other.example/cb"]), json!([]), json!({"uris": [CB]}), json!([CB, 1]), json!(CB)]
    {
        issuer.web.json(sector, &document);
        register(&issuer, &given).await.assert_refused(400, "invalid_client_metadata");
    }
    issuer.web.answer(sector, StatusCode::FOUND, "application/json", json!([CB]).to_string());
    register(&issuer, &given).await.assert_refused(400, "invalid_client_metadata");
    issuer.web.answer(sector, StatusCode::OK, "application/json", "x".repeat(64 * 1024 + 1));
    register(&issuer, &given).await.assert_refused(400, "invalid_client_metadata");
    issuer.web.down(sector);
    register(&issuer, &given).await.assert_refused(400, "invalid_client_metadata");
}

/// `oidcc-redirect-uri-regfrag`
#[tokio::test]
async fn a_redirect_uri_with_a_fragment_is_refused() {
    let given = json!({"redirect_uris": [format!("{CB}#foobar")]});
    register(&open().await, &given).await.assert_refused(400, "invalid_redirect_uri");
}

/// `oidcc-redirect-uri-query-OK`, `oidcc-redirect-uri-query-mismatch`, `oidcc-redirect-uri-query-added`
#[tokio::test]
async fn a_registered_query_is_kept_and_no_other_is_taken() {
    let issuer = open().await;
    let with_query = format!("{CB}?foo=bar");
    let client = registered(&issuer, &json!({"redirect_uris": [with_query]})).await;
    let id = text(&client, "client_id");

    let reply = issuer.browser().complete(&authorize_url(id, &with_query, &[])).await;
    assert!(reply.location().starts_with(&format!("{with_query}&code=")), "{}", reply.location());

    let plain = registered(&issuer, &app(json!({}))).await;
    for (id, uri) in
        [(id, format!("{CB}?foo=baz")), (id, CB.to_owned()), (text(&plain, "client_id"), with_query.clone())]
    {
        let reply = issuer.browser().open(&authorize_url(id, &uri, &[])).await;
        reply.assert_page(400, "invalid_request");
    }
}

/// `oidcc-ensure-redirect-uri-in-authorization-request`
#[tokio::test]
async fn one_of_two_redirect_uris_must_be_named() {
    let issuer = open().await;
    let client = registered(&issuer, &json!({"redirect_uris": [CB, "https://new.example/other"]})).await;
    let url = authorize_url(text(&client, "client_id"), CB, &[("redirect_uri", "")]);
    issuer.browser().open(&url).await.assert_page(400, "invalid_request");
}

/// `oidcc-3rd_party-init-login`
#[tokio::test]
async fn where_a_sign_in_starts_is_registered_and_read() {
    let issuer = open().await;
    let uri = "https://new.example/login";
    let client = registered(&issuer, &app(json!({"initiate_login_uri": uri}))).await;
    assert_eq!(client["initiate_login_uri"], uri);
    let path = text(&client, "registration_client_uri").strip_prefix(issuer.issuer.origin()).expect("ours");
    let token = text(&client, "registration_access_token");
    let read = issuer.json(Method::GET, path, Some(token), None).await.json();
    assert_eq!(read["initiate_login_uri"], uri);
}

/// `oidcc-3rd_party-init-login-nohttps`
#[tokio::test]
async fn a_sign_in_does_not_start_at_http() {
    let given = app(json!({"initiate_login_uri": "http://new.example/login"}));
    register(&open().await, &given).await.assert_refused(400, "invalid_client_metadata");
}
