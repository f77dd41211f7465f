//! Issuers that keep scope, roles and client elsewhere than RFC 9068 says.

use hallpass_proto::error::ErrorCode;
use hallpass_resource::{All, Role, TypRule, role, scope};
use http::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, bearer, claims_with};

scope! { Read = "items:read", "Read items"; }
role! { Editor = "editor"; }

/// apps.md, row 18: tokens as Entra writes them.
#[tokio::test]
async fn scopes_are_read_from_the_claim_that_is_named() {
    let world = World::with(|jwt| jwt.scopes_from("scp"));
    for scp in [json!("items:read other"), json!(["items:read"])] {
        let mut claims = claims_with("scope", Value::Null);
        claims["scp"] = scp;
        let token = world.sign(&claims);
        assert!(world.protect.authorize::<Read>(&bearer(&token)).await.is_ok());
    }
    let plain = world.sign(&claims_with("scope", "items:read".into()));
    let refused =
        world.protect.authorize::<Read>(&bearer(&plain)).await.expect_err("scope does not count here");
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_scope_of_another_type_is_refused() {
    let world = World::with(|jwt| jwt.scopes_from("scp"));
    let token = world.sign(&claims_with("scp", json!({"items:read": true})));
    assert_eq!(world.verify(&token).await.expect_err("refused").status(), StatusCode::UNAUTHORIZED);
}

/// Keycloak's realm roles.
#[tokio::test]
async fn roles_are_enforced() {
    let world = World::with(|jwt| jwt.roles_from("realm_access.roles"));
    let with = |roles: Value| world.sign(&claims_with("realm_access", json!({ "roles": roles })));

    let editor = with(json!(["viewer", "editor"]));
    assert!(world.protect.authorize::<All<(Read, Role<Editor>)>>(&bearer(&editor)).await.is_ok());

    for roles in [json!(["viewer"]), json!([]), json!("editors"), json!({"editor": true})] {
        let token = with(roles.clone());
        let refused = world.protect.authorize::<Role<Editor>>(&bearer(&token)).await.expect_err("refused");
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{roles}");
        let challenge = refused.challenge().expect("a challenge");
        assert_eq!(challenge.error, Some(ErrorCode::InsufficientScope));
        assert_eq!(challenge.scope, None, "no scope would help");
    }
}

#[tokio::test]
async fn an_older_issuer_names_the_client_in_azp() {
    let world = World::with(|jwt| jwt.typ(TypRule::Lenient).client_id_from("azp"));
    let mut claims = claims_with("client_id", Value::Null);
    claims.as_object_mut().expect("an object").remove("jti");
    claims["azp"] = "spa".into();
    let token = world.key.sign(Some("JWT"), claims.to_string().as_bytes()).expect("signs");
    assert_eq!(world.verify(&token).await.expect("accepted").client_id, "spa");

    // security.md 48: an ID token of the same issuer, whatever its audience, is none
    for name in ["nonce", "at_hash", "c_hash"] {
        claims[name] = "x".into();
        let token = world.key.sign(Some("JWT"), claims.to_string().as_bytes()).expect("signs");
        assert_eq!(world.verify(&token).await.expect_err(name).status(), StatusCode::UNAUTHORIZED);
        claims.as_object_mut().expect("an object").remove(name);
    }
}
