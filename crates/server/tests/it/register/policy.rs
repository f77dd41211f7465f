//! The operator's policy — RFC 7591 §3.2.1, §5.

use serde_json::json;

use hallpass_proto::client_secret::AuthMethod;
use hallpass_server::entity::client::AssertionAudience;
use hallpass_server::register::policy::Pkce;

use super::{app, open_with, register, registered, text};

/// A scope beyond what is allowed is left out, and the answer says what there is.
#[tokio::test]
async fn a_scope_is_cut_to_what_is_allowed() {
    let issuer =
        open_with(|config| config.registration.scope = "openid items:read".parse().expect("a scope")).await;
    for (asked, given) in [
        (json!({}), "openid items:read"),
        (json!({"scope": "openid email items:write"}), "openid"),
        (json!({"scope": "items:read"}), "items:read"),
    ] {
        assert_eq!(registered(&issuer, &app(asked)).await["scope"], given);
    }
    register(&issuer, &app(json!({"scope": "email"}))).await.assert_refused(400, "invalid_client_metadata");
}

/// Grants and methods that are not allowed are refused by name.
#[tokio::test]
async fn grants_and_methods_are_those_that_are_allowed() {
    let issuer = open_with(|config| {
        config.registration.grant_types = vec!["authorization_code".to_owned()];
        config.registration.token_endpoint_auth_methods = vec![AuthMethod::None];
    })
    .await;
    let public = json!({"token_endpoint_auth_method": "none"});
    assert_eq!(register(&issuer, &app(public)).await.status, 201);
    for given in [
        json!({}),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
        json!({"token_endpoint_auth_method": "none", "response_types": ["id_token"]}),
        json!({"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"]}),
    ] {
        let reply = register(&issuer, &app(given)).await;
        reply.assert_refused(400, "invalid_client_metadata");
        assert!(reply.body.contains("may not be registered here"), "{}", reply.body);
    }
}

/// Neither the password of a person nor access of its own is for a client that nobody knows.
#[tokio::test]
async fn legacy_and_machine_grants_are_not_given_to_strangers() {
    let issuer = open_with(|_| {}).await;
    for grant in ["password", "client_credentials"] {
        let reply = register(&issuer, &app(json!({"grant_types": ["authorization_code", grant]}))).await;
        reply.assert_refused(400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn redirect_uris_are_at_the_hosts_that_are_allowed() {
    let issuer = open_with(|config| {
        config.registration.redirect_hosts =
            ["apps.example", "*.lab.example", "scheme:com.example.app", "127.0.0.1"]
                .map(str::to_owned)
                .to_vec();
    })
    .await;
    for (uri, native, allowed) in [
        ("https://apps.example/cb", false, true),
        ("https://apps.example:8443/cb", false, true),
        ("https://a.lab.example/cb", false, true),
        ("com.example.app:/cb", true, true),
        ("http://127.0.0.1/cb", true, true),
        ("https://lab.example/cb", false, false),
        ("https://evillab.example/cb", false, false),
        ("https://apps.example.evil.test/cb", false, false),
        ("https://new.example/apps.example", false, false),
        ("com.example.other:/cb", true, false),
        ("apps.example:/cb", true, false),
        ("a.lab.example:/cb", true, false),
    ] {
        let application_type = if native { "native" } else { "web" };
        let given = json!({"redirect_uris": [uri], "application_type": application_type});
        let reply = register(&issuer, &given).await;
        if allowed {
            assert_eq!(reply.status, 201, "{uri}: {}", reply.body);
        } else {
            reply.assert_refused(400, "invalid_redirect_uri");
        }
        let given = json!({
            "redirect_uris": ["https://apps.example/cb"], "application_type": application_type,
            "post_logout_redirect_uris": [uri],
        });
        let reply = register(&issuer, &given).await;
        if allowed {
            assert_eq!(reply.status, 201, "{uri}: {}", reply.body);
        } else {
            reply.assert_refused(400, "invalid_client_metadata");
        }
    }
}

/// PKCE is required of all, or as each registers; a public client never goes without.
#[tokio::test]
async fn pkce_is_as_the_operator_says() {
    let strict = open_with(|_| {}).await;
    assert_eq!(registered(&strict, &app(json!({"require_pkce": false}))).await["require_pkce"], true);

    let issuer = open_with(|config| config.registration.require_pkce = Pkce::AsRegistered).await;
    for (given, required) in [
        (json!({}), false),
        (json!({"require_pkce": true}), true),
        (json!({"token_endpoint_auth_method": "none"}), true),
    ] {
        assert_eq!(registered(&issuer, &app(given)).await["require_pkce"], required);
    }
}

/// Which APIs take the tokens, and what assertions may name, is the operator's word too.
#[tokio::test]
async fn audiences_come_from_the_policy() {
    let issuer = open_with(|config| {
        config.registration.audience = vec!["https://api.example".to_owned()];
        config.registration.client_assertion_audience = AssertionAudience::Legacy;
    })
    .await;
    let told = registered(&issuer, &app(json!({"audience": ["https://bank.example"]}))).await;
    assert_eq!(told["audience"], json!(["https://api.example"]));
    let kept = issuer.store.client(text(&told, "client_id")).await.expect("works").expect("a client");
    assert_eq!(kept.client_assertion_audience, AssertionAudience::Legacy);
}
